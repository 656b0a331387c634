"""An agreement's month as a statement (DOMAIN sections 5-10)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from tests.naive.decide import Decision
from tests.naive.eligibility import Eligibility
from tests.naive.isp import (
    TCLT,
    CapUse,
    IspTime,
    Piece,
    Slot,
    base_classes,
    cap_use,
    capped,
    is_new_market,
    isp_time,
    method,
    payable,
    pieces_of,
)
from tests.naive.midnights import month_of
from tests.naive.rounding import GATES, Billed, billed
from tests.naive.shares import amount, apportion, cents, charge
from tests.naive.terms import Terms
from tests.naive.unidentified import unidentified_parts
from tests.naive.world import FOREVER, World, in_force

BELOW_RATIO = {"local": "local", "virtual_fx": "virtual_fx", "mandatory_eas": "eas", "optional_eas": "optional_eas"}
"""The reason under which each class waits for the base agreement's price."""


class Price(NamedTuple):
    """What a line says of its money; `rate` is dollars a minute, None where nothing is priced."""

    outcome: str
    reason: str | None
    rate: str | None = None


Lines = Counter[tuple[str, str, str, int, str, Price]]
"""ms by (payer, payee, class, sub-period, LATA, price)."""


Way = Counter[tuple[str, int, str, Price]]
"""The same of one direction."""


def statements(
    world: World, decisions: Sequence[Decision], month: str, as_known_at: date | None = None
) -> dict[str, dict[str, Any]]:
    """Return every agreement's statement of a month."""
    return {name: statement(world, decisions, name, month, as_known_at) for name in world.agreements}


def statement(
    world: World, decisions: Sequence[Decision], agreement: str, month: str, as_known_at: date | None = None
) -> dict[str, Any]:
    """Return one statement, with the keys that the conformance cases compare.

    Parameters
    ----------
    decisions : sequence of Decision
        All that was ever decided: caps and DEOT read months before.
    month : str
        As ``2003-06``.
    as_known_at : date or None
        None knows everything that is loaded.

    """
    terms = Terms(world, agreement, as_known_at or FOREVER)
    calls = [d for d in decisions if d.outcome == "rated" and d.agreement == agreement]
    pieces = pieces_of(terms, calls, month)
    lines: Lines = Counter()
    gates = Eligibility(terms, calls)
    memos: dict[str, tuple[IspTime, CapUse | None]] = {}
    for payee in (terms.row["party_a"], terms.row["party_b"]):
        payer = (terms.parties - {payee}).pop()
        found = isp_time(terms, [p for p in pieces if terms.xa_prices(p.day)], payee)
        cap = cap_use(terms, calls, month, payee)
        memos[payer] = found, cap
        own = [p for p in pieces if (p.call.payer, p.call.payee) == (payer, payee)]
        for part in (_isp_lines(terms, month, found, cap), _compensable_lines(gates, month, own, payee, found)):
            lines.update({(payer, payee, *key): ms for key, ms in part.items()})
    lines.update(_other_lines(pieces))
    to_bill = billed(gates, pieces)
    unidentified = _unidentified_lines(terms, calls, pieces, month, to_bill)
    lines.update({key: ms for key, (ms, _) in unidentified.items()})
    paid_for = _billed_lines(terms, month, lines, to_bill)
    paid_for.update({key: ms for key, (_, ms) in unidentified.items()})
    xa_provisional, sa_provisional = terms.provisional(month)
    return {
        "agreement": agreement,
        "month": month,
        "directions": _directions(terms, month, lines, paid_for, memos),
        "usage": _usage(calls, pieces, month),
        "exceptions": _exceptions(terms, calls, pieces, month) + _on_net(decisions, agreement, month),
        "xa_provisional": xa_provisional,
        "sa_provisional": sa_provisional,
    }


def _isp_lines(terms: Terms, month: str, found: IspTime, cap: CapUse | None) -> Way:
    """Price ISP-bound time: new markets out first, then the cap in date order (XA 2.2-2.4)."""
    out: Way = Counter()
    subs = terms.sub_periods(month)
    reckoned = capped(terms, month, found) if cap else Counter[Slot]()
    left = cap.limit_ms - cap.used_before_ms if cap and cap.limit_ms is not None else None
    paid = payable(reckoned, left)
    for slot, ms in found.by_slot.items():
        first = subs[slot.sub][0]
        rate = terms.isp_rate(first)
        priced = Price("compensable", "isp", rate) if rate else Price("terms_missing", "isp")
        if slot.cls != "optional_eas" and is_new_market(terms, slot.lata, first):
            parts = {Price("bill_and_keep", "new_market"): ms}
        elif slot in reckoned:
            parts = {priced: paid[slot], Price("bill_and_keep", "over_cap"): ms - paid[slot]}
        else:
            parts = {priced: ms}
        for price, part in parts.items():
            out[slot.cls, slot.sub, slot.lata, price] += part
    return out


def _compensable_lines(gates: Eligibility, month: str, pieces: Sequence[Piece], payee: str, found: IspTime) -> Way:
    """Price what is left of the four classes after ISP: by SA with its gates, else by the base agreement."""
    out: Way = Counter()
    terms, subs = gates.terms, gates.terms.sub_periods(month)
    widened = terms.switch("isp_outside_local")
    gated: dict[Slot, Counter[str]] = {}
    for p in pieces:
        call = p.call
        if call.cls not in (*TCLT, "intralata_toll"):
            continue
        slot = Slot(p.sub, call.lata, call.cls)
        under_sa = terms.sa_prices(p.day)
        if call.cls == "intralata_toll" and not (widened and call.isp and under_sa):
            out[call.cls, p.sub, call.lata, Price("terms_missing", "switched_access")] += p.ms
            continue
        gate = gates.gate(call, p.day) if under_sa and payee == gates.payee else "entitled"
        gated.setdefault(slot, Counter())[gate] += p.ms
    for slot, parts in gated.items():
        first = subs[slot.sub][0]
        rest = parts.total() - found.by_slot[slot]
        for gate, share in zip(GATES, apportion(rest, [parts[gate] for gate in GATES]), strict=True):
            price = below_ratio(terms, first, slot.cls) if gate == "entitled" else Price("not_entitled", gate)
            out[slot.cls, slot.sub, slot.lata, price] += share
    return out


def below_ratio(terms: Terms, day: date, cls: str) -> Price:
    """Return the price of entitled time of a class that is not ISP-bound, in the sub-period of a day."""
    if terms.sa_prices(day) and (cls in TCLT or terms.switch("isp_outside_local")):
        rate = terms.sa_rate(day)
        return Price("compensable", "tclt", rate) if rate else Price("terms_missing", "tclt")
    rate = terms.below_ratio_rate(day) if cls in base_classes(terms) else None
    reason = BELOW_RATIO[cls]
    return Price("compensable", reason, rate) if rate else Price("terms_missing", reason)


def _other_lines(pieces: Sequence[Piece]) -> Lines:
    """Show what is excluded, and what waits for a tariff or the base agreement (SA 5.2.1-5.2.4)."""
    prices = {
        "transit": Price("terms_missing", "transit"),
        "originating_8yy": Price("terms_missing", "switched_access"),
        "interlata_toll": Price("excluded", "meet_point_billing"),
        "ixc_intralata_toll": Price("excluded", "meet_point_billing"),
    }
    out: Lines = Counter()
    for p in pieces:
        if p.call.cls in prices:
            out[p.call.payer, p.call.payee, p.call.cls, p.sub, p.call.lata, prices[p.call.cls]] += p.ms
    return out


def _unidentified_lines(
    terms: Terms, calls: Sequence[Decision], pieces: Sequence[Piece], month: str, to_bill: Billed
) -> dict[tuple[str, str, str, int, str, Price], tuple[int, int]]:
    """Price unidentified time as the class it is spread to, below the ratio and without gates; (ms, billed ms)."""
    out: dict[tuple[str, str, str, int, str, Price], tuple[int, int]] = {}
    subs = terms.sub_periods(month)
    for part, (ms, bill) in unidentified_parts(terms, calls, pieces, month, to_bill).items():
        price = Price("terms_missing", "unidentified")
        if part.as_class != "intralata_toll":
            price = below_ratio(terms, subs[part.sub][0], part.as_class)._replace(reason="unidentified")
        key = (part.payer, part.payee, "unidentified", part.sub, part.lata, price)
        before = out.get(key, (0, 0))
        out[key] = before[0] + ms, before[1] + bill
    return out


def _billed_lines(terms: Terms, month: str, lines: Lines, to_bill: Billed) -> Lines:
    """Return what each line is billed for: where a rule split its time, rounded time is split in proportion."""
    out: Lines = Counter()
    subs = terms.sub_periods(month)
    pots: dict[tuple[str, str, str, int, str], Counter[tuple[str, bool]]] = {}
    for (pot, _), ms in to_bill.items():
        if pot.cls == "unidentified":
            continue  # spread by group, with the time
        where = (pot.payer, pot.payee, pot.cls, pot.sub, pot.lata)
        pots.setdefault(where, Counter())[pot.gate, pot.widened] += ms
    for where, by_gate in pots.items():
        payer, payee, cls, sub, _ = where
        mine = {key[5]: ms for key, ms in lines.items() if key[:5] == where}
        weighed = {payer, payee} == terms.parties and terms.xa_prices(subs[sub][0]) and cls in base_classes(terms)
        if weighed:
            out.update({(*where, price): ms for price, ms in _in_proportion(mine, by_gate.total()).items()})
            continue
        for (gate, widened), ms in by_gate.items():
            out[*where, _price_of(mine, gate, cls, widened=widened)] += ms
    return out


def _in_proportion(mine: dict[Price, int], total: int) -> Counter[Price]:
    """Split billed time as presumption, new markets and cap split measured time, then as gates split the rest."""
    first = {
        reason: [price for price in mine if price.reason == reason] for reason in ("isp", "over_cap", "new_market")
    }
    rest = [price for price in mine if price.reason not in first]
    rest.sort(key=lambda price: GATES.index(price.reason) if price.reason in GATES else 0)
    weights = [sum(mine[price] for price in prices) for prices in (*first.values(), rest)]
    out: Counter[Price] = Counter()
    for prices, share in zip((*first.values(), rest), apportion(total, weights), strict=True):
        out.update(dict(zip(prices, apportion(share, [mine[price] for price in prices]), strict=True)))
    return out


def _price_of(mine: dict[Price, int], gate: str, cls: str, *, widened: bool) -> Price:
    """Return the price under which the time of a gate stands, where no rule divides it."""
    if gate != "entitled":
        return next(price for price in mine if price.reason == gate)
    open_ = [price for price in mine if price.reason not in GATES]
    if cls == "intralata_toll" and len(open_) > 1:
        return next(price for price in open_ if (price.reason == "tclt") == widened)
    return open_[0]


def _directions(
    terms: Terms, month: str, lines: Lines, paid_for: Lines, memos: dict[str, tuple[IspTime, CapUse | None]]
) -> list[dict[str, Any]]:
    subs = terms.sub_periods(month)
    by_group = terms.switch("rounding") == "trunk_group_month_up"
    pairs = {(payer, (terms.parties - {payer}).pop()) for payer in memos} | {key[:2] for key in lines}
    out = []
    for payer, payee in sorted(pairs):
        rows: list[dict[str, Any]] = []
        total = 0
        for key, ms in sorted(lines.items(), key=str):
            if key[:2] != (payer, payee) or not (ms or paid_for[key]):
                continue
            _, _, cls, sub, lata, price = key
            parts = [(price.reason, ms, ms if by_group else paid_for[key])]
            if by_group and price.rate and paid_for[key] != ms:  # the difference is its own line
                parts.append(("rounding", 0, paid_for[key] - ms))
            for reason, measured, bill in parts:
                dollars = charge(bill, price.rate) if price.rate else Fraction(0)
                total += cents(dollars)
                rows.append(
                    {
                        "class": cls,
                        "outcome": price.outcome,
                        "reason": reason,
                        "lata": lata,
                        "from": subs[sub][0].isoformat(),
                        "through": subs[sub][1].isoformat(),
                        "ms": measured,
                        "rate": price.rate,
                        "unrounded": str(dollars),
                        "amount": amount(cents(dollars)),
                    }
                )
        own = {payer, payee} == terms.parties
        found, cap = memos[payer] if own else (IspTime(), None)
        how = method(terms, month, payee) if own else "none"
        figures = (found.t_ms, found.o_ms, found.isp_ms) if how != "none" else (0, 0, 0)
        out.append(
            {
                "payer": payer,
                "payee": payee,
                "presumption": {"method": how, **dict(zip(("t_ms", "o_ms", "isp_ms"), figures, strict=True))}
                if own
                else None,
                "cap": cap.__dict__ if cap else None,
                "lines": rows,
                "total": amount(total),
            }
        )
    return out


def _usage(calls: Sequence[Decision], pieces: Sequence[Piece], month: str) -> list[dict[str, Any]]:
    """Count calls on the day of connect, time on the day of use."""
    count: Counter[tuple[str, str, str]] = Counter()
    ms: Counter[tuple[str, str, str]] = Counter()
    for call in calls:
        if call.connect_day and month_of(call.connect_day) == month:
            count[call.cls, call.payer, call.payee] += 1
    for p in pieces:
        ms[p.call.cls, p.call.payer, p.call.payee] += p.ms
    return [
        {"class": key[0], "payer": key[1], "payee": key[2], "calls": count[key], "ms": ms[key]}
        for key in sorted({*count, *ms})
    ]


def _exceptions(terms: Terms, calls: Sequence[Decision], pieces: Sequence[Piece], month: str) -> list[dict[str, Any]]:
    """Name transit to third parties with whom its originator has no arrangement (A1 66.2.1)."""
    rows = terms.world.known("arrangements", terms.as_known_at)
    if rows is None:
        return []

    def missing(call: Decision, day: date) -> bool:
        return (
            call.cls == "transit"
            and call.orig in terms.parties
            and terms.duty(day)
            and terms.world.kinds.get(call.term) != "ixc"
            and not any(
                (row["originator"], row["third_party"], row["state"]) == (call.orig, call.term, terms.row["state"])
                and in_force(row, day)
                for row in rows
            )
        )

    count: Counter[tuple[str, str]] = Counter()
    ms: Counter[tuple[str, str]] = Counter()
    for call in calls:
        if call.connect_day and month_of(call.connect_day) == month and missing(call, call.connect_day):
            count[call.orig, call.term] += 1
    for p in pieces:
        if missing(p.call, p.day):
            ms[p.call.orig, p.call.term] += p.ms
    return [
        {"code": "arrangement_missing", "originator": o, "third_party": t, "calls": count[o, t], "ms": ms[o, t]}
        for o, t in sorted({*count, *ms})
    ]


def _on_net(decisions: Sequence[Decision], agreement: str, month: str) -> list[dict[str, Any]]:
    """Name calls within one party that came over the agreement's trunk groups (section 2)."""
    count: Counter[str] = Counter()
    ms: Counter[str] = Counter()
    for call in decisions:
        if call.outcome == "rated" and call.on_trunk_of == agreement:
            if call.connect_day and month_of(call.connect_day) == month:
                count[call.orig] += 1
            ms[call.orig] += sum(used for day, used in call.segments if month_of(day) == month)
    return [
        {"code": "on_net_on_trunk", "originator": party, "third_party": None, "calls": count[party], "ms": ms[party]}
        for party in sorted(+(count + ms))
    ]
