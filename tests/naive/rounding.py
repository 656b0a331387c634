"""Rounding before the line, one call and one trunk group at a time (DOMAIN section 9)."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.naive.eligibility import Eligibility
from tests.naive.isp import TCLT, Piece
from tests.naive.shares import apportion

GATES = ("entitled", "no_poi", "deot")
MINUTE_MS = 60_000


class Pot(NamedTuple):
    """Time of one direction that nothing divides any more but the presumption, the cap and the spreading."""

    payer: str
    payee: str
    lata: str
    sub: int
    cls: str
    gate: str
    widened: bool


Billed = Counter[tuple[Pot, str | None]]
"""Milliseconds by pot and trunk group."""


def pot_of(gates: Eligibility, piece: Piece) -> Pot:
    """Return where a piece belongs: gates close the classes of SA's price, and toll that evidence puts there."""
    call, terms = piece.call, gates.terms
    under_sa = terms.sa_prices(piece.day)
    widened = bool(call.cls == "intralata_toll" and terms.switch("isp_outside_local") and call.isp and under_sa)
    gated = under_sa and call.payee == gates.payee and (call.cls in TCLT or widened)
    gate = gates.gate(call, piece.day) if gated else "entitled"
    return Pot(call.payer, call.payee, call.lata, piece.sub, call.cls, gate, widened)


def up(ms: int, unit_ms: int) -> int:
    """Return the least multiple of a unit that is not below some milliseconds."""
    whole, rest = divmod(ms, unit_ms)
    return (whole + bool(rest)) * unit_ms


def whole_call_ms(piece: Piece, unit_ms: int) -> int:
    """Return what a call's day is billed for: the excess of the whole call belongs to its last segment."""
    last = piece.call.segments[-1][0] == piece.day
    return piece.ms + (up(piece.call.duration_ms, unit_ms) - piece.call.duration_ms if last else 0)


def billed(gates: Eligibility, pieces: Sequence[Piece]) -> Billed:
    """Return billed ms by pot and trunk group; measured ms where nothing rounds."""
    rounding = gates.terms.switch("rounding")
    by_call = re.fullmatch(r"per_call_up\((\d+)\)", rounding)
    out: Billed = Counter()
    for piece in pieces:
        ms = whole_call_ms(piece, int(by_call[1])) if by_call else piece.ms
        out[pot_of(gates, piece), piece.call.trunk_group] += ms
    if rounding == "trunk_group_month_up":
        out.update(_ups(out))
    return out


def _ups(measured: Billed) -> Billed:
    """Return what each pot gets of its trunk group's way to a whole minute, by payer and payee."""
    out: Billed = Counter()
    for group in {(pot.payer, pot.payee, trunk) for pot, trunk in measured}:
        pots = sorted(
            (pot for pot, trunk in measured if (pot.payer, pot.payee, trunk) == group),
            key=lambda pot: (pot.lata, pot.sub, _order(pot.cls), GATES.index(pot.gate), pot.widened),
        )
        weights = [measured[pot, group[2]] for pot in pots]
        for pot, more in zip(pots, apportion(up(sum(weights), MINUTE_MS) - sum(weights), weights), strict=True):
            out[pot, group[2]] += more
    return out


def _order(cls: str) -> int:
    """The order of the class table."""
    table = ("transit", "originating_8yy", "unidentified", "interlata_toll", "ixc_intralata_toll", *TCLT)
    return (*table, "intralata_toll").index(cls)
