"""What every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from stream import compile_cache

compile_cache.place()  # before any test imports numba

ROOT = Path(__file__).resolve().parents[1]

# A shared machine stalls now and then: no deadline a case. The same examples each run, so that it can be repeated.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
# A mutant has to be told from the rule, not shown by its smallest example; and there are thousands of them.
settings.register_profile(
    "mutants", settings.get_profile("default"), max_examples=25, phases=(Phase.explicit, Phase.generate), database=None
)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of designs, real number plan and conformance cases that stands beside the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI runs with the shared folder beside the project, and {folder} is not there")
        pytest.skip("needs the shared folder beside the project")
    return folder
