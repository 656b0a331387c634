"""Random reference tables of a small world, in the columns of a workspace.

The dice keep to what a workspace accepts: no two rows of a key on one day, nothing named that does not exist.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final, TypeVar

__all__ = [
    "AGREEMENTS",
    "CENTERS",
    "COLUMNS",
    "PIVOTS",
    "TANDEMS",
    "TRUNKS",
    "Dice",
    "Row",
    "table",
    "tables",
    "write_tables",
]

Row = dict[str, str]
T = TypeVar("T")

COLUMNS: Final[Mapping[str, str]] = {
    "agreements": "agreement,party_a,party_b,incumbent,state,time_zone",
    "parties": "party,kind,name",
    "ocns": "ocn,party,from,through",
    "number_blocks": "npa_nxx,ocn,rate_center,lata,state,switch,from,through",
    "rate_centers": "state,rate_center,v,h",
    "local_areas": "state,area,rate_center,from,through",
    "eas_pairs": "state_a,rate_center_a,state_b,rate_center_b,kind,from,through",
    "trunk_groups": "trunk_group,agreement,kind,tandem,end_office,trunks,from,through,known_from",
    "pois": "agreement,party,kind,area,tandem,v,h,from,through,known_from",
    "tandem_areas": "state,tandem,rate_center,from,through",
    "arrangements": "originator,third_party,state,from,through,known_from",
    "market_history": "agreement,lata,traffic,first_exchanged,known_from",
    "usage_history": "agreement,payee,period,isp_ms,known_from",
    "sources": "source,party,role,direction,trunk_group,from,through",
}
OPTIONAL_TABLES: Final = tuple(COLUMNS)[4:]

AGREEMENTS: Final = {
    "sbc-kmc-wi": ("sbc", "kmc", "sbc", "WI", "America/Chicago"),
    "sbc-kmc-tx": ("sbc", "kmc", "sbc", "TX", "America/Chicago"),
    "sbc-kmc-ca": ("sbc", "kmc", "sbc", "CA", "America/Los_Angeles"),
    "sbc-kmc-mo": ("sbc", "kmc", "sbc", "MO", "America/Chicago"),
    "sprint-icg-mo": ("sprint-mo", "icg", "sprint-mo", "MO", "America/Chicago"),
    "sbc-tds-wi": ("sbc", "tds", "sbc", "WI", "America/Chicago"),
    "rural-kmc-wi": ("rural", "kmc", "rural", "WI", "America/Chicago"),
    "sprint-cell-mo": ("sprint-mo", "cell", "sprint-mo", "MO", "America/Chicago"),
    "sbc-cell-tx": ("sbc", "cell", "sbc", "TX", "America/Chicago"),
}
KINDS: Final = {
    "sbc": "ilec", "kmc": "clec", "sprint-mo": "ilec", "icg": "clec", "tds": "clec", "rural": "ico", "cell": "cmrs",
    "far": "ixc",
}  # fmt: skip
OCN_OF: Final = {
    "sbc": "9327", "kmc": "2588", "sprint-mo": "7001", "icg": "7002", "tds": "7003", "rural": "7004", "cell": "7005",
    "far": "7006",
}  # fmt: skip
MOVING_OCN, NOBODYS_OCN = "8000", "9999"
PREFIXES: Final = {
    "WI": ("414200", "414300", "262200", "262311", "608400"),
    "TX": ("512200", "512300", "214411"),
    "CA": ("213200", "213300", "619400"),
    "MO": ("314200", "314300", "816400", "816500"),
    "IL": ("312200", "815300"),
}
ELSEWHERE: Final = "IL"
"""A state without an agreement, and so without a clock of its own."""
LATAS: Final = {
    "WI": ("356", "350", "358"),
    "TX": ("552", "56"),
    "CA": ("730", "724"),
    "MO": ("520", "524"),
    "IL": ("358",),
}
CENTERS: Final = ("ALPHA", "BETA", "GAMMA")
AREAS: Final = ("LAKE", "HILL", "ALPHA")
TANDEMS: Final = ("T1", "T2")
TRUNKS: Final = ("d1", "d2", "t1", "t2")
SOURCES: Final = ("s1", "s2", "s3")
POINTS: Final = (("5788", "3589"), ("5807", "3635"), ("5797", "3638"), ("", ""))

PIVOTS: Final = tuple(
    date.fromisoformat(day)
    for day in (
        "2003-05-11", "2003-05-31", "2003-06-10", "2003-06-14", "2003-06-30", "2003-10-26", "2004-01-31",
        "2004-05-31", "2004-06-14", "2004-06-30", "2004-10-31", "2004-12-31", "2005-02-10",
    )
)  # fmt: skip


def table(name: str, *rows: str) -> list[Row]:
    """Return rows of a table from lines of comma-separated cells in the order of `COLUMNS`; the rest is empty."""
    columns = COLUMNS[name].split(",")
    return [dict(zip(columns, [*row.split(","), *[""] * len(columns)], strict=False)) for row in rows]


def write_tables(folder: Path, tables: Mapping[str, Iterable[Row] | None]) -> None:
    """Write reference tables as CSV; None is a table that is not there."""
    (folder / "reference").mkdir(parents=True)
    for name, rows in tables.items():
        if rows is not None:
            text = io.StringIO()
            writer = csv.DictWriter(text, COLUMNS[name].split(","), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            (folder / "reference" / f"{name}.csv").write_text(text.getvalue())


KNOWN_FROM: Final = ("", "", "", "2004-06-10")


class Dice:
    """Choices by a seed: every choice alike, which a strategy's own draws are not in a world of this size."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def pick(self, values: Sequence[T]) -> T:
        """Return one of some values."""
        return self._random.choice(values)

    def some(self, values: Sequence[T], most: int) -> list[T]:
        """Return none to `most` of some values, each once at most."""
        return self._random.sample(values, self._random.randint(0, min(most, len(values))))

    def whole(self, least: int, most: int) -> int:
        """Return an integer of a range, its ends included."""
        return self._random.randint(least, most)

    def one_in(self, n: int) -> bool:
        """Return True once in n times."""
        return self._random.randrange(n) == 0

    def spans(self) -> list[tuple[str, str]]:
        """Return the ``from`` and ``through`` of one row, or of two that follow each other."""
        day = self.pick(PIVOTS)
        later = day + timedelta(days=self.pick((1, 1, 9)))
        both = [("", str(day)), (str(later), "")]
        return self.pick(([("", "")], [("", "")], [("", "")], both[1:], both[:1], both))


def _dated(dice: Dice, **row: str) -> list[Row]:
    """Return one row, or two that follow each other, of the same content."""
    return [{**row, "from": start, "through": end} for start, end in dice.spans()]


def _blocks(dice: Dice, states: Sequence[str], owners: Mapping[str, Sequence[str]]) -> list[Row]:
    rows = []
    for state in states:
        for position, prefix in enumerate(PREFIXES[state]):
            keys = [prefix] if position < 2 or dice.pick((True, True, False)) else []
            keys += [prefix + digit for digit in dice.some("29", 1)] if position else []
            for key in keys:
                # The first two of a state with agreements stand always, so that most calls are placed.
                for start, end in dice.spans() if position > 1 or state == ELSEWHERE else [("", "")]:
                    ocn = OCN_OF[owners[state][position]] if position < 2 else dice.pick(owners["ocns"])
                    where = {"rate_center": dice.pick(CENTERS), "lata": dice.pick(LATAS[state])}
                    if position < 2 and len(key) == 6:
                        where = {"rate_center": CENTERS[dice.whole(0, 1) * position], "lata": LATAS[state][0]}
                    switch = "" if key[-1] in "19" else f"{state}SW{key[-1]}"
                    row = {"npa_nxx": key, "ocn": ocn, "state": state, **where, "switch": switch}
                    rows.append(row | {"from": start, "through": end})
    return rows


def _areas(dice: Dice, states: Sequence[str]) -> dict[str, list[Row]]:
    places = [(state, center) for state in states for center in CENTERS]
    pairs = [(a, b) for i, a in enumerate(places) for b in places[i:] if a[0] == b[0] or dice.one_in(4)]
    members = [(state, area, center) for state in states for area in AREAS for center in CENTERS]
    tandems = [(state, tandem, center) for state in states for tandem in TANDEMS for center in CENTERS]
    return {
        "rate_centers": [
            {"state": state, "rate_center": center, "v": point[0], "h": point[1]}
            for state, center in dice.some(places, 8)
            for point in [dice.pick(POINTS)]
        ],
        "local_areas": [
            row for s, a, c in dice.some(members, 9) for row in _dated(dice, state=s, area=a, rate_center=c)
        ],
        "eas_pairs": [
            row
            for (a, b), (c, d) in dice.some(pairs, 9)
            for kind in [dice.pick(("mandatory", "optional"))]
            for row in _dated(dice, state_a=a, rate_center_a=b, state_b=c, rate_center_b=d, kind=kind)
        ],
        "tandem_areas": [
            row for s, t, c in dice.some(tandems, 5) for row in _dated(dice, state=s, tandem=t, rate_center=c)
        ],
    }


def _of_agreements(dice: Dice, names: Sequence[str], parties: Sequence[str]) -> dict[str, list[Row]]:
    states = sorted({AGREEMENTS[name][3] for name in names})
    pois = [
        (name, kind, area, tandem)
        for name in names
        for kind in ("area", "tandem_option", "mileage")
        for area in ("", *AREAS)
        for tandem in ("", *TANDEMS)
    ]
    markets = [(n, lata, traffic) for n in names for lata in LATAS[AGREEMENTS[n][3]] for traffic in ("isp", "any")]
    history = [(n, p, period) for n in names for p in AGREEMENTS[n][:2] for period in ("2001-Q1", "2001", "2002")]
    bases = [key for key in history if key[2] == "2001-Q1" and dice.one_in(2)]
    others = [(s, p) for i, s in enumerate(SOURCES) for p in parties if p != parties[i % 2]]
    return {
        "trunk_groups": [
            {**row, "agreement": dice.pick(names), "tandem": dice.pick(("T1", "T1", "T2", "")), "trunks": trunks}
            for name in TRUNKS[: dice.pick((4, 4, 2, 0))]
            for trunks in [dice.pick(("24", "100", ""))]
            for row in _dated(
                dice, trunk_group=name, kind="direct" if name[0] == "d" else "tandem", known_from=dice.pick(KNOWN_FROM)
            )
        ],
        "pois": [
            {**row, "v": point[0], "h": point[1], "known_from": dice.pick(KNOWN_FROM)}
            for n, kind, area, tandem in dice.some(pois, 4)
            for point in [dice.pick(POINTS)]
            for row in _dated(
                dice, agreement=n, party=dice.pick(AGREEMENTS[n][:2][::-1]), kind=kind, area=area, tandem=tandem
            )
        ],
        "arrangements": [
            row
            for one, other, state in dice.some([(a, b, s) for a in parties for b in parties for s in states], 4)
            for row in _dated(dice, originator=one, third_party=other, state=state, known_from=dice.pick(KNOWN_FROM))
        ],
        "market_history": [
            {
                "agreement": n,
                "lata": lata,
                "traffic": traffic,
                "first_exchanged": first,
                "known_from": dice.pick(KNOWN_FROM),
            }
            for n, lata, traffic in dice.some(markets, 5)
            for first in [dice.pick(("2000-05-01", "2001-04-17", "2001-04-18"))]
        ],
        "usage_history": [
            {"agreement": n, "payee": p, "period": period, "isp_ms": str(ms), "known_from": dice.pick(KNOWN_FROM)}
            for n, p, period in dict.fromkeys([*bases, *dice.some(history, 5)])
            for ms in [dice.whole(0, 12_000_000)]
        ],
        "sources": [
            row
            for name, party in [*((s, parties[i % 2]) for i, s in enumerate(SOURCES)), *dice.some(others, 3)]
            for row in _dated(
                dice,
                source=name,
                party=party,
                role=dice.pick(("billing", "billing", "", "verification")),
                direction=dice.pick(("", "", "terminating", "originating")),
                trunk_group=dice.pick(("", "", *TRUNKS[:2])),
            )
        ],
    }


def tables(dice: Dice) -> dict[str, list[Row] | None]:
    """Draw a whole set of tables; optional ones are missing (None) at times."""
    first = dice.pick((*["sbc-kmc-wi"] * 6, "sprint-icg-mo", "sbc-kmc-mo", "sbc-kmc-ca", "sbc-kmc-tx"))
    names = list(dict.fromkeys([first, *([] if dice.one_in(3) else dice.some(list(AGREEMENTS), 3))]))
    parties = [*dict.fromkeys(party for name in names for party in AGREEMENTS[name][:2]), "far"]
    states = sorted({AGREEMENTS[name][3] for name in names})
    kinds = {**KINDS, "kmc": "cmrs" if dice.one_in(8) else "clec"}
    agreements = []
    for name in names:
        a, b, incumbent, state, zone = AGREEMENTS[name]
        a, b = dice.pick(((a, b), (b, a)))
        agreements += table("agreements", f"{name},{a},{b},{incumbent},{state},{zone}")
    ocns = [{"ocn": OCN_OF[party], "party": party, "from": "", "through": ""} for party in parties]
    ocns += [
        {"ocn": MOVING_OCN, "party": dice.pick(parties), "from": start, "through": end} for start, end in dice.spans()
    ]
    owners: dict[str, Sequence[str]] = {
        state: next(AGREEMENTS[name][:2] for name in names if AGREEMENTS[name][3] == state) for state in states
    }
    owners["ocns"] = [*(OCN_OF[party] for party in parties), MOVING_OCN, *[NOBODYS_OCN] * dice.one_in(3)]
    elsewhere = [ELSEWHERE] * dice.pick((0, 0, 1))
    owners[ELSEWHERE] = ("sbc", "far") if "sbc" in parties else parties[:2]
    optional = {**_areas(dice, states + elsewhere), **_of_agreements(dice, names, parties)}
    there = dict.fromkeys(OPTIONAL_TABLES, 6) | {"sources": 1, "pois": 4, "market_history": 3}  # of 8
    return {
        "agreements": agreements,
        "parties": [{"party": party, "kind": kinds[party], "name": party} for party in parties],
        "ocns": ocns,
        "number_blocks": _blocks(dice, states + elsewhere, owners),
        **{name: rows if dice.whole(0, 7) < there[name] else None for name, rows in optional.items()},
    }
