"""Whatever the tables become, what was rated and decided again is what a fresh rating under them would be."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stream.files.worlds import books as everything
from tests.stream.rerate.changing import Books, books_of, changed
from tests.worlds import World, world_of

EXAMPLES = int(os.environ.get("RATESTREAM_RERATE_EXAMPLES", "25"))
SEEDS = st.integers(0, 2**48)


def assert_fresh(books: Books, world: World) -> None:
    """Hold books to those of a new workspace of the same calls and tables."""
    with books_of(world, world.lines) as fresh:
        assert books.usage() == fresh.usage()
        assert books.outcomes() == fresh.outcomes()
        assert books.waiting() == fresh.waiting()
        assert books.standing() == fresh.standing()
        assert books.positions() == fresh.positions()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.lists(SEEDS, min_size=1, max_size=3), st.data())
def test_any_sequence_of_reruns_is_a_fresh_rating(seed: int, changes: list[int], data: st.DataObject) -> None:
    world = world_of(seed)
    cut = data.draw(st.integers(0, len(world.lines)))
    files = [list(world.lines[:cut]), list(world.lines[cut:])]
    with books_of(world, files[0]) as books:
        for change in changes:
            world = changed(world, change)
            books.set(world)
            if len(files) > 1 and data.draw(st.booleans()):
                books.rate(world, files.pop())
            step = data.draw(st.sampled_from(["all", "month", "recycle", "none"]))
            if step == "recycle":
                books.recycle(world)
            elif step != "none":
                books.rerate(*(() if step == "all" else (data.draw(st.sampled_from(list(world.months))),)))
        if len(files) > 1:
            books.rate(world, files.pop())
        first = data.draw(st.booleans())
        if first:
            books.recycle(world)
        books.rerate()
        if not first:
            books.recycle(world)
        assert_fresh(books, world)
        before = everything(books.folder)
        again = books.rerate()
        assert (again.layer, again.changed, again.cells, again.moves) == (None, 0, 0, ())
        assert everything(books.folder) == before


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(SEEDS, SEEDS, st.data())
def test_a_month_that_is_named_is_a_fresh_rating_and_calls_of_others_stay_whole(
    seed: int, change: int, data: st.DataObject
) -> None:
    """Suspense is tried first, so that what is left to the rerate is what was rated under the old tables."""
    world = world_of(seed)
    with books_of(world, world.lines) as books:
        world = changed(world, change)
        books.set(world)
        books.recycle(world)
        month = data.draw(st.sampled_from(list(world.months)))
        books.rerate(month)
        with books_of(world, world.lines) as fresh:
            assert books.usage().get(month, {}) == fresh.usage().get(month, {})
        # Every call is whole: cells hold, of each day of connect, what the standing decisions say.
        books.rerate()
        assert_fresh(books, world)
