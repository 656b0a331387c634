"""A statement: one agreement, one month, every line with its clause. Nothing of receipt is in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rating.advisories.collect import advisories
from rating.codes import PriceReason, Settlement, TrafficClass, name_of
from rating.disclosure import originators
from rating.facts import Facts, month_days
from rating.isp import Capped
from rating.lines import Line
from rating.money import MS_PER_MINUTE, cents, dollars_text, unrounded_text
from rating.month import Row
from rating.rounding import rounding_of
from rating.settle import Direction, Settled, settle
from rating.sums import month_rows
from rating.terms.tariff import rate_text
from rating.transit import arrangements_missing, on_net_on_trunk

__all__ = ["FORMAT_VERSION", "line_id", "statement"]

FORMAT_VERSION: Final = 1
_MOU_PLACES: Final = 6


def line_id(agreement: str, month: str, payer: str, payee: str, line: Line) -> str:
    """Return the name of a line, the same whenever the statement is made again."""
    words = (
        agreement,
        month,
        f"{payer}>{payee}",
        name_of(line.traffic_class),
        name_of(line.outcome),
        _reason(line),
        line.lata or "-",
        line.first.isoformat(),
        _price_name(line),
    )
    return "/".join(words)


def _price_name(line: Line) -> str:
    """Return which price it is: unidentified time can have two in one LATA, its class's and access."""
    if line.tariff is None:
        return "-"
    tier = f">{line.tariff.over_ms // MS_PER_MINUTE}" if line.tariff.over_ms else ""
    clauses = "+".join(dict.fromkeys(element.clause for element in line.tariff.elements))
    return f"{line.tariff.instrument}:{clauses}{tier}"


def _reason(line: Line) -> str:
    return line.reason if isinstance(line.reason, str) else name_of(line.reason)


def mou(ms: int) -> str:
    """Write milliseconds as minutes of use to six places, half even: for people, `ms` is for programs."""
    scaled, rest = divmod(abs(ms) * 10**_MOU_PLACES, MS_PER_MINUTE)
    if rest * 2 > MS_PER_MINUTE or (rest * 2 == MS_PER_MINUTE and scaled % 2):
        scaled += 1
    whole, part = divmod(scaled, 10**_MOU_PLACES)
    return f"{'-' if ms < 0 else ''}{whole}.{part:0{_MOU_PLACES}d}"


def _elements(line: Line) -> list[dict[str, Any]]:
    """Return the elements of a price with what each was charged for."""
    assert line.tariff is not None
    out = []
    for element in line.tariff.elements:
        covered = [usage for bucket, usage in line.usage.items() if element.covers(bucket)]
        calls, ms = sum(c for c, _ in covered), sum(m for _, m in covered)
        row: dict[str, Any] = {"element": element.name, "clause": f"{line.tariff.instrument} {element.clause}"}
        if element.per_minute:
            row |= {"per_minute": rate_text(element.per_minute), "ms": ms}
        if element.per_call:
            row |= {"per_call": rate_text(element.per_call), "calls": calls}
        out.append(row)
    return out


def _line(agreement: str, month: str, direction: Direction, line: Line) -> dict[str, Any]:
    row: dict[str, Any] = {
        "line": line_id(agreement, month, direction.payer, direction.payee, line),
        "class": name_of(line.traffic_class),
        "outcome": name_of(line.outcome),
        "reason": _reason(line),
        "lata": line.lata,
        "from": line.first.isoformat(),
        "through": line.last.isoformat(),
        "calls": line.calls,
        "ms": line.ms,
        "mou": mou(line.ms),
        "rate": None,
        "unrounded": unrounded_text(line.units),
        "amount": dollars_text(cents(line.units)),
        "clauses": list(line.clauses),
        "illustrative": line.tariff is not None and line.tariff.illustrative,
    }
    if line.tariff is not None:
        if line.tariff.counted:
            row["tier"] = {"of": line.tariff.counted, "over_minutes": line.tariff.over_ms // MS_PER_MINUTE}
        if line.billed_ms != line.ms:
            row["billed_ms"] = line.billed_ms
        if line.tariff.plain is not None:
            row["rate"] = rate_text(line.tariff.plain)
        else:
            row["elements"] = _elements(line)
    return row


def _cap(capped: Capped) -> dict[str, Any]:
    row: dict[str, Any] = {
        "year": capped.year,
        "limit_ms": capped.limit.ms,
        "used_before_ms": capped.use.before_ms,
        "used_ms": capped.use.ms,
        "assumed": capped.limit.assumed,
    }
    if capped.period != f"{capped.year}":
        row["period"] = capped.period
    if capped.latas:
        row["latas"] = [
            {"lata": lata, "limit_ms": capped.limit.ms, "used_before_ms": used.before_ms, "used_ms": used.ms}
            for lata, used in capped.latas.items()
        ]
    return row


def _direction(agreement: str, month: str, direction: Direction) -> dict[str, Any]:
    isp, capped = direction.isp, direction.capped
    return {
        "payer": direction.payer,
        "payee": direction.payee,
        "presumption": None
        if isp is None
        else {
            "method": isp.method,
            "t_ms": isp.t_ms,
            "o_ms": isp.o_ms,
            "isp_ms": isp.isp_ms if isp.method != "none" else 0,
        },
        "cap": None if capped is None else _cap(capped),
        "lines": [_line(agreement, month, direction, line) for line in direction.lines],
        "total": dollars_text(sum(cents(line.units) for line in direction.lines)),
    }


def _net(facts: Facts, settled: Settled) -> dict[str, Any] | None:
    """Return who owes whom on balance: a memo, both directions are billed gross (SA 6)."""
    parties = facts.agreements[settled.agreement]
    owed: dict[str, int] = {parties.party_a: 0, parties.party_b: 0}
    for direction in settled.directions:
        if {direction.payer, direction.payee} == set(owed):
            owed[direction.payer] += sum(cents(line.units) for line in direction.lines)
    balance = owed[parties.party_a] - owed[parties.party_b]
    payer = parties.party_a if balance >= 0 else parties.party_b
    payee = parties.party_b if balance >= 0 else parties.party_a
    return {"payer": payer, "payee": payee, "amount": dollars_text(abs(balance))}


def _usage(facts: Facts, agreement: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return calls and time of every class and direction; calls count once, on the day of connect."""
    incumbent = facts.names.find("party", facts.agreements[agreement].incumbent)
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if row.traffic_class is TrafficClass.ON_NET:
            continue
        payer, payee = row.originator, row.terminator
        if row.traffic_class is TrafficClass.TRANSIT:
            payee = incumbent
        elif row.traffic_class is TrafficClass.ORIGINATING_8YY:
            payer, payee = payee, payer
        key = (name_of(row.traffic_class), facts.names.name("party", payer), facts.names.name("party", payee))
        sums[key][0] += row.calls
        sums[key][1] += row.ms
        sums[key][2] += row.ms if row.voip else 0
    out = []
    for (kind, payer_name, payee_name), (calls, ms, voip) in sorted(sums.items()):
        line: dict[str, Any] = {
            "class": kind,
            "payer": payer_name,
            "payee": payee_name,
            "calls": calls,
            "ms": ms,
            "mou": mou(ms),
        }
        if voip:
            line["tags"] = {"reserved_voip": {"ms": voip}}
        out.append(line)
    return out


def _terms(facts: Facts, settled: Settled) -> list[dict[str, Any]]:
    """Return the instruments behind the month by rate sub-period, and what is provisional about them."""
    first, last = month_days(settled.month)
    subs = facts.timeline(settled.agreement).subperiods(first, last)
    return [
        {
            "from": start.isoformat(),
            "through": end.isoformat(),
            "in_force": list(interval.in_force),
            "provisional": list(interval.provisional),
        }
        for (start, end), interval in zip(subs, settled.intervals, strict=True)
    ]


def _notes(facts: Facts, settled: Settled) -> list[str]:
    """Return what a reader has to know before he takes a line for more than it is."""
    parties = facts.agreements[settled.agreement]
    notes = []
    if any(facts.kinds[name] == "cmrs" for name in (parties.party_a, parties.party_b)):
        notes.append("a party is a CMRS carrier: local for it is intraMTA (47 CFR 51.701(b)(2)), which is not modelled")
    lines = [line for direction in settled.directions for line in direction.lines]
    if any(line.outcome is Settlement.TERMS_MISSING for line in lines):
        notes.append(
            "lines with outcome terms_missing are counted and not priced: no loaded instrument has their price"
        )
    if any(line.tariff is not None and line.tariff.illustrative for line in lines):
        notes.append("lines marked illustrative have invented prices")
    rounding = rounding_of(facts, settled.agreement, settled.month)
    if rounding.kind != "exact":
        notes.append(
            f"time is billed by {rounding}: billed_ms is what a line's rate is for, ms what was measured; "
            "ratio, cap and usage are of measured time"
        )
    if any(line.reason is PriceReason.UNIDENTIFIED for line in lines):
        notes.append("unidentified traffic is priced by the policy of the agreement, outside ratio and cap")
    return notes


def statement(
    facts: Facts,
    agreement: str,
    month: str,
    *,
    status: str,
    digests: Mapping[str, str],
    settled: Settled | None = None,
) -> dict[str, Any]:
    """Make an agreement's statement of a month.

    Parameters
    ----------
    facts : Facts
        Cells, terms, events, policies and tables as known on a day.
    status : {"provisional", "closed"}
    digests : mapping
        What the statement was made from, by digest; ``terms`` among them.
    settled : Settled, optional
        The month as settled under these facts, where the caller has it.

    Returns
    -------
    dict
        As CONTRACTS ("Statement") lays it down; amounts and rates are decimal strings.
    """
    settled = settled or settle(facts, agreement, month)
    rows = month_rows(facts, agreement, month)
    directions = [_direction(agreement, month, direction) for direction in settled.directions] if rows else []
    return {
        "v": FORMAT_VERSION,
        "agreement": agreement,
        "month": month,
        "as_known_at": facts.as_known_at.isoformat(),
        "status": status,
        "terms": digests["terms"],
        "directions": directions,
        "net": _net(facts, settled),
        "usage": _usage(facts, agreement, rows),
        "originators": originators(facts, agreement, month),
        "exceptions": [*arrangements_missing(facts, agreement, month), *on_net_on_trunk(facts, rows)],
        "advisories": advisories(facts, settled),
        "in_force": _terms(facts, settled),
        "notes": _notes(facts, settled),
        "digests": dict(digests),
    }
