"""Missouri: Sprint and ICG to each other, and what Sprint carries between ICG and everybody else."""

from collections.abc import Mapping
from typing import Final

from stream.demo.calls import SOURCES, Calls, join
from stream.demo.clock import BUSINESS, DIAL_UP, HOUSEHOLD, MOBILE, MODEM, TALK
from stream.demo.exchange import Exchange, apportion
from stream.demo.network import LOCAL, MANDATORY, OPTIONAL, TOLL

__all__ = ["DIRECT_SHARE", "missouri"]

DIRECT_SHARE: Final[Mapping[str, float]] = {"mo-t1": 0.70, "mo-t2": 0.80}

_SPRINT: Final = {
    "CEDARGLADE": 16.0,
    "OZARKBEND": 4.0,
    "OSAGEPLAIN": 6.0,
    "KILNFIELD": 18.0,
    "MILLRAPIDS": 6.0,
    "BLUFFHAVEN": 4.0,
}
_ICG: Final = {"CEDARGLADE": 5.0, "KILNFIELD": 9.0}
_THIRD: Final[Mapping[str, Mapping[str, float]]] = {
    "lantern": {"KILNFIELD": 3.0},
    "skylark": {"CEDARGLADE": 2.0, "KILNFIELD": 3.0},
    "twinforks": {"MILLRAPIDS": 1.0},
    "longspan": {"KILNFIELD": 1.0},
}
_SHARES: Final = {
    "dial_up": 0.09,
    "sprint_icg": 0.24,
    "icg_sprint": 0.27,
    "toll_in": 0.06,
    "toll_out": 0.06,
    "icg_lantern": 0.06,
    "icg_skylark": 0.07,
    "icg_twinforks": 0.04,
    "icg_longspan": 0.01,
    "skylark_icg": 0.06,
    "lantern_icg": 0.04,
}
_LOCALLY: Final = {LOCAL: 1.0, MANDATORY: 0.5, OPTIONAL: 0.15}
_ANYWHERE: Final = {LOCAL: 1.0, MANDATORY: 0.5, OPTIONAL: 0.3, TOLL: 0.2}
_MODEM_LINE: Final = 5200


def missouri(exchange: Exchange, n: int) -> Calls:
    """Return a month's `n` calls as the one Missouri switch records them."""
    made = apportion(n, _SHARES)
    parts = [
        _dial_up(exchange, made["dial_up"]),
        _between(exchange, made["sprint_icg"], "sprint-mo", "icg", _LOCALLY),
        _between(exchange, made["icg_sprint"], "icg", "sprint-mo", _LOCALLY),
        _between(exchange, made["toll_in"], "sprint-mo", "icg", {TOLL: 1.0}),
        _between(exchange, made["toll_out"], "icg", "sprint-mo", {TOLL: 1.0}),
        *(_transit(exchange, made[f"icg_{party}"], "icg", party) for party in _THIRD),
        *(_transit(exchange, made[f"{party}_icg"], party, "icg") for party in ("skylark", "lantern")),
    ]
    calls = join(parts)
    calls["source"] = SOURCES.index("kcm-1")
    return calls


def _lines(party: str) -> Mapping[str, float]:
    return {"sprint-mo": _SPRINT, "icg": _ICG}.get(party) or _THIRD[party]


def _between(exchange: Exchange, n: int, originator: str, terminator: str, relations: Mapping[int, float]) -> Calls:
    weights = exchange.pull(_lines(originator), _lines(terminator), relations)
    calls, origin, destination = exchange.draw(n, originator, terminator, weights, BUSINESS, TALK)
    inward = originator == "sprint-mo"
    exchange.route(calls, origin if inward else destination, direct=True)
    told = exchange.chance(n, 0.4)
    calls["jip"][told] = exchange.network.prefix_of(originator, origin)[told]
    exchange.lose_numbers(calls, 0.02 if inward else 0.004)
    exchange.keep_prefixes_only(calls, 0.008)
    return calls


def _dial_up(exchange: Exchange, n: int) -> Calls:
    weights = exchange.pull(_SPRINT, _ICG, {LOCAL: 1.0, MANDATORY: 0.5})
    calls, origin, destination = exchange.draw(n, "sprint-mo", "icg", weights, DIAL_UP, MODEM, spread=0.1)
    calls["called"] = exchange.network.prefix_of("icg", destination).astype("int64") * 10_000 + _MODEM_LINE
    calls["isp"][exchange.chance(n, 0.4)] = 1
    exchange.route(calls, origin, direct=True)
    exchange.lose_numbers(calls, 0.02)
    return calls


def _transit(exchange: Exchange, n: int, originator: str, terminator: str) -> Calls:
    """Calls that Sprint only carries; with an arrangement between the two ends or without one."""
    weights = exchange.pull(_lines(originator), _lines(terminator), _ANYWHERE)
    curve = MOBILE if "skylark" in (originator, terminator) else HOUSEHOLD
    calls, origin, destination = exchange.draw(n, originator, terminator, weights, curve, TALK)
    exchange.route(calls, origin if originator == "icg" else destination, direct=False)
    # Wireless callers roam: the record names the carrier, whatever switch the call came from.
    if originator == "skylark":
        calls["orig_ocn"] = exchange.network.ocns.index("X401")
    return calls
