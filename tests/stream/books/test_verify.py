"""Books that somebody changed past the program: every change is found and named, and sound books pass."""

from pathlib import Path

import pytest

from stream.books.tables import TRIGGERS
from tests.stream.books.worlds import Desk
from tests.stream.files.worlds import AGREEMENT, books, cli, ok, sql, tamper

CHAIN, SUMS, AS_ISSUED, INPUTS, AGAIN = (
    "hash chain of entries",
    "postings sum to zero",
    "statements as issued",
    "inputs of statements",
    "statements made again",
)
OF_INPUT = "sha256 = (select sha256 from statement_inputs where name = '{}' limit 1)"
CONTENT = "its hash is not that of its content, its statement's documents and the entry before it"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with two closed months, one of them trued up."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.traffic("2003-06-10", 8, 1)
    desk.traffic("2003-07-10", 10, 2)
    desk.close("2003-06", "2003-07-05")
    desk.close("2003-07", "2003-08-05")
    desk.traffic("2003-06-12", 1)
    desk.true_up("2003-08-06")
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """Return a copy of the desk, to change."""
    return made.copy(tmp_path)


def changed(desk: Desk, table: str, *statements: str) -> None:
    """Change a table that refuses it, and leave its triggers as they were."""
    mine = {name: words for name, words in TRIGGERS.items() if name.startswith(f"{table}_no_")}
    tamper(desk.folder, *(f"drop trigger {name}" for name in mine), *statements, *mine.values())


def entry(desk: Desk, seq: int) -> str:
    """Return an entry as the faults name it."""
    [(key,)] = sql(desk.folder, f"select key from entries where seq = {seq}")
    return f"entry {seq} ({key})"


def test_sound_books_pass(desk: Desk) -> None:
    assert desk.faults() == {}
    said = ok("ledger", "verify", "-w", desk.folder).out.splitlines()
    assert [line.split("  ")[0] for line in said] == ["ok"] * 8
    assert f"{CHAIN} (5)" in said[2]
    assert sql(desk.folder, "select count(*) from entries") == [(5,)]


def test_books_with_nothing_in_them_pass(tmp_path: Path) -> None:
    assert Desk(tmp_path).faults() == {}


@pytest.mark.parametrize(
    "table", ["statements", "inputs", "statement_inputs", "openings", "entries", "postings", "suspense_log"]
)
@pytest.mark.parametrize("verb", ["update {} set rowid = rowid", "delete from {}"])
def test_what_is_booked_refuses_every_change(desk: Desk, table: str, verb: str) -> None:
    before = books(desk.folder)
    changes = verb.format(table)
    rows = {
        "suspense_log": "1, 1, 'now', 'rated', 'recycle-1', null, null",
        "openings": "1, 'a/2003-06/opening', 'a', '2003-06', '', x'', 'now', 'me'",
    }
    if table in rows:
        changed(desk, table, f"insert into {table} values ({rows[table]})")
        before = books(desk.folder)
    with pytest.raises(Exception, match=f"{table} is append-only"):
        tamper(desk.folder, changes)
    assert books(desk.folder) == before


@pytest.mark.parametrize("name", list(TRIGGERS))
def test_a_missing_trigger_is_found(desk: Desk, name: str) -> None:
    tamper(desk.folder, f"drop trigger {name}")
    assert desk.faults() == {"append-only triggers": [f"trigger {name}: found nothing, expected what refuses a change"]}


def test_a_trigger_that_refuses_nothing_is_found(desk: Desk) -> None:
    weak = "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT 1; END"
    tamper(desk.folder, "drop trigger entries_no_update", weak)
    [fault] = desk.faults()["append-only triggers"]
    assert fault == f"trigger entries_no_update: found {weak}, expected what refuses a change"


@pytest.mark.parametrize(
    "change",
    [
        "cents = cents + 1", "units = '7'", "units = 'much'", "ms = ms + 1", "payer = 'tds'", "cause = 'late'",
        "line = line || 'x'", "clauses = '[]'", "clauses = '[', month = '2003-07'", "key = 'k'", "hash = 'f00'",
        f"previous = '{'0' * 63}1'",
    ],
)  # fmt: skip
def test_a_changed_entry_is_found_and_named(desk: Desk, change: str) -> None:
    changed(desk, "entries", f"update entries set {change} where seq = 2")
    found = desk.faults()
    assert f"{entry(desk, 2)}: {CONTENT}" in found[CHAIN]


def test_an_entry_changed_together_with_its_postings_and_hash_breaks_the_next_one(desk: Desk) -> None:
    changed(desk, "postings", "update postings set cents = 3 * cents where entry = 2")
    changed(desk, "entries", "update entries set cents = 3 * cents, hash = 'f00' where seq = 2")
    found = desk.faults()
    assert found[CHAIN] == [f"{entry(desk, seq)}: {CONTENT}" for seq in (2, 3)]
    [fault] = [fault for fault in found[AS_ISSUED] if "2003-06 no. 1" in fault]
    assert "its lines are not those that were booked, first of 1: sbc-kmc-wi/2003-06/sbc>kmc/" in fault


@pytest.mark.parametrize(
    ("change", "total"),
    [
        ("update postings set cents = cents + 1 where entry = 2 and side = 'debit'", "0.01"),
        ("update postings set account = 'mine' where entry = 2 and side = 'credit'", None),
        ("delete from postings where entry = 2 and side = 'credit'", "1.22"),
        ("delete from postings where entry = 2", None),
    ],
)
def test_a_changed_or_lost_posting_is_found_and_named(desk: Desk, change: str, total: str | None) -> None:
    changed(desk, "postings", change)
    found = desk.faults()
    expected = [f"{entry(desk, 2)}: postings are not its two sides"]
    assert found[SUMS] == expected + ([f"the ledger sums to {total}, expected 0.00"] if total else [])
    assert found[CHAIN] == [f"{entry(desk, 2)}: {CONTENT}"]


@pytest.mark.parametrize("seq", [1, 2, 3, 4, 5])
def test_a_lost_entry_is_found_wherever_it_stood(desk: Desk, seq: int) -> None:
    changed(desk, "entries", f"delete from entries where seq = {seq}")
    found = desk.faults()
    assert f"entry {seq}: it is gone, and its postings are there" in found[SUMS]
    assert AS_ISSUED in found
    assert (CHAIN in found) == (seq < 5)
    # With its postings gone too, its statement still says that it was booked.
    changed(desk, "postings", f"delete from postings where entry = {seq}")
    assert AS_ISSUED in desk.faults()


def test_a_lost_entry_of_no_money_is_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "")
    desk.traffic("2003-06-10", 1)
    desk.close("2003-06", "2003-07-05")
    assert sql(desk.folder, "select cents, ms from entries") == [(0, 3_600_000)]
    changed(desk, "entries", "delete from entries")
    changed(desk, "postings", "delete from postings")
    [fault] = desk.faults()[AS_ISSUED]
    assert "its lines are not those that were booked, first of 1" in fault


@pytest.mark.parametrize(
    ("number", "column", "change"),
    [
        (1, "body", "'x'"),
        (2, "body", "replace(body, '\"ms\"', '\"mz\"')"),
        (1, "assurance", "'{}'"),
        (2, "assurance", "'x'"),
    ],
)
def test_a_changed_document_is_found_and_named(desk: Desk, number: int, column: str, change: str) -> None:
    where = f"month = '2003-06' and number = {number}"
    changed(desk, "statements", f"update statements set {column} = cast({change} as blob) where {where}")
    found = desk.faults()
    booked = sql(desk.folder, f"select seq from entries join statements on statement = id where statements.{where}")
    assert found[CHAIN] == [f"{entry(desk, seq)}: {CONTENT}" for (seq,) in booked]
    if column == "body":
        assert found[AS_ISSUED] == [f"{AGREEMENT} 2003-06 no. {number}: its bytes are not those that were issued"]


def test_a_statement_changed_together_with_its_digest_breaks_its_entries(desk: Desk) -> None:
    body = b"{}\n"
    from hashlib import sha256  # noqa: PLC0415

    changed(
        desk, "statements",
        f"update statements set body = x'{body.hex()}', sha256 = '{sha256(body).hexdigest()}' where number = 2",
    )  # fmt: skip
    found = desk.faults()
    assert found[CHAIN] == [f"{entry(desk, 5)}: {CONTENT}"]
    assert found[AS_ISSUED] == [f"{AGREEMENT} 2003-06 no. 2: found no statement in its bytes"]


@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_statement_is_found_and_named(desk: Desk, number: int) -> None:
    where = f"month = '2003-06' and number = {number}"
    [(lost,)] = sql(desk.folder, f"select id from statements where {where}")
    changed(desk, "statements", f"delete from statements where {where}")
    found = desk.faults()
    [(first,)] = sql(desk.folder, f"select min(seq) from entries where statement = {lost}")
    assert f"{entry(desk, first)}: the statement that booked it is gone" in found[CHAIN]
    if number == 1:
        assert f"{AGREEMENT} 2003-06 no. 2: no. 1 is gone" in found[AS_ISSUED]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("inputs", f"delete from inputs where {OF_INPUT}"),
        ("inputs", f"update inputs set blob = x'789c0300' where {OF_INPUT}"),
        ("statement_inputs", "delete from statement_inputs where name = '{}'"),
    ],
)
def test_a_lost_or_changed_input_is_found_and_stops_a_true_up(desk: Desk, table: str, change: str) -> None:
    name = "reference/usage_history.csv"
    changed(desk, table, change.format(name))
    assert desk.faults() == {
        INPUTS: [
            f"{AGREEMENT} {month} no. {number}: {name}, which it was made with, is gone or changed"
            for month, number in (("2003-06", 1), ("2003-07", 1), ("2003-06", 2))
        ]
    }
    if table == "inputs":
        before = books(desk.folder)
        ran = desk.refused("true-up", "--as-known-at", "2003-08-06")
        assert (ran.code, f"is not there as it was: {name}" in ran.err) == (5, True)
        assert books(desk.folder) == before


def test_a_breach_of_conservation_is_found(desk: Desk) -> None:
    tamper(desk.folder, "update outcomes set records = records + 1")
    found = desk.faults()
    assert list(found) == ["conservation by source and hour of receipt"]


def test_usage_since_is_told_until_it_is_trued_up(desk: Desk) -> None:
    desk.traffic("2003-07-12", 1)
    ran = cli("ledger", "verify", "-w", desk.folder)
    assert ran.code == 1
    assert "FAULT statements made again (2)" in ran.out
    [fault] = desk.faults()[AGAIN]
    assert fault.startswith(f"{AGREEMENT} 2003-07 no. 1: directions, usage made again as known at 2003-08-05 differ")
    assert "(true-up books the difference)" in fault
    desk.true_up("2003-08-07")
    assert desk.faults() == {}
