"""The store: opened, checked, locked against a second writer, and read."""

import secrets
import sqlite3
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from rating.codes import Outcome, Reason
from rating.hours import Hours, merge_hours
from rating.names import Names
from rating.usage import Cells, merge
from stream.books import tables as t
from stream.errors import BadInput, InvariantBroken, StoreUnreachable
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["Store", "open_store"]

_BUSY_MS: Final = 10_000


class Store:
    """A workspace's store. Reading needs no lock; writing goes through `writer`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self.folder = folder
        self._lock = FileLock(folder / ".books.lock")
        # A command that ends, whichever way, lets go of its connections with the store.
        weakref.finalize(self, engine.dispose)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the workspace against other writers; StoreUnreachable if another has it."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreUnreachable(
                f"{self.folder}: another process is writing into this workspace; try again when it is done"
            ) from None
        except OSError as error:
            raise StoreUnreachable(f"{self.folder}: cannot be written to: {error.strerror}") from error
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run one transaction: all of it is kept or none."""
        with _store_errors(self.folder), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state."""
        with _store_errors(self.folder), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # what is in it

    def key(self) -> tuple[int, int]:
        """Return the key of the identities' fingerprints."""
        with self.reading() as c:
            text = c.execute(select(t.meta.c.value).where(t.meta.c.key == "identity_key")).scalar_one()
        return int(text[:16], 16), int(text[16:], 16)

    def names(self) -> Names:
        """Return the names that the cells' codes stand for."""
        with self.reading() as c:
            rows = c.execute(select(t.names.c.kind, t.names.c.code, t.names.c.name)).all()
        return Names((kind, code, name) for kind, code, name in rows)

    def identities(self, day: int) -> NDArray[np.uint64]:
        """Return the (k, 2) entries of a UTC day, oldest first."""
        with self.reading() as c:
            rows = c.execute(select(t.identities.c.blob).where(t.identities.c.day == day).order_by(t.identities.c.seq))
            blobs = b"".join(row.blob for row in rows)
        return np.frombuffer(blobs, "<u8").reshape(-1, 2).astype(np.uint64)

    def cells(self, agreement: int, month: str, without: Collection[str] = ()) -> Cells:
        """Return the merged cells of an agreement's month, all layers together but for those named."""
        mine = (t.cells.c.agreement == agreement) & (t.cells.c.month == month) & t.cells.c.layer.not_in(without)
        with self.reading() as c:
            rows = c.execute(select(t.cells.c.blob).where(mine)).all()
        return merge(Cells.from_bytes(row.blob) for row in rows)

    def hours(self, agreement: int, month: str) -> Hours:
        """Return the merged busy-hour sum of an agreement's month, all layers together."""
        with self.reading() as c:
            rows = c.execute(
                select(t.hours.c.blob).where(t.hours.c.agreement == agreement, t.hours.c.month == month)
            ).all()
        return merge_hours(Hours.from_bytes(row.blob) for row in rows)

    def layer(self, name: str) -> tuple[Cells, Hours]:
        """Return the merged cells and busy-hour sum of one layer, of all agreements and months."""
        with self.reading() as c:
            cells = c.execute(select(t.cells.c.blob).where(t.cells.c.layer == name)).scalars().all()
            hours = c.execute(select(t.hours.c.blob).where(t.hours.c.layer == name)).scalars().all()
        return merge(map(Cells.from_bytes, cells)), merge_hours(map(Hours.from_bytes, hours))

    def hour_months(self) -> list[tuple[int, str]]:
        """Return the (agreement code, month) pairs that have a busy-hour sum."""
        with self.reading() as c:
            rows = c.execute(select(t.hours.c.agreement, t.hours.c.month).distinct().order_by(t.hours.c.month)).all()
        return [(row.agreement, row.month) for row in rows]

    def months(self) -> list[tuple[int, str]]:
        """Return the (agreement code, month) pairs that have cells."""
        with self.reading() as c:
            rows = c.execute(select(t.cells.c.agreement, t.cells.c.month).distinct().order_by(t.cells.c.month)).all()
        return [(row.agreement, row.month) for row in rows]

    def positions(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Return what each party has terminated of the base classes, by agreement and month."""
        with self.reading() as c:
            rows = c.execute(select(t.positions)).all()
        return {(row.agreement, row.month): (row.a_ms, row.b_ms) for row in rows}

    def tally(self) -> Tally:
        """Return everything that came in and what became of it."""
        tally = Tally()
        with self.reading() as c:
            for row in c.execute(select(t.intake)):
                tally.intake[row.source, row.hour, row.partition] = (row.records, row.ms)
            for row in c.execute(select(t.outcomes).where((t.outcomes.c.records != 0) | (t.outcomes.c.ms != 0))):
                key = ((row.source, row.hour, row.partition), Outcome(row.outcome), Reason(row.reason))
                tally.outcomes[key] = (row.records, row.ms)
        return tally

    def issued(self, agreement: str, month: str) -> list[Any]:
        """Return the statements issued of an agreement's month, oldest first."""
        with self.reading() as c:
            query = select(t.statements).where(t.statements.c.agreement == agreement, t.statements.c.month == month)
            return list(c.execute(query.order_by(t.statements.c.number)))


@contextmanager
def _store_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise InvariantBroken(f"{folder}: the store refused what does not fit its books: {error.orig}") from error
    except OperationalError as error:
        raise StoreUnreachable(f"{folder}: the store does not answer: {error.orig}") from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error.orig):
            raise BadInput("found something else, expected a ratestream store", file=folder / "books.db") from error
        if type(error) is DatabaseError:  # no kind of its own: what is on the disk is damaged
            raise StoreUnreachable(f"{folder}: the store is damaged: {error.orig}") from error
        raise


def _sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, below
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


def open_store(workspace: Workspace) -> Store:
    """Open a workspace's store, making it on first use.

    Raises
    ------
    StoreUnreachable
        If it cannot be reached or written.
    BadInput
        If the file is something else, or of another version.
    """
    url = make_url(workspace.settings.store.url)
    if url.get_backend_name() != "sqlite":
        found = url.render_as_string(hide_password=True)
        raise BadInput.found(found, "a file, as in sqlite:///books.db", field="store.url")
    path = workspace.folder / (url.database or "books.db")
    engine = create_engine(f"sqlite:///{path}")
    _sqlite(engine)
    store = Store(engine, workspace.folder)
    with _store_errors(workspace.folder):
        with engine.connect() as connection:
            known = engine.dialect.has_table(connection, "meta")
        if not known:
            with store.writing():  # noqa: SIM117  (the comment below belongs to the second)
                # One transaction: a store that is there has all its tables and its key, wherever its making was cut.
                with engine.begin() as connection:
                    t.metadata.create_all(connection)
                    if connection.execute(select(t.meta)).first() is None:
                        values = {"schema": str(t.SCHEMA_VERSION), "identity_key": secrets.token_hex(16)}
                        connection.execute(t.meta.insert(), [{"key": k, "value": v} for k, v in values.items()])
        with engine.connect() as connection:
            version = connection.execute(select(t.meta.c.value).where(t.meta.c.key == "schema")).scalar_one_or_none()
    if version != str(t.SCHEMA_VERSION):
        raise BadInput.found(version, f"a store of version {t.SCHEMA_VERSION}", file=path)
    return store
