"""What holds of the books of any world, in whatever order its files, events, closes and true-ups come."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from stream.books.verify import verify
from tests.driving import drive
from tests.stream.books.playing import play, played_at_random
from tests.stream.books.worlds import balance_of, lines_of
from tests.stream.files.worlds import sql
from tests.world_events import KNOWN
from tests.worlds import FAR, World, worlds

SAID = ("directions", "net", "usage", "exceptions", "in_force", "notes")


def _at_once(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the statements of a world that was rated in one file, with every event told before."""
    with play(world) as played:
        played.tell(list(played.world.events))
        played.rate(list(world.lines))
        return played.statements(FAR)


@settings(max_examples=15)
@given(world=worlds(conflicts=False), seed=st.integers(0, 2**32))
def test_the_order_in_which_things_come_changes_no_balance(world: World, seed: int) -> None:
    with play(world) as played:
        played_at_random(played, Random(seed))
        note("\n".join(played.done))
        fresh = _at_once(world)
        for (agreement, month), document in fresh.items():
            assert balance_of(played.folder, agreement, month) == lines_of(document)
        assert sql(played.folder, "select entry from postings group by 1 having sum(cents) or count(*) != 2") == []
        booked = {tuple(row) for row in sql(played.folder, "select distinct agreement, month from statements")}
        assert booked == {*fresh}
        with played.store() as store:
            assert [check for check in verify(played.workspace, store) if check.faults] == []
        # Played again, nothing is left to book.
        entries = sql(played.folder, "select count(*) from statements")
        played.true_up(FAR)
        assert sql(played.folder, "select count(*) from statements") == entries


def _lines(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(d["payer"], d["payee"], line) for d in document["directions"] for line in d["lines"]]


@settings(max_examples=25)
@given(world=worlds())
def test_a_classs_minutes_over_all_outcomes_are_its_usage(world: World) -> None:
    with drive(world) as driven:
        for month in world.months:
            for known in world.known:
                for document in driven.statements(month, known).values():
                    of_lines: dict[Any, int] = defaultdict(int)
                    for payer, payee, line in _lines(document):
                        of_lines[line["class"], payer, payee] += line["ms"]
                    usage = {(row["class"], row["payer"], row["payee"]): row["ms"] for row in document["usage"]}
                    assert {k: ms for k, ms in of_lines.items() if ms} == {k: ms for k, ms in usage.items() if ms}


@settings(max_examples=25)
@given(world=worlds(), limit=st.integers(0, 40_000_000))
def test_what_is_payable_of_a_year_never_exceeds_its_cap(world: World, limit: int) -> None:
    agreements = [row["agreement"] for row in world.tables["agreements"] or ()]
    history = [
        {"agreement": name, "payee": "kmc", "period": "2001-Q1", "isp_ms": str(limit)}
        for name in agreements
        if "kmc" in name
    ]
    with drive(replace(world, tables={**world.tables, "usage_history": history})) as driven:
        payable: dict[Any, int] = defaultdict(int)
        limits: dict[Any, set[int]] = defaultdict(set)
        for month in sorted({month for _, month in driven.store.months()}):
            for name, document in driven.statements(month, FAR).items():
                for direction in document["directions"]:
                    if direction["cap"] is None:
                        continue
                    key = (name, month[:4], direction["payee"])
                    limits[key].add(direction["cap"]["limit_ms"])
                    payable[key] += sum(
                        line["ms"]
                        for line in direction["lines"]
                        if (line["outcome"], line["reason"]) == ("compensable", "isp")
                        and line["class"] != "optional_eas"
                    )
        for key, ms in payable.items():
            [of_year] = limits[key]
            assert ms <= of_year


def _later(world: World, known: date) -> World:
    """Return the world with its events, and more of its kind, as if they had become known only after a day."""
    after = str(known + timedelta(days=1))
    name = next(row["agreement"] for row in world.tables["agreements"] or ())
    more: list[dict[str, Any]] = [
        {"id": "z1", "event": "policy_set", "policy": "virtual_fx_in_ratio", "value": False, "by": "b", "reason": "r"},
        {"id": "z2", "event": "ica_ended", "agreement": name},
        {"id": "z3", "event": "approved", "instrument": "base", "state": name[-2:].upper(), "agreement": name},
    ]
    return replace(world, events=[*world.events, *({**event, "on": "2003-06-10", "known_at": after} for event in more)])


@settings(max_examples=20)
@given(world=worlds(), known=st.sampled_from(KNOWN))
def test_what_becomes_known_later_changes_no_statement_as_known_before(world: World, known: date) -> None:
    own = 'id = "own"\ntitle = "t"\ndomain = "traffic"\nsource = "s"\nparties = ["sbc", "kmc"]\n'
    own += 'states = ["WI", "TX", "CA", "MO"]\neffective = 2003-01-01\nsupersedes = ["sbc-kmc-second"]\n'
    own += f"signed = {{ sbc = 2003-01-01, kmc = {known + timedelta(days=1)} }}\n"
    own += '[[clause]]\nref = "1"\nsays = "Local minutes cost a cent."\n'
    own += 'effects = [{ effect = "rate", traffic = "local", per_minute = "0.01" }]\n'
    with play(world) as played:
        played.rate(list(world.lines))
        played.tell(list(played.world.events))
        before = played.statements(known)
        for month in sorted({month for _, month in before}):
            played.close(month, known)
        issued = sql(played.folder, "select agreement, month, number, body from statements")
        played.tell([*_later(world, known).events][len(world.events) :])
        (played.folder / "terms" / "own.toml").write_text(own)
        after = played.statements(known)
        assert {pair: [d[part] for part in SAID] for pair, d in after.items()} == {
            pair: [d[part] for part in SAID] for pair, d in before.items()
        }
        played.true_up(known)
        assert sql(played.folder, "select agreement, month, number, body from statements") == issued
        played.true_up(FAR)
        assert sql(played.folder, "select agreement, month, number, body from statements where number = 1") == issued
