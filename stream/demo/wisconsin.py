"""Wisconsin: what SBC's and KMC's customers say to each other, most of it by modem."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.demo.calls import SOURCES, Calls, Ints, join
from stream.demo.clock import BUSINESS, DIAL_UP, HOUSEHOLD, MOBILE, MODEM, SHORT_TALK, TALK
from stream.demo.exchange import Drawn, Exchange, apportion
from stream.demo.network import FAR, LOCAL, MANDATORY, OPTIONAL, TOLL

__all__ = ["DIRECT_SHARE", "MODEMS", "Modem", "wisconsin"]

DIRECT_SHARE: Final[Mapping[str, float]] = {"wi-t1": 0.88, "wi-t2": 0.80, "wi-t3": 0.84, "wi-t4": 0.72}

_SBC: Final[Mapping[str, float]] = {
    "HARBORMILL": 46,
    "NORTHLOCK": 22,
    "SOUTHFORGE": 13,
    "WESTQUARRY": 19,
    "KETTLEBEND": 9,
    "CAPITOLRDG": 34,
    "FOURMERES": 13,
    "DRIFTLEAF": 5,
    "BRICKHOLLW": 4,
    "BAYLANTERN": 21,
    "PAPERFALLS": 12,
    "FOXMARSH": 5,
    "CLEARTIMBR": 15,
    "SAWDUSTCK": 7,
    "PINEHOLLOW": 3,
}
_KMC: Final[Mapping[str, float]] = {
    "HARBORMILL": 40,
    "NORTHLOCK": 12,
    "SOUTHFORGE": 3,
    "WESTQUARRY": 10,
    "CAPITOLRDG": 31,
    "FOURMERES": 6,
    "BAYLANTERN": 13,
    "PAPERFALLS": 5,
    "CLEARTIMBR": 8,
}
_LANTERN: Final = {"HARBORMILL": 3.0, "CAPITOLRDG": 2.0}
_TWIN_FORKS: Final = {"RIDGESPUR": 2.0, "PINEHOLLOW": 2.0}
_SKYLARK: Final = {"HARBORMILL": 5.0, "CAPITOLRDG": 3.0, "BAYLANTERN": 2.0}
_LONG_SPAN: Final = {"HARBORMILL": 1.0}
_BELL_MISSOURI: Final = {"RIVERARCH": 60.0}

_HUBS: Final[Mapping[str, str]] = {
    "356": "HARBORMILL",
    "354": "CAPITOLRDG",
    "350": "BAYLANTERN",
    "352": "CLEARTIMBR",
}
"""By LATA: the rate center whose block names KMC's switch there, in JIPs and LRNs."""
_EASTERN: Final = ("350", "356")
"""The LATAs that KMC's lakeside switch serves; the other switch serves the rest."""


class Modem(NamedTuple):
    """A number that dial-up sessions go to: where it is rated, its last four digits, its pull, its routing point."""

    center: str
    line: int
    weight: float
    routing_point: str = ""


MODEMS: Final = (
    Modem("HARBORMILL", 5200, 21),
    Modem("HARBORMILL", 5240, 13),
    Modem("NORTHLOCK", 5200, 7, "HARBORMILL"),
    Modem("WESTQUARRY", 5200, 6, "CAPITOLRDG"),
    Modem("SOUTHFORGE", 4200, 2),
    Modem("CAPITOLRDG", 5200, 15),
    Modem("CAPITOLRDG", 5300, 8),
    Modem("FOURMERES", 5200, 4, "HARBORMILL"),
    Modem("BAYLANTERN", 5200, 7),
    Modem("PAPERFALLS", 5200, 5, "HARBORMILL"),
    Modem("CLEARTIMBR", 5200, 9),
    Modem("CLEARTIMBR", 5210, 3),
)

_SHARES: Final[Mapping[str, float]] = {
    "dial_up": 0.212,
    "voice_in": 0.140,
    "voice_out": 0.392,
    "optional": 0.030,
    "toll": 0.055,
    "carrier": 0.070,
    "toll_free": 0.028,
    "transit": 0.058,
    "on_net": 0.015,
}
_TOLL_FREE: Final = (800, 866, 877, 888)
_CARRIERS: Final = (5844, 6501, 6777)
"""Carrier identification codes, invented like the numbers."""


def wisconsin(exchange: Exchange, n: int) -> Calls:
    """Return a month's `n` calls as KMC's two switches record them."""
    made = apportion(n, _SHARES)
    return join(
        [
            _dial_up(exchange, made["dial_up"]),
            _voice_in(exchange, made["voice_in"]),
            _voice_out(exchange, made["voice_out"]),
            _both_ways(exchange, made["optional"], {OPTIONAL: 1.0}),
            _both_ways(exchange, made["toll"], {TOLL: 1.0, FAR: 0.004}),
            _by_carrier(exchange, made["carrier"]),
            _toll_free(exchange, made["toll_free"]),
            _transit(exchange, made["transit"]),
            _on_net(exchange, made["on_net"]),
        ]
    )


def _eastern(exchange: Exchange) -> NDArray[np.bool_]:
    return np.isin(exchange.network.latas, _EASTERN)


def _record(exchange: Exchange, calls: Calls, home: Ints) -> None:
    """Set the recording switch by KMC's end of the call."""
    calls["source"] = np.where(_eastern(exchange)[home], SOURCES.index("mke-1"), SOURCES.index("mad-1"))


def _hub_prefix(exchange: Exchange, home: Ints) -> NDArray[np.int32]:
    network = exchange.network
    hubs = np.array([network.at[_HUBS.get(lata, "HARBORMILL")] for lata in network.latas])
    return network.prefix_of("kmc", hubs[home])


def _inbound(exchange: Exchange, drawn: Drawn, *, direct: bool = True) -> Calls:
    """Finish calls from SBC's customers to KMC's: route, switch, and what came through of the caller."""
    calls, origin, home = drawn
    _record(exchange, calls, home)
    exchange.route(calls, origin, direct=direct)
    switches = exchange.network.prefix_of("sbc", origin)
    told = exchange.chance(calls.size, np.where(calls["source"] == SOURCES.index("mke-1"), 0.62, 0.25))
    calls["jip"][told] = switches[told]
    # The old multi-frequency group of the north sends far fewer numbers than the others.
    silent = calls["trunk_group"] == exchange.network.trunk_groups.index("wi-t3")
    exchange.lose_numbers(calls, np.where(silent, 0.22, 0.024))
    exchange.keep_switch_only(calls, switches, 0.006)
    exchange.keep_prefixes_only(calls, 0.012)
    return calls


def _outbound(exchange: Exchange, drawn: Drawn, *, direct: bool = True) -> Calls:
    """Finish calls from KMC's customers to SBC's."""
    calls, home, destination = drawn
    _record(exchange, calls, home)
    exchange.route(calls, destination, direct=direct)
    told = exchange.chance(calls.size, 0.8)
    calls["jip"][told] = _hub_prefix(exchange, home)[told]
    exchange.lose_numbers(calls, 0.004)
    return calls


def _dial_up(exchange: Exchange, n: int) -> Calls:
    network = exchange.network
    weights = exchange.pull(_SBC, dict.fromkeys(_KMC, 1.0), {LOCAL: 1.0, MANDATORY: 0.6, OPTIONAL: 0.05})
    of_center = network.lines({name: sum(m.weight for m in MODEMS if m.center == name) for name in _KMC})
    column = weights.sum(axis=0)
    weights = weights * np.divide(of_center, column, out=np.zeros_like(column), where=column > 0)
    drawn = exchange.draw(n, "sbc", "kmc", weights, DIAL_UP, MODEM, spread=0.16)
    calls = drawn.calls
    for name in sorted({modem.center for modem in MODEMS}):
        here = drawn.destination == network.at[name]
        own = [modem for modem in MODEMS if modem.center == name]
        pulls = np.array([modem.weight for modem in own])
        chosen = exchange.rng.choice(len(own), here.sum(), p=pulls / pulls.sum())
        calls["called"][here] = np.array([_modem_number(exchange, modem) for modem in own])[chosen]
        points = [network.at[modem.routing_point] if modem.routing_point else -1 for modem in own]
        calls["routing_point"][here] = np.array(points)[chosen]
    calls["isp"][exchange.chance(n, 0.56)] = 1
    return _inbound(exchange, drawn)


def _modem_number(exchange: Exchange, modem: Modem) -> int:
    center = exchange.network.at[modem.center]
    # SOUTHFORGE has a thousands-block only: its prefix is SBC's.
    owner = "kmc" if ("kmc", center) in exchange.network.prefixes else "sbc"
    return exchange.network.prefixes[owner, center] * 10_000 + modem.line


def _voice_in(exchange: Exchange, n: int) -> Calls:
    weights = exchange.pull(_SBC, _KMC, {LOCAL: 1.0, MANDATORY: 0.5})
    drawn = exchange.draw(n, "sbc", "kmc", weights, BUSINESS, TALK)
    calls = drawn.calls
    ported = exchange.chance(n, 0.09)
    calls["called"][ported] = exchange.network.numbers(exchange.rng, "sbc", drawn.destination[ported])
    calls["lrn"][ported] = _hub_prefix(exchange, drawn.destination[ported]).astype(np.int64) * 10_000
    calls["voip"][exchange.chance(n, 0.013)] = 1
    calls["isp"][exchange.chance(n, 0.06)] = 0
    return _inbound(exchange, drawn)


def _voice_out(exchange: Exchange, n: int) -> Calls:
    weights = exchange.pull(_KMC, _SBC, {LOCAL: 1.0, MANDATORY: 0.5})
    early = n * 7 // 10
    parts = []
    for count, curve in ((early, BUSINESS), (n - early, HOUSEHOLD)):
        drawn = exchange.draw(count, "kmc", "sbc", weights, curve, TALK)
        calls = _outbound(exchange, drawn)
        # Customers who brought their number along: the block is SBC's, the switch KMC's.
        brought = (calls["calling_digits"] == 10) & (calls["calling"] > 2e9) & exchange.chance(count, 0.05)
        calls["calling"][brought] = exchange.network.numbers(exchange.rng, "sbc", drawn.origin[brought])
        calls["jip"][brought] = _hub_prefix(exchange, drawn.origin[brought])
        parts.append(calls)
    return join(parts)


def _both_ways(exchange: Exchange, n: int, relations: Mapping[int, float]) -> Calls:
    inward = n * 11 // 20
    there = exchange.draw(inward, "sbc", "kmc", exchange.pull(_SBC, _KMC, relations), BUSINESS, TALK)
    back = exchange.draw(n - inward, "kmc", "sbc", exchange.pull(_KMC, _SBC, relations), BUSINESS, TALK)
    return join([_inbound(exchange, there), _outbound(exchange, back)])


def _by_carrier(exchange: Exchange, n: int) -> Calls:
    relations = {TOLL: 6.0, FAR: 1.0}
    inward, missouri = n // 2, n // 12
    there = exchange.draw(inward, "sbc", "kmc", exchange.pull(_SBC, _KMC, relations), BUSINESS, TALK)
    afar = exchange.draw(missouri, "sbc", "kmc", exchange.pull(_BELL_MISSOURI, _KMC, relations), HOUSEHOLD, TALK)
    out = n - inward - missouri
    back = exchange.draw(out, "kmc", "sbc", exchange.pull(_KMC, _SBC, relations), BUSINESS, TALK)
    parts = [_inbound(exchange, there, direct=False), _inbound(exchange, afar, direct=False)]
    # A toll carrier hands its calls over at the tandem of the called town.
    for drawn, calls in zip((there, afar), parts, strict=True):
        exchange.route(calls, drawn.destination, direct=False)
    parts.append(_outbound(exchange, back, direct=False))
    calls = join(parts)
    calls["cic"] = exchange.rng.choice(_CARRIERS, n, p=(0.5, 0.3, 0.2))
    return calls


def _toll_free(exchange: Exchange, n: int) -> Calls:
    inward = n * 3 // 5
    to_self = {LOCAL: 1.0}
    there = exchange.draw(inward, "sbc", "kmc", exchange.pull(_SBC, _KMC, to_self), BUSINESS, SHORT_TALK)
    back = exchange.draw(n - inward, "kmc", "sbc", exchange.pull(_KMC, _SBC, to_self), BUSINESS, SHORT_TALK)
    parts = [_inbound(exchange, there, direct=False), _outbound(exchange, back, direct=False)]
    for calls, owner in zip(parts, ("2588", "9327"), strict=True):
        line = exchange.rng.integers(0, 60, calls.size)
        npa = np.array(_TOLL_FREE)[line % len(_TOLL_FREE)]
        # Fictional exchanges of the 555 kind, but for directory assistance.
        calls["called"] = npa * 10_000_000 + 5_550_100 + line
        calls["term_ocn"] = exchange.network.ocns.index(owner)
    return join(parts)


def _transit(exchange: Exchange, n: int) -> Calls:
    near = {LOCAL: 1.0, MANDATORY: 0.5, OPTIONAL: 0.3, TOLL: 0.25}
    inbound = (
        ("skylark", _SKYLARK, 0.50, MOBILE),
        ("lantern", _LANTERN, 0.10, BUSINESS),
        ("longspan", _LONG_SPAN, 0.02, BUSINESS),
    )
    outbound = (
        ("skylark", _SKYLARK, 0.23, MOBILE),
        ("twinforks", _TWIN_FORKS, 0.09, HOUSEHOLD),
        ("lantern", _LANTERN, 0.06, BUSINESS),
    )
    counts = apportion(n, {f"in {row[0]}": row[2] for row in inbound} | {f"out {row[0]}": row[2] for row in outbound})
    parts = []
    for party, lines, _, curve in inbound:
        calls, _, home = exchange.draw(
            counts[f"in {party}"], party, "kmc", exchange.pull(lines, _KMC, near), curve, TALK
        )
        _record(exchange, calls, home)
        exchange.route(calls, home, direct=False)
        parts.append(calls)
    for party, lines, _, curve in outbound:
        calls, home, _ = exchange.draw(
            counts[f"out {party}"], "kmc", party, exchange.pull(_KMC, lines, near), curve, TALK
        )
        _record(exchange, calls, home)
        exchange.route(calls, home, direct=False)
        parts.append(calls)
    return join(parts)


def _on_net(exchange: Exchange, n: int) -> Calls:
    drawn = exchange.draw(n, "kmc", "kmc", exchange.pull(_KMC, _KMC, {LOCAL: 1.0, TOLL: 0.3}), BUSINESS, TALK)
    calls, home, _ = drawn
    _record(exchange, calls, home)
    # A few take a group to SBC all the same: somebody's routing table is wrong.
    strayed = exchange.chance(n, 0.06)
    exchange.route(calls, home, direct=False)
    calls["trunk_group"][~strayed] = -1
    return calls
