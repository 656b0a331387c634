"""Call by call: the other carrier's recordings and the archived ones of ours, as columns that the engine decides."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from numpy.typing import NDArray

from rating.codes import Outcome, TrafficClass
from rating.names import Names
from schemas.columns import VERDICTS, Columns, Limits
from schemas.decode import decode, split_lines
from stream.books.store import Store
from stream.desk.reconcile.call_match import Calls
from stream.desk.reconcile.column_map import CLASSES, ColumnMap
from stream.desk.reconcile.csv_bill import find_columns
from stream.desk.reconcile.scope import Scope
from stream.engine import Engine, Result
from stream.errors import BadInput
from stream.explain.archived import manifest
from stream.files.rate import make_engine
from stream.files.reader import open_call_file
from stream.rerate.columns import columns_of, integers
from stream.rerate.standing import Latest, batches
from stream.workspace.load import Workspace
from stream.workspace.nearest import one_of

__all__ = ["Side", "archived_side", "engine_for", "their_side", "with_columns"]

Ints = NDArray[np.int64]

_FILTERED: Final = VERDICTS.index("short_code")
_MARGIN: Final = timedelta(days=2)
_NEEDED: Final = (("calling",), ("called",), ("connect",), ("ms", "seconds"))


@dataclass(frozen=True)
class Side:
    """One carrier's recordings of an agreement's calls.

    columns, result : the records, and what our tables make of them. rows : (n,) int64, those of the agreement.
    way : (n,) int64, the direction of each, a position in `ways`: payer and payee.
    left_out : records that are no calls of the agreement, or that our tables cannot place.
    """

    columns: Columns
    result: Result
    rows: Ints
    way: Ints
    ways: tuple[tuple[str, str], ...]
    left_out: int

    @property
    def calls(self) -> Calls:
        """What recordings are matched by."""
        c = self.columns
        return Calls(c.calling[self.rows], c.called[self.rows], c.connect_ms[self.rows], c.duration_ms[self.rows])

    def name(self, row: int) -> dict[str, Any]:
        """Return one call for people, by its position among `rows`."""
        at = int(self.rows[row])
        c = self.columns
        calling = int(c.calling[at])
        return {
            "source": c.cut("source", at).decode("ascii"),
            "record_id": c.cut("record_id", at).decode("ascii"),
            "connect_ms": int(c.connect_ms[at]),
            "calling": "" if calling < 0 else f"{calling:0{int(c.calling_digits[at])}d}",
            "called": f"{int(c.called[at]):010d}",
            "duration_ms": int(c.duration_ms[at]),
        }


def engine_for(workspace: Workspace, store: Store, names: Names) -> Engine:
    """Return an engine that decides both sides' recordings as billing ones, whose office made them or not."""
    return make_engine(replace(workspace, tables=replace(workspace.tables, sources=None)), store, names)


def with_columns(engine: Engine, columns: Columns, kinds: Ints | None = None) -> Result:
    """Decide records; `kinds` are classes that the other carrier states, 0 where it does not."""
    receipt_ms = int(columns.connect_ms.max()) if len(columns) else 0
    result = engine.decide_again(columns, receipt_ms)
    if kinds is not None:
        result.placed[2] = np.where((kinds > 0) & (result.placed[2] > 0), kinds, result.placed[2])
    return result


def _side(engine: Engine, columns: Columns, scope: Scope, kinds: Ints | None = None) -> Side:
    result = with_columns(engine, columns, kinds)
    code = {name: engine.names.find("party", name) for way in scope.ways for name in way}
    kind, originator, terminator = result.placed[2], result.placed[4], result.placed[5]
    to_originator, transit = kind == TrafficClass.ORIGINATING_8YY, kind == TrafficClass.TRANSIT
    payer = np.where(to_originator, terminator, originator)
    payee = np.where(to_originator, originator, terminator)
    payee = np.where(transit, engine.names.find("party", scope.incumbent), payee)
    way = np.full(len(columns), -1, np.int64)
    for number, (a, b) in enumerate(scope.ways):
        way[(payer == code[a]) & (payee == code[b])] = number
    mine = (result.outcome == Outcome.RATED) & (result.placed[3] == engine.names.find("agreement", scope.agreement))
    rows = np.flatnonzero(mine & (way >= 0) & (kind != TrafficClass.ON_NET))
    return Side(columns, result, rows, way[rows], scope.ways, len(columns) - rows.size)


# theirs


def their_side(engine: Engine, path: Path, how: ColumnMap, scope: Scope, limits: Limits) -> Side:
    """Read the other carrier's call file: NDJSON as call records, plain or compressed, or CSV by the map.

    Raises
    ------
    BadInput
        At the first record that is none, with its line, field and what is wrong with it.
    """
    kinds = None
    if path.name.endswith((".csv", ".csv.gz")):
        text, kinds = _csv(path, how)
    else:
        file = open_call_file(path)
        try:
            text = b"".join(chunk.buffer.tobytes() for chunk in file.chunks(0, 1 << 24))
        finally:
            file.close()
    buffer = np.frombuffer(text, np.uint8)
    columns = decode(buffer, *split_lines(buffer, 0, buffer.size), limits)
    wrong = np.flatnonzero((columns.verdict > 0) & (columns.verdict < _FILTERED))
    if wrong.size:
        row = int(wrong[0])
        line = 1 + int(np.count_nonzero(buffer[: int(columns.line_at[row])] == ord("\n"))) + (kinds is not None)
        fault, _, field = VERDICTS[int(columns.verdict[row])].partition(":")
        found = columns.cut("line", row)[:80].decode("utf-8", "replace")
        raise BadInput(f"found {found!r} ({fault}), expected a call record", file=path, line=line, field=field or None)
    return _side(engine, columns, scope, kinds)


def _csv(path: Path, how: ColumnMap) -> tuple[bytes, Ints]:
    """Return the rows of a CSV as call records, a line each, and the classes that they state; all by columns."""
    options = {
        "parse_options": pcsv.ParseOptions(delimiter=how.delimiter),
        "convert_options": pcsv.ConvertOptions(strings_can_be_null=False),
    }
    try:
        headings = pcsv.open_csv(path, **options).schema.names
        options["convert_options"] = pcsv.ConvertOptions(
            column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=False
        )
        table = pcsv.read_csv(path, **options)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", file=path) from error
    except pa.ArrowInvalid as error:
        raise BadInput(f"is no CSV: {error}", file=path) from error
    at = find_columns(headings, how.calls, _NEEDED, path)

    def column(name: str) -> pa.Array:
        return pc.utf8_trim_whitespace(table.column(at[name]).combine_chunks())

    connect = column("connect")
    whole = pc.match_substring_regex(connect, r"^-?[0-9]+$")
    fields = {
        "source": _quoted(column("source")) if "source" in at else pa.scalar('"theirs"'),
        "record_id": _quoted(column("record")) if "record" in at else _numbers(len(table)),
        "connect_time": pc.if_else(whole, connect, _quoted(connect)),
        "duration_ms": column("ms") if "ms" in at else _milliseconds(column("seconds"), path),
        "called": _quoted(column("called")),
        "calling": pc.if_else(pc.equal(column("calling"), ""), "null", _quoted(column("calling"))),
    }
    parts: list[Any] = []
    for number, (name, values) in enumerate(fields.items()):
        parts += [pa.scalar(f'{"," if number else "{"}"{name}":'), values]
    lines = pc.binary_join_element_wise(*parts, pa.scalar("}\n"), "")
    kinds = _kinds(column("class"), how, path) if "class" in at else np.zeros(len(table), np.int64)
    return "".join(lines.to_pylist()).encode(), kinds


def _quoted(values: pa.Array) -> pa.Array:
    """Return texts as JSON strings."""
    plain = pc.replace_substring(pc.replace_substring(values, "\\", "\\\\"), '"', '\\"')
    return pc.binary_join_element_wise('"', plain, '"', "")


def _numbers(count: int) -> pa.Array:
    return _quoted(pc.cast(pa.array(np.arange(1, count + 1)), pa.string()))


def _milliseconds(seconds: pa.Array, path: Path) -> pa.Array:
    """Return seconds, with up to three places, as whole milliseconds in text."""
    wrong = pc.invert(pc.match_substring_regex(seconds, r"^[0-9]{1,6}(\.[0-9]{1,3})?$"))
    if pc.any(wrong).as_py():
        row = pc.index(wrong, pa.scalar(value=True)).as_py()
        raise BadInput.found(
            seconds[row].as_py()[:60], "seconds as 90 or 90.5", file=path, line=row + 2, field="seconds"
        )
    exact = pc.cast(pc.cast(seconds, pa.decimal128(18, 3)), pa.decimal128(24, 3))
    return pc.cast(pc.cast(pc.multiply(exact, pa.scalar(1000, pa.decimal128(4, 0))), pa.int64()), pa.string())


def _kinds(words: pa.Array, how: ColumnMap, path: Path) -> Ints:
    coded = words.dictionary_encode()
    codes = []
    for word in coded.dictionary.to_pylist():
        kind = how.classes.get(word.casefold(), word.casefold())
        if kind and kind not in CLASSES:
            row = pc.index(words, pa.scalar(word)).as_py()
            raise BadInput.found(word[:60], one_of(kind, CLASSES), file=path, line=row + 2, field="class")
        codes.append(int(TrafficClass[kind.upper()]) if kind else 0)
    return np.array(codes, np.int64)[integers(coded.indices)]


# ours


def archived_side(engine: Engine, store: Store, scope: Scope, first: date, last: date) -> Side:
    """Return the archived calls of an agreement that stand, connected on some days or near them."""
    days = np.arange(np.datetime64(first - _MARGIN, "D"), np.datetime64(last + _MARGIN, "D") + 1)
    segments = manifest(store, sorted({str(day)[:7] for day in days.tolist()}))
    latest = Latest(engine, segments)
    begin, end = (int(day.astype("datetime64[ms]").astype(np.int64)) for day in (days[0], days[-1] + 1))
    found: list[pa.RecordBatch] = []
    for segment in segments:
        for rows in batches(segment):
            connect = integers(rows.column("connect_ms"))
            chosen = (connect >= begin) & (connect < end)
            chosen &= _is(rows.column("agreement"), scope.agreement) & _is(rows.column("outcome"), "rated")
            kept = rows.filter(pa.array(chosen))
            if kept.num_rows:
                _, fingerprint = latest.fingerprints(kept)
                found.append(kept.filter(pa.array(latest.stands(fingerprint, integers(kept.column("rev"))))))
    if not found:
        return _side(engine, _none(), scope)
    # Each segment has dictionaries of its own, and offsets of its own into them.
    table = pa.concat_tables([pa.Table.from_batches([rows]) for rows in found]).unify_dictionaries().combine_chunks()
    return _side(engine, columns_of(table.to_batches()[0]), scope)


def _is(column: pa.Array, word: str) -> NDArray[np.bool_]:
    """Return which rows have a word."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = coded.dictionary.to_pylist()
    rows: NDArray[np.bool_] = integers(coded.indices) == (words.index(word) if word in words else -2)
    return rows


def _none() -> Columns:
    empty = np.zeros(0, np.uint8)
    return decode(empty, np.zeros(0, np.int64), np.zeros(0, np.int64))
