"""Java and the jars: what is found, what is fetched and how often, and what is said where something is missing."""

import os
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stream.errors import StoreUnreachable
from stream.kafka import jars
from stream.kafka.jars import ToolMissing, fetch_jars, find_java, jars_folder, pom
from tests.stream.files.worlds import cli

FETCHES = """\
#!/bin/sh
echo started >> "$STARTS"
for word in "$@"; do case $word in -DoutputDirectory=*) into=${word#*=};; esac; done
cat > /dev/null < "$GATE"
touch "$into/kafka_2.13-4.jar"
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def java(folder: Path, told: str, code: int = 0) -> str:
    return str(script(folder / "java", f"#!/bin/sh\necho '{told}' >&2\nexit {code}\n"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder in the place of the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("told", ['openjdk version "17.0.15" 2025-04-15', 'java version "25" 2025-09-16'])
def test_java_of_java_home_goes_before_that_on_the_path(tmp_path: Path, told: str) -> None:
    first = java(tmp_path / "home" / "bin", told)
    second = java(tmp_path / "path", told)
    path = str(tmp_path / "path")
    assert find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": path}) == first
    assert find_java({"PATH": path}) == second


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        ('openjdk version "11.0.2" 2019-01-15', 0, r"found Java 11 \(.*/java\), expected Java 17 or newer"),
        ('java version "1.8.0_292"', 0, r"found Java 8 \(.*/java\), expected Java 17 or newer"),
        ("Unable to locate a Java Runtime.", 1, "-version said 'Unable to locate a Java Runtime.', expected Java 17"),
        ("something else", 0, "-version said 'something else', expected Java 17"),
    ],
)
def test_a_java_that_will_not_do(tmp_path: Path, told: str, code: int, message: str) -> None:
    java(tmp_path, told, code)
    with pytest.raises(ToolMissing, match=message):
        find_java({"PATH": str(tmp_path)})


def test_no_java(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="found no java on PATH, expected Java 17 or newer"):
        find_java({"PATH": str(tmp_path)})
    with pytest.raises(ToolMissing, match=f"found no java in JAVA_HOME, {tmp_path}, expected"):
        find_java({"PATH": os.environ["PATH"], "JAVA_HOME": str(tmp_path)})
    script(tmp_path / "java", "#!/does/not/exist\n")
    with pytest.raises(ToolMissing, match=r"java does not run \(No such file or directory\), expected"):
        find_java({"PATH": str(tmp_path)})


def test_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    ran = cli("broker", PATH=str(tmp_path), JAVA_HOME="")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("ratestream: cannot start a broker: found no java on PATH, ") and ran.err.count("\n") == 1


def test_fetched_once_however_many_ask_at_once(tmp_path: Path, cache: Path) -> None:
    script(tmp_path / "bin" / "mvn", FETCHES)
    gate, starts = tmp_path / "gate", tmp_path / "starts"
    os.mkfifo(gate)
    environ = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GATE": str(gate), "STARTS": str(starts)}
    said: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(fetch_jars, said.append, environ) for _ in range(4)]
        gate.write_text("go", encoding="utf-8")  # waits for the first that reads
        folders = {future.result() for future in asked}
    assert folders == {jars_folder()} and jars_folder().parent == cache / "ratestream" / "broker"
    assert starts.read_text(encoding="utf-8").split() == ["started"] and len(said) == 1
    assert [path.name for path in jars_folder().iterdir()] == ["kafka_2.13-4.jar"]
    assert [path for path in jars_folder().parent.iterdir() if path.is_dir()] == [jars_folder()]
    # And then no Maven is needed.
    assert fetch_jars(said.append, {"PATH": ""}) == jars_folder() and len(said) == 1


def test_other_jars_are_another_folder(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = jars_folder()
    assert before.is_relative_to(cache)
    changed = tmp_path / "pom.xml"
    changed.write_bytes(pom().read_bytes() + b"\n")
    monkeypatch.setattr(jars, "pom", lambda: changed)
    assert jars_folder() != before and jars_folder().parent == before.parent


def test_no_maven(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"found no mvn on PATH, expected Apache Maven \(Debian: maven\)"):
        fetch_jars(environ={"PATH": str(tmp_path)})
    assert not jars_folder().exists() and cache.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "echo '[INFO] a'; echo '[ERROR] '; echo '[ERROR] no room'; exit 3",
            "mvn ended with 3: no room .is the registry",
        ),
        ("echo killed; exit 9", "mvn ended with 9: killed"),
        ("exit 0", "mvn ended well, but brought no Kafka"),
    ],
)
def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path, cache: Path, text: str, message: str) -> None:
    script(tmp_path / "bin" / "mvn", f"#!/bin/sh\n{text}\n")
    with pytest.raises(StoreUnreachable, match=message):
        fetch_jars(environ={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert [path for path in (cache / "ratestream" / "broker").iterdir() if path.is_dir()] == []


@pytest.mark.usefixtures("cache")
def test_a_registry_that_cannot_be_reached(tmp_path: Path) -> None:
    if shutil.which("mvn") is None:
        assert not os.environ.get("CI"), "CI installs Maven"
        pytest.skip("needs Maven")
    with socket.socket() as nobody:  # bound, and not listening
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        mirror = f"<mirror><id>m</id><mirrorOf>*</mirrorOf><url>{url}</url></mirror>"
        (tmp_path / ".m2").mkdir()
        (tmp_path / ".m2" / "settings.xml").write_text(f"<settings><mirrors>{mirror}</mirrors></settings>")
        with pytest.raises(StoreUnreachable, match=r"mvn ended with 1: \S.*Connection refused.*registry"):
            fetch_jars(environ={**os.environ, "MAVEN_OPTS": f"-Duser.home={tmp_path}"})


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreUnreachable, match=r"cannot keep the broker's jars in .*/file/.*: Not a directory"):
        fetch_jars(environ={"PATH": ""})
