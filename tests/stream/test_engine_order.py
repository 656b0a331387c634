"""No byte of a statement depends on how its usage arrived: shuffled, repeated, split over files and batches."""

import json
import os
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.driving import Driven, drive
from tests.worlds import World, table, worlds

EXAMPLES = int(os.environ.get("RATESTREAM_ORDER_EXAMPLES", "200"))
SMALLEST_BATCH = 4096


def statements(world: World, driven: Driven) -> str:
    """Return every statement that the world asks for, as one text."""
    return json.dumps([[driven.statements(month, known) for month in world.months] for known in world.known])


def rearranged(lines: list[bytes], random: Random, files: int) -> list[list[bytes]]:
    """Shuffle lines with some of them repeated, and deal them out over so many files."""
    more = lines + random.choices(lines, k=random.randint(0, 5)) if lines else []
    random.shuffle(more)
    cuts = sorted(random.choices(range(len(more) + 1), k=files - 1))
    return [more[start:end] for start, end in zip([0, *cuts], [*cuts, len(more)], strict=True)]


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    worlds(conflicts=False),
    st.randoms(use_true_random=True),
    st.integers(1, 4),
    st.sampled_from([None, SMALLEST_BATCH]),
)
def test_arrival_changes_no_byte(world: World, random: Random, files: int, batch_bytes: int | None) -> None:
    with drive(world) as driven:
        wanted, rated = statements(world, driven), driven.summary["records"].get("rated", 0)
    with drive(world, rearranged(list(world.lines), random, files), batch_bytes=batch_bytes) as driven:
        assert statements(world, driven) == wanted
        assert driven.summary["records"].get("rated", 0) == rated


def test_small_batches_are_several() -> None:
    """A guard of the property above: its small limit does cut a file of this size into batches."""
    line = b'{"record_id":"%03d","source":"s1","connect_time":1055239200000,"duration_ms":60000,"called":"0%s"}'
    lines = [line % (number, b"2" * 31) for number in range(120)]
    blocks = table("number_blocks", "414200,9327,ALPHA,356,WI")
    tables: dict[str, list[dict[str, str]] | None] = {
        "agreements": [],
        "parties": [],
        "ocns": [],
        "number_blocks": blocks,
    }
    with drive(World(tables), [lines], batch_bytes=SMALLEST_BATCH) as driven:
        assert driven.batches > 1
        assert driven.summary["records"] == {"in": 120, "filtered": {"operator": 120}}
