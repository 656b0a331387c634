"""The store's tables, and the triggers that keep the books append-only."""

from typing import Final

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

__all__ = [
    "SCHEMA_VERSION",
    "TRIGGERS",
    "accepted_gaps",
    "archive",
    "backouts",
    "cells",
    "duplicates",
    "entries",
    "file_outcomes",
    "files",
    "hours",
    "identities",
    "inputs",
    "intake",
    "meta",
    "metadata",
    "names",
    "openings",
    "outcomes",
    "positions",
    "postings",
    "rejected",
    "statement_inputs",
    "statements",
    "suspense",
    "suspense_log",
]

SCHEMA_VERSION: Final = 6

metadata: Final = MetaData()

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

names = Table(
    "names",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("code", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    UniqueConstraint("kind", "name"),
)

files = Table(
    "files",
    metadata,
    Column("file", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("offset", Integer, nullable=False),  # bytes of decompressed content that are committed
    Column("records", Integer, nullable=False),
    Column("lines", Integer, nullable=False),  # lines committed, blank ones included
    Column("done", Integer, nullable=False),
    Column("received_ms", Integer, nullable=False),
    Column("backout", Integer, nullable=True),  # the run that took its records out again
    Index("files_that_stand", "sha256", unique=True, sqlite_where=text("backout IS NULL")),
)

file_outcomes = Table(  # of what is counted and has no identity: filtered and rejected records
    "file_outcomes",
    metadata,
    Column("file", Integer, ForeignKey("files.file"), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("outcome", Integer, primary_key=True),
    Column("reason", Integer, primary_key=True),
    Column("records", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
)

duplicates = Table(  # which records were duplicates: stream.backout.duplicates has the columns of the blob
    "duplicates",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("file", Integer, ForeignKey("files.file"), nullable=False),
    Column("receipt_ms", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

backouts = Table(
    "backouts",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("file", Integer, ForeignKey("files.file"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("records", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
    Column("offered", Integer, nullable=False),  # records of other files that were offered again
)

cells = Table(
    "cells",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("layer", String(80), nullable=False),
    Column("agreement", Integer, nullable=False),
    Column("month", String(7), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Index("cells_by_month", "agreement", "month"),
)

hours = Table(
    "hours",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("layer", String(80), nullable=False),
    Column("agreement", Integer, nullable=False),
    Column("month", String(7), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    Index("hours_by_month", "agreement", "month"),
)

identities = Table(
    "identities",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("blob", LargeBinary, nullable=False),
)

intake = Table(
    "intake",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("records", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("outcome", Integer, primary_key=True),
    Column("reason", Integer, primary_key=True),
    Column("records", Integer, nullable=False),
    Column("ms", Integer, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("agreement", Integer, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("a_ms", Integer, nullable=False),
    Column("b_ms", Integer, nullable=False),
)

suspense = Table(
    "suspense",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("state", String(16), nullable=False),  # waiting, recycled, duplicate, accepted, written_off, backed_out
    Column("reason", Integer, nullable=False),
    Column("source", String(64), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("connect_ms", Integer, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("utc_day", Integer, nullable=False),
    Column("file", Integer, ForeignKey("files.file"), nullable=True),
    Column("line", Integer, nullable=False),
    Column("receipt_ms", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index("suspense_waiting", "state", "reason"),
)

suspense_log = Table(
    "suspense_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("suspense", Integer, ForeignKey("suspense.id"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("what", String(96), nullable=False),
    Column("run", String(64), nullable=False),
    Column("by", String(128), nullable=True),  # who decided and why, where a person did
    Column("why", Text, nullable=True),
)

rejected = Table(
    "rejected",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reason", Integer, nullable=False),
    Column("source", String(64), nullable=False),
    Column("file", Integer, ForeignKey("files.file"), nullable=True),
    Column("line", Integer, nullable=False),
    Column("receipt_ms", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

archive = Table(
    "archive",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("path", Text, nullable=False, unique=True),  # below the workspace
    Column("layer", String(80), nullable=False),
    Column("month", String(7), nullable=False),  # of connect, UTC
    Column("rows", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agreement", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # close, true-up
    Column("as_known_at", String(10), nullable=False),
    Column("issued_at", String(32), nullable=False),
    Column("issued_by", String(128), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("assurance", LargeBinary, nullable=False),
    Column("inputs", String(64), nullable=False),  # the set of `statement_inputs` that it was made with
    UniqueConstraint("agreement", "month", "number"),
)

inputs = Table(
    "inputs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("blob", LargeBinary, nullable=False),  # zlib
)

statement_inputs = Table(
    "statement_inputs",
    metadata,
    Column("inputs", String(64), primary_key=True),  # the set: a digest of its names and contents' digests
    Column("name", String(300), primary_key=True),
    Column("sha256", String(64), ForeignKey("inputs.sha256"), nullable=False),
)

openings = Table(
    "openings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("line", Text, nullable=False, unique=True),
    Column("agreement", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("opened_at", String(32), nullable=False),
    Column("opened_by", String(128), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("statement", Integer, ForeignKey("statements.id"), nullable=True),  # what booked it: this
    Column("opening", Integer, ForeignKey("openings.id"), nullable=True),  # or this
    Column("agreement", String(128), nullable=False),
    Column("month", String(7), nullable=False),
    Column("line", Text, nullable=False),
    Column("cause", String(64), nullable=False),
    Column("payer", String(128), nullable=False),
    Column("payee", String(128), nullable=False),
    Column("ms", Integer, nullable=False),
    Column("units", Text, nullable=False),  # exact charge, 1/60,000 of 1e-9 dollar; may be beyond 64 bits
    Column("cents", Integer, nullable=False),
    Column("clauses", Text, nullable=False),
    Column("booked_at", String(32), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("(statement is null) != (opening is null)"),
    Index("entries_by_month", "agreement", "month"),
)

postings = Table(
    "postings",
    metadata,
    Column("entry", Integer, ForeignKey("entries.seq"), primary_key=True),
    Column("side", String(6), CheckConstraint("side in ('debit', 'credit')"), primary_key=True),
    Column("account", String(300), nullable=False),
    Column("cents", Integer, nullable=False),
)

accepted_gaps = Table(
    "accepted_gaps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("month", String(7), nullable=False),
    Column("at", String(32), nullable=False),
    Column("by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("gaps", Text, nullable=False),  # a JSON array of the gaps that it covers
)

_APPEND_ONLY: Final = (
    statements, inputs, statement_inputs, openings, entries, postings, suspense_log, backouts, accepted_gaps,
)  # fmt: skip

TRIGGERS: Final = {
    f"{table.name}_no_{verb.lower()}": (
        f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
        f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
    )
    for table in _APPEND_ONLY
    for verb in ("UPDATE", "DELETE")
}
"""What keeps the books append-only, by name, in the words in which the store keeps it."""

for _trigger in TRIGGERS.values():
    event.listen(metadata, "after_create", DDL(_trigger).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
