"""The worked months, rated once."""

from pathlib import Path

import pytest

from tests.stream.desk import worked


@pytest.fixture(scope="package")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with the worked months; not to be written to."""
    return worked.workspace(tmp_path_factory.mktemp("worked"))
