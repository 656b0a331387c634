"""One real broker for all tests that need one, and workspaces with topics of their own on it."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from stream.kafka.broker import Cluster, Setup, start_cluster
from stream.kafka.jars import ToolMissing, require_tools
from tests.kafka.brokers import ACCOUNTS, settings_of
from tests.stream.files.worlds import ok, workspace

_NUMBERS = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where there is no Java or Maven, but never where CI runs them: there they fail."""
    own = [item for item in items if Path(__file__).parent in item.path.parents]
    if not own or os.environ.get("CI"):
        return
    try:
        require_tools()
    except ToolMissing as missing:
        for item in own:
            item.add_marker(pytest.mark.skip(reason=f"needs a broker: {missing}"))


@pytest.fixture(scope="session")
def broker() -> Iterator[Cluster]:
    """Return a broker of one node, which also asks for accounts at other addresses."""
    with start_cluster(Setup(accounts=ACCOUNTS)) as cluster:
        yield cluster


@pytest.fixture
def books(broker: Cluster, tmp_path: Path) -> Path:
    """Return a workspace whose topics have names that no other test uses; none is made yet."""
    return workspace(tmp_path / "books", settings_of(broker.bootstrap, f"t{next(_NUMBERS)}"))


@pytest.fixture(scope="module")
def made(broker: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace whose topics were made; who changes one mends it again."""
    folder = workspace(tmp_path_factory.mktemp("made") / "books", settings_of(broker.bootstrap, f"t{next(_NUMBERS)}"))
    ok("topics", "create", "-w", folder)
    return folder
