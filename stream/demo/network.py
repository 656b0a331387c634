"""The demo's number plan as arrays to draw from: subscribers, places, trunk groups.

Everything is read from the tables that the demo ships, so traffic and tables cannot disagree.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.demo.calls import Ints
from stream.demo.world import DATA

__all__ = ["FAR", "LOCAL", "MANDATORY", "OPTIONAL", "TOLL", "Network", "load_network"]

LOCAL, MANDATORY, OPTIONAL, TOLL, FAR = range(5)
"""How two rate centers stand to each other: the last two are intraLATA and interLATA toll."""

_KINDS: Final = {"mandatory": MANDATORY, "optional": OPTIONAL}
_SUBSCRIBERS: Final = 110
"""Numbers in use of each thousand."""

Row = Mapping[str, str]


def _table(name: str) -> list[Row]:
    text = (DATA / "reference" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _holds(row: Row, day: date) -> bool:
    start, end = row["from"] or "0001-01-01", row["through"] or "9999-12-31"
    return start <= day.isoformat() <= end


@dataclass(frozen=True)
class Network:
    """The plan as it stands on one day.

    Parameters
    ----------
    centers : tuple of str
        Rate centers; their position is the index used everywhere.
    latas : tuple of str
        LATA of each.
    relation : (c, c) int8
        `LOCAL` to `FAR` for each ordered pair of rate centers.
    trunk_groups, ocns : tuple of str
        Names that calls carry as indexes; the same on every day.
    subscribers : mapping of (party, rate center index) to int64 array
        Numbers in use, the busiest first.
    prefixes : mapping of (party, rate center index) to int
        The first NPA-NXX of each, which also names the switch in a JIP or an LRN.
    direct, tandem : mapping of rate center index to trunk group index
        The group to the incumbent's end office there, if there is one; the group to its tandem.

    """

    centers: tuple[str, ...]
    latas: tuple[str, ...]
    relation: NDArray[np.int8]
    trunk_groups: tuple[str, ...]
    ocns: tuple[str, ...]
    subscribers: Mapping[tuple[str, int], Ints]
    prefixes: Mapping[tuple[str, int], int]
    direct: Mapping[int, int]
    tandem: Mapping[int, int]
    at: Mapping[str, int] = field(repr=False)

    def lines(self, lines: Mapping[str, float]) -> NDArray[np.float64]:
        """Return weights by rate center name as an array by index; a center that is not named has 0."""
        out = np.zeros(len(self.centers))
        for name, weight in lines.items():
            out[self.at[name]] = weight
        return out

    def numbers(self, rng: np.random.Generator, party: str, centers: Ints, spread: float = 1.0) -> Ints:
        """Draw one number of a party in each of the given rate centers; a few of them call a lot.

        Parameters
        ----------
        party : str
        centers : (n,) int64
            Rate center indexes; the party has a block in each.
        spread : float
            Share of the subscribers who are drawn from at all.

        """
        out = np.empty(centers.size, np.int64)
        skewed = rng.random(centers.size) ** 1.6
        for center in np.unique(centers):
            here = centers == center
            pool = self.subscribers[party, int(center)]
            out[here] = pool[(skewed[here] * max(1, int(pool.size * spread))).astype(np.int64)]
        return out

    def prefix_of(self, party: str, centers: Ints) -> NDArray[np.int32]:
        """Return the NPA-NXX of a party's switch for each rate center; -1 where it has none."""
        by_center = [self.prefixes.get((party, i), -1) for i in range(len(self.centers))]
        return np.array(by_center, np.int32)[centers]


@cache
def load_network(day: date) -> Network:
    """Return the demo's network on a day."""
    blocks = _table("number_blocks")
    places = {row["rate_center"]: row["lata"] for row in blocks}
    at = {name: i for i, name in enumerate(places)}
    latas = tuple(places.values())
    groups = _table("trunk_groups")
    names = tuple(row["trunk_group"] for row in groups)
    ocns = _table("ocns")
    owners = {row["ocn"]: row["party"] for row in ocns}
    here = [row for row in blocks if _holds(row, day)]
    direct, tandem = _routes([row for row in groups if _holds(row, day)], names, here, at, latas)
    return Network(
        centers=tuple(places),
        latas=latas,
        relation=_relation(at, latas, day),
        trunk_groups=names,
        ocns=tuple(owners),
        subscribers=_subscribers(here, owners, at),
        prefixes=_prefixes(here, owners, at),
        direct=direct,
        tandem=tandem,
        at=at,
    )


def _relation(at: Mapping[str, int], latas: tuple[str, ...], day: date) -> NDArray[np.int8]:
    lata = np.array([int(lata) for lata in latas])
    out = np.where(lata[:, None] == lata, TOLL, FAR).astype(np.int8)
    for row in sorted(_table("eas_pairs"), key=lambda row: row["kind"], reverse=True):  # a mandatory pair wins
        if _holds(row, day):
            one, other = at[row["rate_center_a"]], at[row["rate_center_b"]]
            out[one, other] = out[other, one] = _KINDS[row["kind"]]
    areas = defaultdict(list)
    for row in _table("local_areas"):
        if _holds(row, day):
            areas[row["state"], row["area"]].append(at[row["rate_center"]])
    for members in areas.values():
        out[np.ix_(members, members)] = LOCAL
    np.fill_diagonal(out, LOCAL)
    return out


def _subscribers(blocks: list[Row], owners: Mapping[str, str], at: Mapping[str, int]) -> dict[tuple[str, int], Ints]:
    # A thousands-block takes its thousand out of the block around it.
    pooled = {row["npa_nxx"] for row in blocks if len(row["npa_nxx"]) == 7}
    thousands: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in blocks:
        party, whole = owners.get(row["ocn"], ""), row["npa_nxx"]
        own = [whole] if len(whole) == 7 else [f"{whole}{i}" for i in range(10) if f"{whole}{i}" not in pooled]
        thousands[party, at[row["rate_center"]]] += [int(prefix) for prefix in own]
    # 389 and 1000 have no common factor: the numbers of a thousand are all different.
    line = (np.arange(_SUBSCRIBERS, dtype=np.int64) * 389 + 17) % 1000
    return {key: (line[:, None] + 1000 * np.array(prefixes, np.int64)).ravel() for key, prefixes in thousands.items()}


def _prefixes(blocks: list[Row], owners: Mapping[str, str], at: Mapping[str, int]) -> dict[tuple[str, int], int]:
    out: dict[tuple[str, int], int] = {}
    for row in blocks:
        if len(row["npa_nxx"]) == 6:
            out.setdefault((owners.get(row["ocn"], ""), at[row["rate_center"]]), int(row["npa_nxx"]))
    return out


def _routes(
    groups: list[Row], names: tuple[str, ...], blocks: list[Row], at: Mapping[str, int], latas: tuple[str, ...]
) -> tuple[dict[int, int], dict[int, int]]:
    offices = {row["switch"]: at[row["rate_center"]] for row in blocks}
    direct = {offices[row["end_office"]]: names.index(row["trunk_group"]) for row in groups if row["kind"] == "direct"}
    served = {row["rate_center"]: row["tandem"] for row in _table("tandem_areas")}
    by_tandem = {row["tandem"]: names.index(row["trunk_group"]) for row in groups if row["kind"] == "tandem"}
    return direct, {at[center]: by_tandem[tandem] for center, tandem in served.items()}
