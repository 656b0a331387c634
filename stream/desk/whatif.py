"""The same months under other terms or another reading, side by side; nothing is booked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from rating.codes import TrafficClass
from rating.facts import Facts, month_days
from rating.money import dollars_text
from rating.policy import shown
from rating.statement import statement
from rating.terms.lint import lint
from rating.terms.model import Instrument
from stream.books.store import Store
from stream.desk.variants import Choice, facts_of, net_of, net_to, otherwise, reading_in
from stream.errors import BadInput, WrongUsage
from stream.facts import make_facts
from stream.terms.load import load_file
from stream.workspace.load import Workspace

__all__ = ["COMPARED", "load_drafts", "what_if"]

COMPARED: Final = "amounts as billed: lines rounded to the cent, and sums of such lines"

_Sums = dict[tuple[str, str], int]
_Line = dict[str, Any]


def load_drafts(workspace: Workspace, paths: Iterable[Path]) -> tuple[Instrument, ...]:
    """Return the instruments of files that are tried, each checked among the workspace's own.

    Raises
    ------
    BadInput
        If a file is no instrument, or one that lint finds an error in.
    WrongUsage
        If two of them have one id.
    """
    drafts: dict[str, Instrument] = {}
    files: dict[str, Path] = {}
    for path in paths:
        draft = load_file(path)
        if draft.id in drafts:
            raise WrongUsage(f"--terms: found {draft.id!r} in {files[draft.id]} and {path}, expected each id once")
        drafts[draft.id], files[draft.id] = draft, path
    for finding in lint(otherwise(workspace, instruments=tuple(drafts.values())).instruments):
        if finding.severity == "error" and finding.instrument in drafts:
            where = f"clause {finding.clause}" if finding.clause else None
            raise BadInput(finding.message, file=files[finding.instrument], field=where)
    return tuple(drafts.values())


def what_if(
    workspace: Workspace,
    store: Store,
    agreements: Sequence[str],
    months: Sequence[str],
    *,
    instruments: Sequence[Instrument] = (),
    choices: Sequence[Choice] = (),
    as_known_at: date,
) -> dict[str, Any]:
    """Value months now, and as they would be under other instruments or readings.

    Parameters
    ----------
    agreements : sequence of str
        Those to value.
    months : sequence of str
        Of each agreement; none: every month in which it has usage.
    instruments : sequence of Instrument
        Added to the workspace's, or in the place of those of the same id.
    choices : sequence of Choice
        Readings in the place of those in force.
    as_known_at : date
        The day of what is known, for both sides.

    Returns
    -------
    dict
        As `schemas/analysis.md` lays it down; amounts are decimal strings, usage milliseconds.

    Raises
    ------
    RoundingNotKept
        If the other reading rounds by the call to a unit that the stored usage was not added up in.
    """
    variant = otherwise(workspace, instruments=instruments, choices=choices)
    names = store.names()
    now = make_facts(workspace, names, store, as_known_at)
    then = facts_of(variant, now)
    used: dict[str, list[str]] = {name: [] for name in agreements}
    for code, month in store.months():
        used.get(names.name("agreement", code), []).append(month)
    asked = {name: list(dict.fromkeys(months)) or used[name] for name in agreements}
    self_ = workspace.settings.company.self_
    compared = [_agreement(now, then, name, asked[name], self_) for name in agreements]
    return {
        "as_known_at": as_known_at.isoformat(),
        "compared": COMPARED,
        "terms": [_draft(workspace, then, draft, agreements) for draft in instruments],
        "policies": _policies(now, then, asked, choices),
        "agreements": [row for row in compared if row["months"]],
    }


def _draft(workspace: Workspace, then: Facts, draft: Instrument, agreements: Sequence[str]) -> dict[str, Any]:
    """Say what an instrument stands for, and which agreements know it."""
    return {
        "instrument": draft.id,
        "title": draft.title,
        "replaces": any(instrument.id == draft.id for instrument in workspace.instruments),
        "illustrative": draft.illustrative,
        "agreements": [name for name in agreements if draft.id in then.timeline(name).instruments],
        "why_not": ""
        if any(draft.id in then.timeline(name).instruments for name in agreements)
        else _silent(draft, then),
    }


def _silent(draft: Instrument, then: Facts) -> str:
    """Say why an instrument reaches none of the agreements."""
    if draft.domain == "corporate":
        return "it is a corporate document, which rates nothing"
    if draft.known_from is not None and draft.known_from > then.as_known_at:
        return f"it is signed on {draft.known_from} and not known at {then.as_known_at}"
    if draft.effective is None:
        return "it has no effective date"
    states = f" in {', '.join(draft.states)}" if draft.states else ""
    return f"it is between {' and '.join(draft.parties)}{states}, or waits for an approval that was refused"


def _policies(
    now: Facts, then: Facts, months: Mapping[str, Sequence[str]], choices: Sequence[Choice]
) -> list[dict[str, Any]]:
    """Return what is read otherwise, in the last of each agreement's months."""
    tried = dict.fromkeys(choice.name for choice in choices)
    return [
        {
            "agreement": agreement,
            "policy": name,
            "now": shown(reading_in(now, agreement, name, months[agreement][-1])[0]),
            "then": shown(reading_in(then, agreement, name, months[agreement][-1])[0]),
        }
        for agreement in months
        if months[agreement]
        for name in tried
        if any(choice.name == name and choice.agreement in (None, agreement) for choice in choices)
    ]


def _agreement(now: Facts, then: Facts, name: str, months: Sequence[str], self_: str | None) -> dict[str, Any]:
    parties = now.agreements[name]
    receiver = net_to(parties, self_)
    sums: tuple[_Sums, _Sums] = ({}, {})
    unpriced = {"now": 0, "then": 0}
    rows = []
    for month in months:
        row, month_sums = _month(now, then, name, month)
        row["net"] = _both(*(net_of(side, parties, receiver) for side in month_sums))
        rows.append(row)
        for way in row["directions"]:
            for when in unpriced:
                unpriced[when] += way["unpriced_ms"][when]
        for total, part in zip(sums, month_sums, strict=True):
            for who, cents in part.items():
                total[who] = total.get(who, 0) + cents
    return {
        "agreement": name,
        "net_to": receiver,
        "months": rows,
        "directions": [
            {"payer": payer, "payee": payee, **_both(*(side.get((payer, payee), 0) for side in sums))}
            for payer, payee in sorted({*sums[0], *sums[1]})
        ],
        "net": _both(*(net_of(side, parties, receiver) for side in sums)),
        "unpriced_ms": unpriced,
    }


def _both(now: int, then: int) -> dict[str, str]:
    """Return two sums of cents and their difference as decimal strings."""
    return {"now": dollars_text(now), "then": dollars_text(then), "difference": dollars_text(then - now)}


def _month(now: Facts, then: Facts, agreement: str, month: str) -> tuple[dict[str, Any], tuple[_Sums, _Sums]]:
    month_days(month)
    made = [statement(facts, agreement, month, status="provisional", digests={"terms": ""}) for facts in (now, then)]
    ways = [{(way["payer"], way["payee"]): way for way in document["directions"]} for document in made]
    sums: tuple[_Sums, _Sums] = ({}, {})
    directions = []
    for who in sorted({*ways[0], *ways[1]}):
        sides = [way.get(who) for way in ways]
        lines = [side["lines"] if side else [] for side in sides]
        for side, found in zip(sums, lines, strict=True):
            side[who] = sum(_cents(line) for line in found)
        if not any(lines):
            continue
        directions.append(
            {
                "payer": who[0],
                "payee": who[1],
                **_both(sums[0][who], sums[1][who]),
                "unpriced_ms": dict(zip(("now", "then"), map(_unpriced, lines), strict=True)),
                "presumption": _sides(sides, "presumption"),
                "cap": _sides(sides, "cap"),
                "lines": [_row(*pair) for pair in _paired(*lines)],
            }
        )
    row = {
        "month": month,
        "usage": bool(made[0]["usage"]),
        "directions": directions,
        "in_force": {"now": made[0]["in_force"], "then": made[1]["in_force"]},
    }
    return row, sums


def _sides(sides: Sequence[Mapping[str, Any] | None], part: str) -> dict[str, Any]:
    return {when: side[part] if side else None for when, side in zip(("now", "then"), sides, strict=True)}


def _unpriced(lines: Iterable[_Line]) -> int:
    """Return the milliseconds that no loaded instrument prices: they count as nothing, and are not nothing."""
    return sum(line["ms"] for line in lines if line["outcome"] == "terms_missing")


def _cents(line: _Line | None) -> int:
    return int(line["amount"].replace(".", "")) if line else 0


def _heading(line: _Line) -> tuple[Any, ...]:
    """Return what two lines share that are the same stretch of time under two prices."""
    return (line["class"], line["lata"], line["from"], line["through"], line["outcome"], line["reason"])


def _paired(now: Sequence[_Line], then: Sequence[_Line]) -> list[tuple[_Line | None, _Line | None]]:
    """Pair lines of the same name, then those of the same stretch, outcome and reason; the rest stands alone."""
    waiting = {line["line"]: line for line in then}
    pairs: list[tuple[_Line | None, _Line | None]] = []
    alone = []
    for line in now:
        same = waiting.pop(line["line"], None)
        if same is None:
            alone.append(line)
        else:
            pairs.append((line, same))
    for line in alone:
        match = next((other for other in waiting.values() if _heading(other) == _heading(line)), None)
        pairs.append((line, waiting.pop(match["line"]) if match is not None else None))
    pairs += [(None, line) for line in waiting.values()]
    return sorted(pairs, key=_order)


def _order(pair: tuple[_Line | None, _Line | None]) -> tuple[Any, ...]:
    line = pair[0] or pair[1]
    assert line is not None
    kind, *rest = _heading(line)
    return (TrafficClass[kind.upper()], *rest, pair[0] is None)


_KEPT: Final = (
    "line", "outcome", "reason", "calls", "ms", "billed_ms", "mou", "rate", "elements", "unrounded", "amount",
    "clauses", "illustrative",
)  # fmt: skip


def _row(now: _Line | None, then: _Line | None) -> dict[str, Any]:
    """Return one row: the stretch of time, both sides, and the difference."""
    line = now or then
    assert line is not None
    sides = [{key: side[key] for key in _KEPT if key in side} if side else None for side in (now, then)]
    return {
        "class": line["class"],
        "lata": line["lata"],
        "from": line["from"],
        "through": line["through"],
        "now": sides[0],
        "then": sides[1],
        "changed": sides[0] != sides[1],
        "difference": dollars_text(_cents(then) - _cents(now)),
    }
