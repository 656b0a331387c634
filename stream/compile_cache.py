"""Where compiled kernels are kept, so that a stale one can never be loaded.

Numba's cache on disk looks at the file of the function that it loads, not at what that function
calls: after a change in a callee of another module it goes on with the old machine code. So the
whole cache is placed in a folder named by everything that decides what the machine code is. To be
called before numba is imported, which is also why nothing heavy is imported here.
"""

import hashlib
import os
import re
import stat
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["digest", "kernel_sources", "place", "user_cache"]

KEPT: Final = 3
"""How many digests' folders stay, the one in use among them, and any that a process may still be filling."""

_IN_USE_NS: Final = 24 * 3600 * 10**9
"""A folder placed within a day may belong to a process of another version that still compiles into it."""

ROOT: Final = Path(__file__).resolve().parents[1]
"""The folder that holds the packages `rating`, `schemas` and `stream`."""

_VARIABLE: Final = "NUMBA_CACHE_DIR"
_FORMAT_KERNELS: Final = ("words", "values", "scanner", "gather")
_DIGEST: Final = re.compile("[0-9a-f]{32}")
_COMPILERS: Final = ("numba", "llvmlite")
_CPU_FIELDS: Final = frozenset({"model name", "flags", "CPU implementer", "CPU part", "Features"})


def place(root: Path = ROOT) -> Path:
    """Point numba at the folder that belongs to these kernels on this machine; return it.

    A folder that the user chose by ``NUMBA_CACHE_DIR`` stands. One that a parent process got from
    here is replaced by the process's own, which is the same unless something differs. Folders of
    all but the newest `KEPT` digests are removed once they have lain unused for a day.

    Parameters
    ----------
    root : path
        The folder that holds the packages.

    Returns
    -------
    path
        An existing folder that only the user can write to, or the user's own choice as it is.

    Raises
    ------
    FileNotFoundError
        If a kernel's source is missing: machine code cannot be told from another's without it.
    RuntimeError
        If numba is already imported, and with another folder: too late.
    """
    chosen = os.environ.get(_VARIABLE)
    if chosen and not _ours(Path(chosen)):
        return Path(chosen)
    folder = _folder(digest(root))
    if chosen == str(folder):
        return folder
    if "numba" in sys.modules:
        raise RuntimeError(f"numba is imported already, with {chosen or 'no'} cache folder: place() comes first")
    os.environ[_VARIABLE] = str(folder)
    os.utime(folder)
    _remove_old(folder)
    return folder


def digest(root: Path = ROOT) -> str:
    """Return what decides the machine code, as 32 hexadecimal digits.

    The sources of all kernels, the compiler's version, Python's, the processor with its features,
    and every setting of numba in the environment (numba's own index leaves out
    ``NUMBA_BOUNDSCHECK``: a checked run would load unchecked code and find nothing).
    """
    sha = hashlib.sha256()
    for part in (*_versions(), *_cpu(), *_settings()):
        sha.update(part.encode() + b"\0")
    for source in kernel_sources(root):
        text = source.read_bytes()
        sha.update(f"{source.relative_to(root).as_posix()}\0{len(text)}\0".encode() + text)
    return sha.hexdigest()[:32]


def kernel_sources(root: Path = ROOT) -> list[Path]:
    """Return every source file that machine code is made of, in a fixed order."""
    rules = sorted((root / "rating" / "kernel").rglob("*.py"))
    return rules + [root / "schemas" / f"{name}.py" for name in _FORMAT_KERNELS]


def user_cache() -> Path:
    """Return the platform's folder for what can be made again; it need not exist.

    Raises
    ------
    RuntimeError
        If it follows from the home folder and the user has none.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".cache"


def _versions() -> list[str]:
    return [sys.version, *(f"{name} {_version(name)}" for name in _COMPILERS)]


def _version(package: str) -> str:
    """Return what a package says of its version, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: the kernels cannot be compiled", name=package)
    stated = Path(spec.origin).with_name("_version.py")
    if stated.is_file():
        return stated.read_text(encoding="utf-8")
    from importlib import metadata  # noqa: PLC0415  (20 ms that a file beside the package saves)

    return metadata.version(package)


def _cpu() -> list[str]:
    """Return the processor's name and features, as far as the platform tells without a process of its own."""
    machine = os.environ.get("PROCESSOR_IDENTIFIER", "") if sys.platform == "win32" else os.uname().machine
    known = [sys.platform, machine]
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.strip():
                    break  # one processor tells for all; a large machine has hundreds
                field, _, value = line.partition(":")
                if field.strip() in _CPU_FIELDS:
                    known.append(f"{field.strip()}:{value.strip()}")
    except FileNotFoundError:
        known.append("no /proc/cpuinfo")  # not Linux: numba's own index still tells processors apart
    return known


def _settings() -> list[str]:
    """Return every setting of numba but the one that is set here; a folder more for a harmless one costs little."""
    own = {key: value for key, value in os.environ.items() if key.startswith("NUMBA_") and key != _VARIABLE}
    return sorted(f"{key}={value}" for key, value in own.items())


def _folder(name: str) -> Path:
    """Return the folder for a digest, made if need be; a temporary one where the user's cache cannot be written."""
    try:
        folder = user_cache() / "ratestream" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # a read-only or missing home: containers and system users
        return _temporary(name)
    return folder if os.access(folder, os.W_OK | os.X_OK) else _temporary(name)


def _temporary(name: str) -> Path:
    """Return a folder for a digest under the system's temporary one.

    The cache holds pickles, which run when they are loaded, and anybody may make a folder in
    advance there: one that is not this user's alone is not used, and the kernels then compile
    into a new folder once a process.
    """
    import tempfile  # noqa: PLC0415  (it costs milliseconds and is hardly ever needed)

    user = str(os.getuid()) if sys.platform != "win32" else os.environ.get("USERNAME", "user")
    shelf = Path(tempfile.gettempdir()) / f"ratestream-{user}"
    with suppress(FileExistsError):  # whatever is there already is looked at next
        shelf.mkdir(mode=0o700)
    if not _private(shelf):
        shelf = Path(tempfile.mkdtemp(prefix="ratestream-"))
    folder = shelf / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _private(folder: Path) -> bool:
    if sys.platform == "win32":
        return True  # the temporary folder is the user's own there
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _remove_old(folder: Path) -> None:
    """Remove the folders of all but the newest digests; `folder`, just touched, is the newest."""
    dated = []
    for other in _siblings(folder):
        with suppress(FileNotFoundError):  # another process has just removed it
            dated.append((other.stat().st_mtime_ns, other))
    unused = folder.stat().st_mtime_ns - _IN_USE_NS
    stale = [other for touched, other in sorted(dated, reverse=True)[KEPT - 1 :] if touched < unused]
    if not stale:
        return
    import shutil  # noqa: PLC0415  (only where there is something to remove)

    for other in stale:
        with suppress(OSError):  # another process uses, fills or removes it: the next start tries again
            shutil.rmtree(other)


def _siblings(folder: Path) -> list[Path]:
    """Return the other digests' folders; what else lies there is not ours to touch."""
    return [other for other in folder.parent.iterdir() if other != folder and _ours(other)]


def _ours(folder: Path) -> bool:
    """Tell a folder that is named by a digest, and so was placed here, from any other."""
    return folder.parent.name.startswith("ratestream") and bool(_DIGEST.fullmatch(folder.name))
