"""How fast files are rated: NDJSON to books and archive, one process."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clock import Measured, measured
from stream.demo.traffic import make_calls
from stream.demo.world import write_workspace
from stream.files.rate import rate_files
from stream.workspace.load import load_workspace

__all__ = ["rate"]


def rate(*, quick: bool, seed: int) -> Measured:
    """Rate the demo's traffic in the demo's workspace, after one small run that compiles what has to be."""
    records = 20_000 if quick else 1_000_000
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part, size in (("warm", 4_000), ("run", records)):
            write_workspace(folder / part)
            files = make_calls(folder / f"{part}-calls", records=size, seed=seed)
            workspace = load_workspace(folder / part)
            found = measured(
                f"rate {records:,} records of NDJSON, one process",
                lambda workspace=workspace, files=files: rate_files(workspace, files),
                records,
            )
        return found
