"""A statement's lines as entries with two sides, and the chain that their hashes make."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from rating.ledger import GENESIS, Entry, Posting, chain_hash, entries_of, postings_of

LINES: tuple[dict[str, Any], ...] = (
    {"line": "a1", "ms": 60_000, "amount": "1.07", "clauses": ["x 1", "x 2"]},
    {"line": "b2", "ms": 1, "amount": "-12.30", "clauses": []},
    {"line": "c3", "ms": 7, "amount": "0.09", "clauses": ["x 3"]},
)
STATEMENT: dict[str, Any] = {
    "agreement": "one-two-wi",
    "month": "2004-07",
    "directions": [
        {"payer": "one", "payee": "two", "lines": [*LINES[:2]]},
        {"payer": "two", "payee": "one", "lines": [LINES[2]]},
    ],
}
UNITS = {"a1": 64_200, "b2": -738_000, "c3": 5}
FIRST = Entry(
    key="a1#4/close",
    agreement="one-two-wi",
    month="2004-07",
    line="a1",
    cause="close",
    payer="one",
    payee="two",
    ms=60_000,
    units=64_200,
    cents=107,
    clauses=("x 1", "x 2"),
)


def test_every_line_is_an_entry_in_the_statement_s_order() -> None:
    entries = entries_of(STATEMENT, UNITS, "close", 4)
    assert entries[0] == FIRST
    assert [(e.key, e.payer, e.payee, e.ms, e.units, e.cents, e.clauses) for e in entries[1:]] == [
        ("b2#4/close", "one", "two", 1, -738_000, -1230, ()),
        ("c3#4/close", "two", "one", 7, 5, 9, ("x 3",)),
    ]


def test_a_debt_is_somebody_s_claim_and_the_two_sum_to_zero() -> None:
    assert postings_of(FIRST) == (
        Posting("debit", "one-two-wi:one:payable:two", 107),
        Posting("credit", "one-two-wi:two:receivable:one", -107),
    )


def test_a_hash_covers_the_entry_its_statement_and_the_one_before() -> None:
    sides = postings_of(FIRST)
    body = (
        f'["{GENESIS}",1,"dead","a1#4/close","one-two-wi","2004-07","a1","close","one","two","60000","64200","107",'
        '["x 1","x 2"],["debit","one-two-wi:one:payable:two","107"],["credit","one-two-wi:two:receivable:one","-107"]]'
    )
    found = chain_hash(GENESIS, 1, FIRST, sides, "dead")
    assert found == sha256(body.encode()).hexdigest()
    others = {
        chain_hash(found, 1, FIRST, sides, "dead"),
        chain_hash(GENESIS, 2, FIRST, sides, "dead"),
        chain_hash(GENESIS, 1, replace(FIRST, units=64_201), sides, "dead"),
        chain_hash(GENESIS, 1, FIRST, postings_of(replace(FIRST, cents=108)), "dead"),
        chain_hash(GENESIS, 1, FIRST, sides, "beef"),
    }
    assert len(others - {found}) == 5
