"""The demo's traffic, made once for all tests."""

from pathlib import Path

import pytest

from stream.demo.traffic import make_calls


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the demo's files at their full size."""
    return make_calls(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a small set of files, for tests that are slow a record."""
    return make_calls(tmp_path_factory.mktemp("few"), records=20_000)
