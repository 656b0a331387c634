"""The engine and its naive twin decide alike: every record's fate and every number of every statement."""

import os

from hypothesis import HealthCheck, given, settings

from tests.driving import drive
from tests.likeness import assert_alike
from tests.worlds import World, worlds

EXAMPLES = int(os.environ.get("RATESTREAM_TWIN_EXAMPLES", "200"))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_engine_decides_as_its_twin(world: World) -> None:
    with drive(world) as driven:
        assert_alike(world, driven)
