"""Callers without a number: spread over what the others were, or priced as access (DOMAIN section 9)."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from tests.naive.decide import Decision
from tests.naive.isp import Piece
from tests.naive.midnights import month_of
from tests.naive.rounding import Billed
from tests.naive.shares import apportion
from tests.naive.terms import Terms

SPREAD_OVER = ("local", "virtual_fx", "mandatory_eas", "optional_eas", "intralata_toll")

Group = tuple[str, str, str | None]


class Part(NamedTuple):
    """Unidentified time of one direction: `as_class` is the class whose price it takes."""

    payer: str
    payee: str
    sub: int
    lata: str
    as_class: str


def unidentified_parts(
    terms: Terms, decisions: Sequence[Decision], pieces: Sequence[Piece], month: str, billed: Billed
) -> dict[Part, tuple[int, int]]:
    """Return a month's unidentified (ms, billed ms) by direction, sub-period, LATA and the class it is priced as."""
    policy: dict[str, Any] = {"measure": "calls", "threshold": "0.9", "strict": True, "spread_over": SPREAD_OVER}
    policy.update(terms.switch("unidentified"))
    order = [cls for cls in SPREAD_OVER if cls in policy["spread_over"]]
    measured: Counter[Part] = Counter()
    to_bill: Counter[Part] = Counter()
    for group in {_group(p.call) for p in pieces if p.call.cls == "unidentified"}:
        mine = [p for p in pieces if _group(p.call) == group and p.call.cls != "transit"]
        calls = [c for c in decisions if _group(c) == group and c.cls != "transit" and _connects_in(c, month)]
        if policy["measure"] == "calls":
            known, whole = sum(c.cls != "unidentified" for c in calls), len(calls)
        else:
            known, whole = sum(p.ms for p in mine if p.call.cls != "unidentified"), sum(p.ms for p in mine)
        threshold = Fraction(policy["threshold"]) * whole
        enough = known > threshold or (known == threshold and not policy["strict"])
        for sub, lata in {(p.sub, p.call.lata) for p in mine if p.call.cls == "unidentified"}:
            here = [p for p in mine if (p.sub, p.call.lata) == (sub, lata)]
            totals = (
                sum(p.ms for p in here if p.call.cls == "unidentified"),
                sum(
                    ms
                    for (pot, trunk), ms in billed.items()
                    if (pot.payer, pot.payee, trunk) == group
                    and (pot.sub, pot.lata, pot.cls) == (sub, lata, "unidentified")
                ),
            )
            weights = [sum(p.ms for p in here if p.call.cls == cls) for cls in order]
            payer, payee, _ = group
            for out, total in zip((measured, to_bill), totals, strict=True):
                if enough and any(weights):
                    for cls, share in zip(order, apportion(total, weights), strict=True):
                        out[Part(payer, payee, sub, lata, cls)] += share
                else:
                    out[Part(payer, payee, sub, lata, "intralata_toll")] += total
    return {part: (ms, to_bill[part]) for part, ms in measured.items()}


def _group(call: Decision) -> Group:
    return call.orig, call.term, call.trunk_group


def _connects_in(call: Decision, month: str) -> bool:
    return call.connect_day is not None and month_of(call.connect_day) == month
