"""What a broker of one's own runs on: Java, and the jars that Maven fetches once."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from filelock import FileLock

from stream.compile_cache import user_cache
from stream.errors import StoreUnreachable

__all__ = ["JAVA_NEEDED", "ToolMissing", "fetch_jars", "find_java", "jars_folder", "pom", "require_tools"]

JAVA_NEEDED: Final = 17
"""The oldest Java that Kafka 4's server runs on."""

_FETCH_S: Final = 900
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"  # its version stands in the pom
_QUIET_S: Final = 30
"""How long a registry may be silent before Maven gives it up."""


class ToolMissing(StoreUnreachable):
    """The machine lacks what a broker of one's own needs: Java or Maven."""


def pom() -> Traversable:
    """Return the file that names the jars."""
    return files("stream.kafka") / "pom.xml"


def find_java(environ: Mapping[str, str] | None = None) -> str:
    """Return the path of a Java that is new enough: ``JAVA_HOME``'s, else the first on ``PATH``.

    Raises
    ------
    ToolMissing
        If there is none, it does not run, or it is older than `JAVA_NEEDED`.
    """
    env = os.environ if environ is None else environ
    home = env.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else env.get("PATH", ""))
    wanted = f"expected Java {JAVA_NEEDED} or newer (Debian: default-jre-headless)"
    if java is None:
        where = f"in JAVA_HOME, {home}" if home else "on PATH"
        raise ToolMissing(f"cannot start a broker: found no java {where}, {wanted}")
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603  (as found)
    except OSError as error:
        raise ToolMissing(f"cannot start a broker: {java} does not run ({error.strerror}), {wanted}") from error
    told = (done.stderr + done.stdout).strip()
    stated = re.search(r'version "(?:1\.)?([0-9]+)', told)
    if done.returncode or stated is None:
        raise ToolMissing(f"cannot start a broker: {java} -version said {_first_line(told)!r}, {wanted}")
    if int(stated[1]) < JAVA_NEEDED:
        raise ToolMissing(f"cannot start a broker: found Java {stated[1]} ({java}), {wanted}")
    return java


def jars_folder() -> Path:
    """Return where the jars of this version belong, fetched or not."""
    return user_cache() / "ratestream" / "broker" / hashlib.sha256(pom().read_bytes()).hexdigest()[:32]


def fetch_jars(say: Callable[[str], None] = lambda _: None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder with the jars, fetched now if they are not there yet.

    Any number of processes may ask at once: one fetches, into a folder beside, and renames it when all are there.

    Parameters
    ----------
    say : callable
        Is told, in one line, if something is fetched.
    environ : mapping, optional
        Variables for Maven, those of the process by default.

    Raises
    ------
    ToolMissing
        If something has to be fetched and there is no Maven.
    StoreUnreachable
        If Maven cannot fetch it, or the cache cannot be written.
    """
    folder = jars_folder()
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.is_dir():
                _fetch(folder, say, os.environ if environ is None else environ)
    except OSError as error:
        where = f"{folder.parent}: {error.strerror} (XDG_CACHE_HOME names another place)"
        raise StoreUnreachable(f"cannot keep the broker's jars in {where}") from error
    return folder


def require_tools() -> None:
    """Raise ToolMissing if a broker cannot be started here: for want of Java, or of Maven where jars are missing."""
    find_java()
    if not jars_folder().is_dir():
        _find_maven(os.environ)


def _find_maven(environ: Mapping[str, str]) -> str:
    maven = shutil.which("mvn", path=environ.get("PATH", ""))
    if maven is None:
        message = "cannot fetch the broker's jars: found no mvn on PATH, expected Apache Maven (Debian: maven)"
        raise ToolMissing(message)
    return maven


def _fetch(folder: Path, say: Callable[[str], None], environ: Mapping[str, str]) -> None:
    maven = _find_maven(environ)
    say(f"fetching the broker's jars (44 MB) with Maven, once, into {folder}")
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        with as_file(pom()) as project:
            _run_maven(maven, project, part, environ)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # nothing is left of it after the rename


def _run_maven(maven: str, project: Path, into: Path, environ: Mapping[str, str]) -> None:
    words = [
        *(maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(project)),
        f"-Dmaven.wagon.rto={_QUIET_S * 1000}",  # Maven 3.8
        f"-Daether.connector.requestTimeout={_QUIET_S * 1000}",  # and later
        *("-Dstyle.color=never", _COPY, "-DincludeScope=runtime", f"-DoutputDirectory={into}"),
    ]
    try:
        done = subprocess.run(  # noqa: S603  (as found)
            words,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_FETCH_S,
        )
    except subprocess.TimeoutExpired as error:
        raise StoreUnreachable(f"cannot fetch the broker's jars: {maven} did not end within {_FETCH_S} s") from error
    if done.returncode:
        faults = [line.partition("[ERROR]")[2].strip() for line in done.stdout.splitlines() if "[ERROR]" in line]
        told = next((fault for fault in faults if fault), _first_line(done.stdout))
        message = (
            f"cannot fetch the broker's jars: {maven} ended with {done.returncode}: {told} "
            "(is the registry reachable that Maven is set to use?)"
        )
        raise StoreUnreachable(message)
    if not any(into.glob("kafka_*.jar")):
        raise StoreUnreachable(f"cannot fetch the broker's jars: {maven} ended well, but brought no Kafka")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
