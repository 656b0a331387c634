"""What a statement was made with, kept to the byte: settings, instruments, tables and events.

A true-up values what was booked again under the very terms it was booked under, so that a
difference can be laid to its cause; files change, so their content is kept, each content once.
"""

import zlib
from hashlib import sha256
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from stream.books import tables as t
from stream.books.store import Store
from stream.errors import InvariantBroken
from stream.terms.load import load_file
from stream.workspace.events import names_from, read_events
from stream.workspace.load import Workspace
from stream.workspace.settings import Settings, read_settings
from stream.workspace.tables import read_tables

__all__ = ["Inputs", "Snapshots", "capture", "content_digest", "keep"]

_INSTRUMENTS = "instruments"


def _instrument_files(settings: Settings) -> list[bytes]:
    packaged = resources.files("stream.terms").joinpath("packaged")
    own = sorted((settings.folder / "terms").glob("*.toml"))
    included = [settings.folder / name for name in settings.terms.include]
    files = dict.fromkeys(path.resolve() for path in (*own, *included))
    return [
        *(packaged.joinpath(f"{name}.toml").read_bytes() for name in settings.terms.packaged),
        *(path.read_bytes() for path in files),
    ]


class Inputs:
    """A workspace's inputs by name, their digests, and the digest of the whole set; made once for many statements."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.digests = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
        self.key = sha256("".join(f"{name}\0{digest}\n" for name, digest in self.digests.items()).encode()).hexdigest()


def capture(workspace: Workspace) -> Inputs:
    """Return a workspace's inputs."""
    folder = workspace.folder
    files = {
        f"{_INSTRUMENTS}/{position:04d}.toml": content
        for position, content in enumerate(_instrument_files(workspace.settings))
    }
    for name in ("ratestream.toml", "events.ndjson"):
        if (folder / name).is_file():
            files[name] = (folder / name).read_bytes()
    for path in sorted((folder / "reference").glob("*.csv")):
        files[f"reference/{path.name}"] = path.read_bytes()
    return Inputs(files)


def keep(c: Connection, inputs: Inputs) -> None:
    """Keep a set of inputs, each content once; one that is there already is left as it is."""
    if c.execute(select(t.statement_inputs.c.name).where(t.statement_inputs.c.inputs == inputs.key).limit(1)).first():
        return
    digests = inputs.digests
    known = set(c.execute(select(t.inputs.c.sha256).where(t.inputs.c.sha256.in_(digests.values()))).scalars())
    new = {digests[name]: content for name, content in inputs.files.items() if digests[name] not in known}
    if new:
        rows = [{"sha256": digest, "blob": zlib.compress(content)} for digest, content in new.items()]
        c.execute(upsert(t.inputs).on_conflict_do_nothing(), rows)
    made_with = [{"inputs": inputs.key, "name": name, "sha256": digest} for name, digest in digests.items()]
    c.execute(insert(t.statement_inputs), made_with)


def content_digest(blob: bytes) -> str | None:
    """Return the digest of a kept input's content, None where it is damaged."""
    try:
        return sha256(zlib.decompress(blob)).hexdigest()
    except zlib.error:
        return None


class Snapshots:
    """Workspaces as they were when statements were issued; equal ones are read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, tuple[tuple[str, str], ...]] = {}
        self._read: dict[tuple[tuple[str, str], ...], Workspace] = {}

    def key(self, inputs: str) -> tuple[tuple[str, str], ...]:
        """Return (name, digest) of a set of inputs, as a statement names it."""
        if inputs not in self._keys:
            query = select(t.statement_inputs.c.name, t.statement_inputs.c.sha256)
            with self._store.reading() as c:
                rows = c.execute(query.where(t.statement_inputs.c.inputs == inputs).order_by("name")).all()
            self._keys[inputs] = tuple((row.name, row.sha256) for row in rows)
        return self._keys[inputs]

    def workspace(self, key: tuple[tuple[str, str], ...]) -> Workspace:
        """Return the workspace of a key."""
        if key not in self._read:
            with self._store.reading() as c:
                rows = c.execute(select(t.inputs).where(t.inputs.c.sha256.in_([digest for _, digest in key]))).all()
            content = {row.sha256: zlib.decompress(row.blob) for row in rows if content_digest(row.blob) == row.sha256}
            lost = [name for name, digest in key if digest not in content]
            if lost or not key:
                what = lost[0] if lost else "all of it"
                raise InvariantBroken(f"what a statement was made with is not there as it was: {what} (ledger verify)")
            with TemporaryDirectory() as folder:
                for name, digest in key:
                    path = Path(folder) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content[digest])
                self._read[key] = _load(Path(folder))
        return self._read[key]


def _load(folder: Path) -> Workspace:
    settings = read_settings(folder)
    tables = read_tables(folder)
    instruments = tuple(load_file(path) for path in sorted((folder / _INSTRUMENTS).glob("*.toml")))
    events = read_events(folder / "events.ndjson", names_from(tables, instruments))
    return Workspace(folder, settings, instruments, tables, events)
