"""A stale kernel is never loaded; the folder is private, the user's choice stands, old folders go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream import compile_cache

ROOT = Path(__file__).resolve().parents[2]

CALLEE = "from numba import njit\n\n\n@njit(cache=True)\ndef rate(ms):\n    return ms * {rate}\n"
CALLER = """\
from numba import njit

from rating.kernel.callee import rate


@njit("int64(int64)", cache=True)
def price(ms):
    return rate(ms) + 1
"""
PRICE = """\
import sys
from pathlib import Path

from stream import compile_cache

compile_cache.place(Path(sys.argv[1]))
sys.path.insert(0, sys.argv[1])
from rating.kernel.caller import price

print(price(10), sum(price.stats.cache_hits.values()))
"""


def kernels(root: Path, rate: int = 7) -> Path:
    """Write the smallest tree with a kernel that calls one of another module; return its root."""
    (root / "rating" / "kernel").mkdir(parents=True)
    (root / "schemas").mkdir()
    for package in ("rating", "rating/kernel"):
        (root / package / "__init__.py").write_text("")
    for name in ("words", "values", "scanner", "gather"):
        (root / "schemas" / f"{name}.py").write_text("")
    (root / "rating" / "kernel" / "callee.py").write_text(CALLEE.format(rate=rate))
    (root / "rating" / "kernel" / "caller.py").write_text(CALLER)
    return root


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of digests, in a cache of the test's own, as a process finds it that has no numba yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    return tmp_path / "cache" / "ratestream"


def test_an_edited_callee_gives_the_new_price(tmp_path: Path) -> None:
    root = kernels(tmp_path / "tree")
    # DISABLE_JIT would leave nothing to cache; a folder handed down would be somebody else's.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_") and k != "PYTHONPATH"}
    env = inherited | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}

    def priced() -> str:
        # From an empty folder: the packages of the project must not come before those of the copy.
        done = subprocess.run(
            [sys.executable, "-c", PRICE, str(root)], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert [priced(), priced()] == ["71 0", "71 1"]
    (root / "rating" / "kernel" / "callee.py").write_text(CALLEE.format(rate=9))
    assert [priced(), priced()] == ["91 0", "91 1"]


@pytest.mark.parametrize(
    "change",
    [
        "rating/kernel/callee.py",
        "rating/kernel/caller.py",
        "rating/kernel/__init__.py",
        "schemas/words.py",
        "schemas/gather.py",
        "rating/kernel/new.py",
    ],
)
def test_every_source_counts(tmp_path: Path, change: str) -> None:
    root = kernels(tmp_path)
    before = compile_cache.digest(root)
    with (root / change).open("a") as source:
        source.write("# other\n")
    assert compile_cache.digest(root) != before


def test_what_is_not_a_kernel_does_not_count(tmp_path: Path) -> None:
    root = kernels(tmp_path)
    before = compile_cache.digest(root)
    (root / "schemas" / "slow.py").write_text("# parsed by Python\n")
    (root / "rating" / "money.py").write_text("# computed by Python\n")
    assert compile_cache.digest(root) == before


def test_two_trees_with_equal_kernels_share_their_digest(tmp_path: Path) -> None:
    assert compile_cache.digest(kernels(tmp_path / "a")) == compile_cache.digest(kernels(tmp_path / "b"))


@pytest.mark.parametrize("setting", ["NUMBA_BOUNDSCHECK", "NUMBA_OPT", "NUMBA_CPU_NAME"])
def test_settings_of_numba_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    root = kernels(tmp_path)
    monkeypatch.delenv(setting, raising=False)
    before = compile_cache.digest(root)
    monkeypatch.setenv(setting, "1")
    assert compile_cache.digest(root) != before


@pytest.mark.parametrize("name", ["_versions", "_cpu"])
def test_compiler_python_and_processor_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    root = kernels(tmp_path)
    before = compile_cache.digest(root)
    monkeypatch.setattr(compile_cache, name, lambda: ["other"])
    assert compile_cache.digest(root) != before


def test_a_missing_source_stops(tmp_path: Path) -> None:
    root = kernels(tmp_path)
    (root / "schemas" / "scanner.py").unlink()
    with pytest.raises(FileNotFoundError, match=r"scanner\.py"):
        compile_cache.digest(root)


def test_place_sets_the_variable_once(tmp_path: Path, cache: Path) -> None:
    root = kernels(tmp_path / "tree")
    folder = compile_cache.place(root)
    assert folder == cache / compile_cache.digest(root)
    assert folder.is_dir()
    assert os.environ["NUMBA_CACHE_DIR"] == str(folder)
    assert compile_cache.place(root) == folder


def test_the_users_choice_stands(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    assert compile_cache.place(kernels(tmp_path / "tree")) == tmp_path / "mine"
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine")
    assert not cache.exists()


def test_what_a_parent_process_placed_is_not_the_users_choice(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = kernels(tmp_path / "tree")
    first = compile_cache.place(root)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")  # as a checked run started from an unchecked one
    second = compile_cache.place(root)
    assert second != first
    assert second.parent == cache


def test_too_late_is_said(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", sys)
    with pytest.raises(RuntimeError, match="place"):
        compile_cache.place(kernels(tmp_path / "tree"))
    assert "NUMBA_CACHE_DIR" not in os.environ
    assert cache.is_dir()


def test_old_folders_go_and_the_newest_stay(tmp_path: Path, cache: Path) -> None:
    root = kernels(tmp_path / "tree")
    for age in range(6):
        old = cache / f"{age:032x}"
        (old / "kernel").mkdir(parents=True)
        (old / "kernel" / "price.nbi").write_bytes(b"x")
        os.utime(old, (1_000_000_000 - age,) * 2)
    (cache / "notes").mkdir()  # not a digest
    folder = compile_cache.place(root)
    assert {path.name for path in cache.iterdir()} == {folder.name, f"{0:032x}", f"{1:032x}", "notes"}


def test_use_keeps_a_folder_young(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = compile_cache.place(kernels(tmp_path / "tree"))
    for age in range(4):
        (cache / f"{age:032x}").mkdir()
        os.utime(cache / f"{age:032x}", (1 + age, 1 + age))
    os.utime(folder, (0, 0))
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert compile_cache.place(tmp_path / "tree") == folder
    assert folder.stat().st_mtime > 0
    assert len(list(cache.iterdir())) == compile_cache.KEPT


def test_a_folder_that_others_may_still_fill_stays(tmp_path: Path, cache: Path) -> None:
    root = kernels(tmp_path / "tree")
    for age in range(4):
        (cache / f"{age:032x}").mkdir(parents=True)
    folder = compile_cache.place(root)
    assert {path.name for path in cache.iterdir()} == {folder.name, *(f"{age:032x}" for age in range(4))}


class TestWithoutAUsableHome:
    """The user's cache cannot be made: a file stands where it should be (root may write anywhere)."""

    @pytest.fixture(autouse=True)
    def blocked(self, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        cache.parent.write_text("no folder")
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
        return tmp_path / "tmp"

    def test_a_private_temporary_folder_serves_again_and_again(self, tmp_path: Path, blocked: Path) -> None:
        folder = compile_cache.place(kernels(tmp_path / "tree"))
        shelf = blocked / f"ratestream-{os.getuid()}"
        assert folder.parent == shelf
        assert shelf.stat().st_mode & 0o777 == 0o700
        assert compile_cache.place(tmp_path / "tree") == folder

    @pytest.mark.parametrize("trap", ["open", "file", "link"])
    def test_what_others_may_write_to_is_not_used(self, tmp_path: Path, blocked: Path, trap: str) -> None:
        shelf = blocked / f"ratestream-{os.getuid()}"
        if trap == "open":
            shelf.mkdir()
            shelf.chmod(0o777)
        elif trap == "file":
            shelf.write_text("taken")
        else:
            (tmp_path / "elsewhere").mkdir()
            shelf.symlink_to(tmp_path / "elsewhere")
        folder = compile_cache.place(kernels(tmp_path / "tree"))
        assert folder.parent.parent == blocked
        assert folder.parent != shelf
        assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_each_platform_has_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    folders = {}
    for platform in ("linux", "darwin", "win32"):
        monkeypatch.setattr(sys, "platform", platform)
        folders[platform] = compile_cache.user_cache()
    assert folders == {
        "linux": tmp_path / ".cache",
        "darwin": tmp_path / "Library" / "Caches",
        "win32": tmp_path / "Local",
    }
