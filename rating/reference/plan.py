"""Reference tables compiled into arrays, so that a call is placed by integers alone.

A `Plan` is what the classifying kernel reads. Days are counted from the calendar's first day
(the position in a zone's list of midnights); names are codes of `rating.names.Names`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rating.names import Names
from rating.reference.relations import Relations, compile_relations
from rating.reference.rows import Agreement, NumberBlock, Ocn, Source, Tables, TrunkGroup

__all__ = ["FOREVER", "TOLL_FREE", "Plan", "compile_plan", "day_span", "pack_ocn"]

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

_NPA_NXX_DIGITS: Final = 6

FOREVER: Final = 1 << 30
"""A day beyond every calendar: stands for an open `through`; its negative for an open `from`."""

TOLL_FREE: Final = (800, 833, 844, 855, 866, 877, 888)
"""The called NPAs of originating 8YY traffic (DOMAIN section 3, test 3)."""

_Row = TypeVar("_Row")

ROUTES: Final = {"direct": 1, "tandem": 2}
"""How a call came, by its trunk group's kind; 0 where no trunk group is known."""

ROLE_EMPTY, ROLE_BILLING, ROLE_VERIFICATION = 0, 1, 2
DIRECTION_ANY, DIRECTION_TERMINATING, DIRECTION_ORIGINATING = 0, 1, 2


class Plan(NamedTuple):
    """Everything that places a call, as arrays; see `compile_plan` for the meaning of each."""

    midnights: Ints
    state_zone: Codes
    toll_free: NDArray[np.bool_]
    block: Codes
    group_first: Codes
    group_count: Codes
    group_thousands: Codes
    thousands: Codes
    row_from: Codes
    row_through: Codes
    row_ocn: Codes
    row_rate_center: Codes
    row_lata: Codes
    row_state: Codes
    row_switch: Codes
    ocn_packed: Ints
    ocn_packed_code: Codes
    ocn_first: Codes
    ocn_count: Codes
    ocn_from: Codes
    ocn_through: Codes
    ocn_party: Codes
    pair_first: Codes
    pair_count: Codes
    pair_agreement: Codes
    agreement_a: Codes
    agreement_b: Codes
    agreement_incumbent: Codes
    agreement_state: Codes
    agreement_zone: Codes
    agreement_by_connect: NDArray[np.bool_]
    trunk_loaded: bool
    trunk_first: Codes
    trunk_count: Codes
    trunk_from: Codes
    trunk_through: Codes
    trunk_agreement: Codes
    trunk_route: Codes
    relation_slot: Ints
    relation_first: Codes
    relation_count: Codes
    relation_from: Codes
    relation_through: Codes
    relation_kind: Codes
    place_rate_center: Codes
    sources_loaded: bool
    source_first: Codes
    source_count: Codes
    source_from: Codes
    source_through: Codes
    source_party: Codes
    source_role: Codes
    source_direction: Codes
    source_trunk: Codes


class _DatedRow(Protocol):
    @property
    def from_(self) -> date | None: ...
    @property
    def through(self) -> date | None: ...


def pack_ocn(ocn: str) -> int:
    """Return a four-character OCN as one integer, big-endian, as the scanner hands it over."""
    return int.from_bytes(ocn.encode("ascii"), "big")


def day_span(row: _DatedRow, first_day: date) -> tuple[int, int]:
    """Return the row's first and last day as calendar days, open ends as `FOREVER`."""
    start = -FOREVER if row.from_ is None else (row.from_ - first_day).days
    end = FOREVER if row.through is None else (row.through - first_day).days
    return start, end


def _codes(values: Iterable[int]) -> Codes:
    return np.fromiter(values, np.int32)


def _csr(lists: Sequence[Sequence[tuple[int, ...]]], width: int) -> tuple[Codes, Codes, list[Codes]]:
    """Lay lists of rows end to end: first and count per list, one array per column."""
    counts = _codes(len(rows) for rows in lists)
    first = np.zeros(len(lists), np.int32)
    np.cumsum(counts[:-1], out=first[1:])
    flat = [row for rows in lists for row in rows]
    return first, counts, [_codes(row[i] for row in flat) for i in range(width)]


_BLOCK_COLUMNS: Final = (
    "row_from",
    "row_through",
    "row_ocn",
    "row_rate_center",
    "row_lata",
    "row_state",
    "row_switch",
)


def _blocks(rows: Sequence[NumberBlock], names: Names, first_day: date) -> dict[str, Codes]:
    """Return groups of rows by NPA-NXX (and by thousands-block), reached by the digits themselves."""
    by_key: dict[str, list[NumberBlock]] = defaultdict(list)
    for row in rows:
        by_key[row.npa_nxx].append(row)
    block = np.full(1_000_000, -1, np.int32)
    groups: list[list[NumberBlock]] = []
    group_thousands: list[int] = []
    thousands: list[int] = []
    for key, members in sorted(by_key.items()):
        prefix = int(key[:6])
        if len(key) == _NPA_NXX_DIGITS:
            block[prefix] = len(groups)
            groups.append(members)
            group_thousands.append(-1)
            continue
        if block[prefix] < 0:
            block[prefix] = len(groups)
            groups.append([])
            group_thousands.append(-1)
        whole = int(block[prefix])
        if group_thousands[whole] < 0:
            group_thousands[whole] = len(thousands)
            thousands.extend([-1] * 10)
        thousands[group_thousands[whole] + int(key[6])] = len(groups)
        groups.append(members)
        group_thousands.append(-1)

    def columns(row: NumberBlock) -> tuple[int, ...]:
        return (
            *day_span(row, first_day),
            names.code("ocn", row.ocn),
            names.code("rate_center", f"{row.state}|{row.rate_center}"),
            names.code("lata", row.lata),
            names.code("state", row.state),
            names.code("end_office", row.switch),
        )

    first, count, table = _csr([[columns(row) for row in members] for members in groups], 7)
    return {
        "block": block,
        "group_first": first,
        "group_count": count,
        "group_thousands": _codes(group_thousands),
        "thousands": _codes(thousands),
        **dict(zip(_BLOCK_COLUMNS, table, strict=True)),
    }


def _by_code(
    rows: Iterable[_Row], code: Callable[[_Row], int], columns: Callable[[_Row], tuple[int, ...]]
) -> dict[int, list[tuple[int, ...]]]:
    out: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for row in rows:
        out[code(row)].append(columns(row))
    return out


def _ocns(rows: Sequence[Ocn], names: Names, first_day: date) -> dict[str, NDArray[np.int64] | Codes]:
    by_code: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for row in rows:
        by_code[names.code("ocn", row.ocn)].append((*day_span(row, first_day), names.code("party", row.party)))
    known = names.all("ocn")
    first, count, (start, end, party) = _csr([by_code.get(code, []) for code in range(len(known))], 3)
    packed = sorted((pack_ocn(name), code) for code, name in enumerate(known) if name)
    return {
        "ocn_packed": np.array([value for value, _ in packed], np.int64),
        "ocn_packed_code": _codes(code for _, code in packed),
        "ocn_first": first,
        "ocn_count": count,
        "ocn_from": start,
        "ocn_through": end,
        "ocn_party": party,
    }


def _agreements(
    rows: Sequence[Agreement], names: Names, zones: Mapping[str, int], by_connect: frozenset[str]
) -> dict[str, Codes | NDArray[np.bool_]]:
    """Agreements by code, and the agreements of each (party, state) in the order of the file."""
    size = names.count("agreement")
    states = names.count("state")
    columns = {name: np.zeros(size, np.int32) for name in ("a", "b", "incumbent", "state", "zone")}
    connect = np.zeros(size, np.bool_)
    connect[0] = "" in by_connect
    of_pair: list[list[tuple[int, ...]]] = [[] for _ in range(names.count("party") * states)]
    for row in rows:
        code = names.code("agreement", row.agreement)
        a, b = names.code("party", row.party_a), names.code("party", row.party_b)
        state = names.code("state", row.state)
        incumbent = names.code("party", row.incumbent)
        for column, value in zip(columns.values(), (a, b, incumbent, state, zones[row.time_zone]), strict=True):
            column[code] = value
        connect[code] = row.agreement in by_connect
        for party in (a, b):
            of_pair[party * states + state].append((code,))
    first, count, (agreement,) = _csr(of_pair, 1)
    shape = (names.count("party"), states)
    return {
        "pair_first": first.reshape(shape),
        "pair_count": count.reshape(shape),
        "pair_agreement": agreement,
        **{f"agreement_{name}": column for name, column in columns.items()},
        "agreement_by_connect": connect,
    }


def _trunks(rows: Sequence[TrunkGroup] | None, names: Names, first_day: date) -> dict[str, Codes | bool]:
    by_code = _by_code(
        rows or (),
        lambda row: names.code("trunk_group", row.trunk_group),
        lambda row: (*day_span(row, first_day), names.code("agreement", row.agreement), ROUTES[row.kind]),
    )
    lists = [by_code.get(code, []) for code in range(names.count("trunk_group"))]
    first, count, (start, end, agreement, route) = _csr(lists, 4)
    return {
        "trunk_loaded": rows is not None,
        "trunk_first": first,
        "trunk_count": count,
        "trunk_from": start,
        "trunk_through": end,
        "trunk_agreement": agreement,
        "trunk_route": route,
    }


_ROLES: Final = {"": ROLE_EMPTY, "billing": ROLE_BILLING, "verification": ROLE_VERIFICATION}
_DIRECTIONS: Final = {"": DIRECTION_ANY, "terminating": DIRECTION_TERMINATING, "originating": DIRECTION_ORIGINATING}


def _sources(rows: Sequence[Source] | None, names: Names, first_day: date) -> dict[str, Codes | bool]:
    by_code = _by_code(
        rows or (),
        lambda row: names.code("source", row.source),
        lambda row: (
            *day_span(row, first_day),
            names.code("party", row.party),
            _ROLES[row.role or ""],
            _DIRECTIONS[row.direction or ""],
            names.code("trunk_group", row.trunk_group or ""),
        ),
    )
    lists = [by_code.get(code, []) for code in range(names.count("source"))]
    first, count, table = _csr(lists, 6)
    return {
        "sources_loaded": rows is not None,
        "source_first": first,
        "source_count": count,
        **dict(
            zip(
                ("source_from", "source_through", "source_party", "source_role", "source_direction", "source_trunk"),
                table,
                strict=True,
            )
        ),
    }


def _places(names: Names) -> tuple[dict[str, int], Codes]:
    """Rate-center names apart from their state, and the rate center that each is in each state."""
    places: dict[str, int] = {}
    found: list[tuple[int, int, int]] = []
    for code, name in enumerate(names.all("rate_center")):
        if code:
            state, _, place = name.partition("|")
            found.append((places.setdefault(place, len(places)), names.code("state", state), code))
    table = np.full((max(1, len(places)), names.count("state")), -1, np.int32)
    for place_code, state_code, code in found:
        table[place_code, state_code] = code
    return places, table


def _register(tables: Tables, names: Names) -> None:
    """Give every name of the tables its code first: the arrays below are as long as there are codes."""
    for party in tables.parties:
        names.code("party", party.party)
    for agreement in tables.agreements:
        names.code("agreement", agreement.agreement)
        names.code("state", agreement.state)
    for ocn in tables.ocns:
        names.code("ocn", ocn.ocn)
    for block in tables.number_blocks:
        names.code("state", block.state)
        names.code("ocn", block.ocn)
        names.code("rate_center", f"{block.state}|{block.rate_center}")
    for area in tables.local_areas or ():
        names.code("state", area.state)
        names.code("rate_center", f"{area.state}|{area.rate_center}")
    for pair in tables.eas_pairs or ():
        for state, center in ((pair.state_a, pair.rate_center_a), (pair.state_b, pair.rate_center_b)):
            names.code("state", state)
            names.code("rate_center", f"{state}|{center}")
    for trunk in tables.trunk_groups or ():
        names.code("trunk_group", trunk.trunk_group)
    for source in tables.sources or ():
        names.code("source", source.source)
        if source.trunk_group:
            names.code("trunk_group", source.trunk_group)


def compile_plan(
    tables: Tables,
    names: Names,
    midnights: Mapping[str, Ints],
    first_day: date,
    by_connect: frozenset[str] = frozenset(),
) -> tuple[Plan, dict[str, int]]:
    """Compile checked tables into arrays.

    Parameters
    ----------
    tables : Tables
        Checked: rows of one key do not overlap, references resolve.
    names : Names
        Codes; names that are new are added.
    midnights : mapping of zone name to (d + 1,) int64
        Local midnights in epoch milliseconds from `first_day` on, the same length for each zone;
        ``UTC`` has to be among them: it dates calls of states without an agreement.
    first_day : date
        The day of position 0.
    by_connect : frozenset of agreement names
        Where a call's rate is that of its day of connect (switch ``rate_date``); "" for calls without one.

    Returns
    -------
    plan : Plan
    places : dict
        Rate-center names without their state, with the codes that `Plan.place_rate_center` uses.
    """
    zones = {name: position for position, name in enumerate(midnights)}
    _register(tables, names)
    state_zone = np.full(names.count("state"), zones["UTC"], np.int32)
    for agreement in tables.agreements:
        state_zone[names.code("state", agreement.state)] = zones[agreement.time_zone]
    toll_free = np.zeros(1000, np.bool_)
    toll_free[list(TOLL_FREE)] = True
    relations: Relations = compile_relations(tables, names, first_day)
    places, place_rate_center = _places(names)
    columns: dict[str, Any] = {
        **_blocks(tables.number_blocks, names, first_day),
        **_ocns(tables.ocns, names, first_day),
        **_agreements(tables.agreements, names, zones, by_connect),
        **_trunks(tables.trunk_groups, names, first_day),
        **_sources(tables.sources, names, first_day),
        **relations._asdict(),
    }
    plan = Plan(
        midnights=np.stack(list(midnights.values())),
        state_zone=state_zone,
        toll_free=toll_free,
        place_rate_center=place_rate_center,
        **columns,
    )
    return plan, places
