"""How fast files are rated: NDJSON to books and archive, one process."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clock import Measured, measured
from stream.demo.traffic import make_calls
from stream.demo.world import write_workspace
from stream.files.rate import rate_files
from stream.workspace.load import load_workspace

__all__ = ["rate"]

_WARM = 4_000


def rate(*, quick: bool, seed: int) -> Measured:
    """Rate the demo's traffic in the demo's workspace, after one small run that compiles what has to be."""
    with TemporaryDirectory() as name:
        _rate(Path(name) / "warm", _WARM, seed)
        return _rate(Path(name) / "run", 20_000 if quick else 1_000_000, seed)


def _rate(folder: Path, records: int, seed: int) -> Measured:
    write_workspace(folder / "books")
    files = make_calls(folder / "calls", records=records, seed=seed)
    workspace = load_workspace(folder / "books")
    what = f"rate {records:,} records of NDJSON, one process"
    return measured(what, lambda: rate_files(workspace, files), records)
