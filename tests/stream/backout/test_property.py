"""Whatever went in and out, and whatever tables became: the books are those of the files that stand, as they came."""

import os
from collections.abc import Sequence
from hashlib import sha256

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rating.codes import Outcome
from stream.backout.run import BackedOut, backout
from stream.workspace.load import load_workspace
from tests.stream.files.worlds import books as everything
from tests.stream.files.worlds import orphans, sql
from tests.stream.rerate.changing import Books, books_of, changed
from tests.worlds import World, world_of

EXAMPLES = int(os.environ.get("RATESTREAM_BACKOUT_EXAMPLES", "25"))
SEEDS = st.integers(0, 2**48)


def out(books: Books, lines: Sequence[bytes]) -> BackedOut:
    """Back out the file of some lines."""
    digest = sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    with books.store() as store:
        return backout(load_workspace(books.folder), store, digest[:16], "a test")


def assert_fresh(books: Books, world: World, lines: Sequence[bytes]) -> None:
    """Hold books to those of a new workspace of the calls that stand."""
    with books_of(world, lines) as fresh:
        assert books.usage() == fresh.usage()
        left = {key: value for key, value in books.outcomes().items() if key[3] is not Outcome.BACKED_OUT}
        assert left == dict(fresh.outcomes())
        assert books.waiting() == fresh.waiting()
        assert {key: said for key, said in books.standing().items() if said[0] != "backed_out"} == fresh.standing()
        assert books.positions() == fresh.positions()
    with books.store() as store:
        for agreement, month in store.months():
            assert (store.cells(agreement, month).values >= 0).all()
            assert (store.hours(agreement, month).ms >= 0).all()


def files_of(world: World, data: st.DataObject) -> list[list[bytes]]:
    """Cut a world's lines into three files, of which one repeats some of the others' lines."""
    lines = list(world.lines)
    first, second = sorted((data.draw(st.integers(0, len(lines))), data.draw(st.integers(0, len(lines)))))
    again = data.draw(st.lists(st.sampled_from(lines), max_size=6)) if lines else []
    files = [lines[:first], lines[first:second], [*again, *lines[second:]]]
    return [[f'{{"file":{number}}}'.encode(), *file] for number, file in enumerate(files)]


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.data())
def test_files_go_out_and_come_again(seed: int, data: st.DataObject) -> None:
    world = world_of(seed)
    files = files_of(world, data)
    with books_of(world, *files) as books:
        stand = [0, 1, 2]
        for number in data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)):
            if number in stand:
                stand.remove(number)
                done = out(books, files[number])
                [(records,)] = sql(books.folder, f"select records from files where backout = {done.run}")
                assert (done.already, done.records) == (False, records)
                before = everything(books.folder)
                assert out(books, files[number]).already
                assert everything(books.folder) == before
            else:
                stand.append(number)
                books.rate(world, files[number])
            assert_fresh(books, world, [line for which in stand for line in files[which]])
        before = everything(books.folder)
        assert books.rerate().layer is None
        assert everything(books.folder) == before
        assert orphans(books.folder) == ([], [])


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(SEEDS, st.lists(SEEDS, min_size=1, max_size=2), st.data())
def test_corrections_and_backouts_in_any_order(seed: int, changes: list[int], data: st.DataObject) -> None:
    world = world_of(seed)
    files = files_of(world, data)
    with books_of(world, *files) as books:
        stand = [0, 1, 2]
        for change in changes:
            world = changed(world, change)
            books.set(world)
            for step in data.draw(st.lists(st.sampled_from(["rerate", "recycle"]), max_size=2)):
                books.recycle(world) if step == "recycle" else books.rerate()
            books.rerate()
            number = data.draw(st.integers(0, 2))
            if number in stand:
                stand.remove(number)
                out(books, files[number])
            else:
                stand.append(number)
                books.rate(world, files[number])
        books.recycle(world)
        books.rerate()
        books.recycle(world)
        assert_fresh(books, world, [line for which in stand for line in files[which]])
