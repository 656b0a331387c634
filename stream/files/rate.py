"""Rate files into the workspace's store, exactly once: a file is its digest, a batch one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from rating.names import Names
from schemas.columns import Limits
from schemas.decode import split_lines
from stream.books import tables as t
from stream.books.store import Store, open_store
from stream.clock import now_ms, today
from stream.engine import Batch, Engine, Result
from stream.errors import BadInput, StoreUnreachable
from stream.facts import make_facts
from stream.files.archive import sweep, write_segments
from stream.files.reader import CallFile, Chunk, open_call_file
from stream.files.revisions import Identity, last_decisions
from stream.files.sink import merge_chunks, save_batch
from stream.identities import Identities
from stream.live import LivePrices
from stream.rules import compile_rules
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["FileDone", "Rated", "call_files", "disk_errors", "make_engine", "rate_files"]

Ints = NDArray[np.int64]

_NAMES: Final = (".ndjson", ".ndjson.gz", ".ndjson.zst")
"""What a folder's call files are called: what is still being copied into it under another name is left alone."""


@dataclass(frozen=True, slots=True)
class FileDone:
    """What was done with one file: its digest, records rated now, and whether it was known already."""

    path: Path
    sha256: str
    records: int
    known: str = ""


@dataclass(slots=True)
class Rated:
    """What a run did: its tally (this run's records only) and its files."""

    tally: Tally = field(default_factory=Tally)
    files: list[FileDone] = field(default_factory=list)
    identities: tuple[int, int] = (0, 0)


_NEWLINE: Final = 10

Progress = Callable[[Path, int, float, int], None]
"""Called after each batch with the file, its size in bytes, the share of it that is done, and the batch's records."""


def make_engine(workspace: Workspace, store: Store, names: Names) -> Engine:
    """Make an engine over a store's identities and positions, with terms as known today."""
    rules = compile_rules(workspace, names)
    facts = make_facts(workspace, names, store, today())
    live = LivePrices(facts, rules.plan, store.positions())
    limits = Limits(workspace.settings.limits.max_line_bytes, workspace.settings.limits.max_duration_ms)
    return Engine(rules, Identities(store.identities), live, limits, store.key())


def rate_files(workspace: Workspace, paths: Iterable[Path], progress: Progress | None = None) -> Rated:
    """Rate call files into a workspace.

    Files are opened and checked before the first is rated, so that a damaged one changes nothing.
    A file that is done is left alone; one that was cut short goes on where its last batch ended.

    Raises
    ------
    BadInput
        If a file cannot be read or is damaged, or is written to while it is rated.
    StoreUnreachable
        If the store cannot be written, or another process is writing into it.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(closing(open_call_file(path))) for path in paths]
        store = stack.enter_context(closing(open_store(workspace)))
        with store.writing():
            return _Run(workspace, store, progress).rate(files)


class _Run:
    def __init__(self, workspace: Workspace, store: Store, progress: Progress | None) -> None:
        self._workspace = workspace
        self._store = store
        self._progress = progress
        self._receipt_ms = now_ms()
        self._done = Rated()
        with store.reading() as c:
            manifest = [row.path for row in c.execute(select(t.archive.c.path))]
        with disk_errors(workspace.folder):
            sweep(workspace.folder, manifest)
        self._engine = make_engine(workspace, store, store.names())
        self._decided: Mapping[Identity, int] | None = None

    def rate(self, files: Iterable[CallFile]) -> Rated:
        for file in files:
            self._file(file)
        with self._store.transaction() as c:
            merge_chunks(c)
        self._done.identities = self._engine.identities.memory
        return self._done

    def _file(self, file: CallFile) -> None:
        with self._store.reading() as c:
            standing = (t.files.c.sha256 == file.sha256) & t.files.c.backout.is_(None)
            row = c.execute(select(t.files).where(standing)).first()
            last = c.execute(select(func.max(t.files.c.file))).scalar_one() or 0
        if row is not None and row.done:
            self._done.files.append(FileDone(file.path, file.sha256, 0, known=row.path))
            return
        # A new file is entered with its first batch, so that one that fails before leaves no trace. Nobody
        # else takes its number meanwhile: this process holds the workspace.
        number, offset, lines = (last + 1, 0, 0) if row is None else (row.file, row.offset, row.lines)
        records = 0
        for chunk in file.chunks(offset, self._workspace.settings.limits.batch_bytes):
            count, newlines = self._batch(file, number, chunk, lines)
            records += count
            lines += newlines
        with self._store.transaction() as c:
            self._enter(c, file, number)
            c.execute(update(t.files).where(t.files.c.file == number).values(done=1))
        self._done.files.append(FileDone(file.path, file.sha256, records))

    def _enter(self, c: Connection, file: CallFile, number: int) -> None:
        """Enter a file that is not there yet."""
        values = {"file": number, "sha256": file.sha256, "path": str(file.path), "bytes": file.bytes}
        progress = {"offset": 0, "records": 0, "lines": 0, "done": 0, "received_ms": self._receipt_ms}
        c.execute(upsert(t.files).values(**values, **progress).on_conflict_do_nothing())

    def _batch(self, file: CallFile, number: int, chunk: Chunk, lines: int) -> tuple[int, int]:
        """Take one chunk through; return its records and its newlines."""
        line_at, line_len = split_lines(chunk.buffer, 0, chunk.buffer.size)
        newlines = np.flatnonzero(chunk.buffer == _NEWLINE)
        first_line = lines + 1 + np.searchsorted(newlines, line_at)
        layer = f"file:{number}"
        try:
            result = self._engine.process(Batch(chunk.buffer, line_at, line_len, self._receipt_ms))
            with disk_errors(self._workspace.folder):
                segments = write_segments(
                    self._workspace.folder,
                    result,
                    self._engine.names,
                    file=number,
                    offset=chunk.offset,
                    receipt_ms=self._receipt_ms,
                    layer=layer,
                    stem=f"file-{number:06d}-{chunk.offset:014d}",
                    rev=self._revisions(result),
                )
            if not file.unchanged():
                raise BadInput(  # noqa: TRY301  (the batch is undone below, as for any error)
                    "was written to while it was being rated; rate it again when it is whole", file=file.path
                )
            with self._store.transaction() as c:
                self._enter(c, file, number)
                save_batch(
                    c,
                    self._engine,
                    result,
                    layer=layer,
                    file=number,
                    first_line=first_line,
                    at=line_at + chunk.offset,
                    receipt_ms=self._receipt_ms,
                )
                _advance(c, number, chunk, len(result.columns), newlines.size, segments)
        except BaseException:
            self._engine.abort()
            raise
        self._engine.commit()
        self._done.tally.add(result.tally)
        if self._progress is not None:
            self._progress(file.path, file.bytes, chunk.end / max(file.content_bytes, 1), len(result.columns))
        return len(result.columns), newlines.size

    def _revisions(self, result: Result) -> Ints | int:
        """Number the decisions: of a call that was backed out and comes again, after those that the archive has."""
        if not result.again.size:
            return 0
        if self._decided is None:
            self._decided = last_decisions(self._store)
        revs, sources = np.zeros(len(result.columns), np.int64), self._engine.names.all("source")
        for row in result.again.tolist():
            record = result.columns.cut("record_id", row).decode("ascii")
            identity = sources[int(result.source[row])], record, int(result.utc_day[row])
            revs[row] = self._decided.get(identity, -1) + 1
        return revs


def _advance(
    c: Connection, number: int, chunk: Chunk, records: int, newlines: int, segments: list[dict[str, Any]]
) -> None:
    if segments:
        c.execute(insert(t.archive), segments)
    c.execute(
        update(t.files)
        .where(t.files.c.file == number)
        .values(offset=chunk.end, records=t.files.c.records + records, lines=t.files.c.lines + newlines)
    )


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full or read-only disk into an error that names the workspace."""
    try:
        yield
    except OSError as error:
        raise StoreUnreachable(f"{folder}: cannot be written to: {error.strerror or error}") from error


def call_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files behind paths: a directory stands for the call files in it, by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.is_file() and p.name.endswith(_NAMES))
        else:
            yield path
