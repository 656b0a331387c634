"""The reference tables that place a call, looked up row by row so that each answer can name its line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Protocol, TypeVar

from rating.reference.plan import TOLL_FREE
from rating.reference.rows import Agreement, EasPair, LocalArea, NumberBlock, Ocn, Source, Tables, TrunkGroup
from stream.explain.words import local

__all__ = ["Lookups", "in_words", "is_toll_free", "place_name", "usable", "where"]

_PREFIX: Final = 6
_UTC: Final = "UTC"


class _Dated(Protocol):
    @property
    def from_(self) -> date | None: ...
    @property
    def through(self) -> date | None: ...
    @property
    def line(self) -> int: ...


_Row = TypeVar("_Row", bound=_Dated)


def in_words(row: _Dated) -> str:
    """Write the days of a row: ``from 2003-01-01``; "" where both ends are open."""
    parts = [f"from {row.from_}" if row.from_ else "", f"through {row.through}" if row.through else ""]
    return " ".join(part for part in parts if part)


def where(table: str, *rows: _Dated | Agreement) -> str:
    """Write where rows stand: ``eas_pairs.csv:12`` or ``local_areas.csv:4,9``."""
    return f"{table}.csv:{','.join(str(row.line) for row in rows)}"


def place_name(rate_center: str) -> str:
    """Write a rate center for people: ``WI|MILWAUKEE -> MILWAUKEE, WI``."""
    state, _, name = rate_center.partition("|")
    return f"{name}, {state}" if name else "unknown"


def usable(number: str) -> bool:
    """Whether neither NPA nor NXX begins with 0 or 1 (DOMAIN section 2, Parties and place)."""
    return number[0] not in "01" and number[3] not in "01"


def is_toll_free(called: str) -> bool:
    """Whether the called NPA is one of originating 8YY traffic (DOMAIN section 3, test 3)."""
    return int(called[:3]) in TOLL_FREE


def _holding(rows: Iterable[_Row], day: date) -> _Row | None:
    """Return the first row that holds on a day."""
    for row in rows:
        if (row.from_ is None or row.from_ <= day) and (row.through is None or day <= row.through):
            return row
    return None


class Lookups:
    """Dated look-ups over the tables as they are loaded; the clock is that of the call's state."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._blocks: dict[str, list[NumberBlock]] = defaultdict(list)
        for block in tables.number_blocks:
            self._blocks[block.npa_nxx].append(block)
        self._ocns: dict[str, list[Ocn]] = defaultdict(list)
        for ocn in tables.ocns:
            self._ocns[ocn.ocn].append(ocn)
        self._trunks: dict[str, list[TrunkGroup]] = defaultdict(list)
        for trunk in tables.trunk_groups or ():
            self._trunks[trunk.trunk_group].append(trunk)
        self._areas: dict[str, list[LocalArea]] = defaultdict(list)
        for area in tables.local_areas or ():
            self._areas[f"{area.state}|{area.rate_center}"].append(area)
        self._eas: dict[frozenset[str], list[EasPair]] = defaultdict(list)
        for pair in tables.eas_pairs or ():
            ends = frozenset((f"{pair.state_a}|{pair.rate_center_a}", f"{pair.state_b}|{pair.rate_center_b}"))
            self._eas[ends].append(pair)
        self.zones = {row.state: row.time_zone for row in tables.agreements}
        self.agreements = {row.agreement: row for row in tables.agreements}
        self.known_ocns = {row.ocn for row in tables.ocns} | {row.ocn for row in tables.number_blocks}

    def zone(self, state: str) -> str:
        """Return the time zone of a state's agreements; UTC for a state without one."""
        return self.zones.get(state, _UTC)

    def day(self, state: str, at_ms: int) -> date:
        """Return the local day of an instant in a state."""
        return local(at_ms, self.zone(state)).date()

    def block(self, number: str, at_ms: int) -> NumberBlock | None:
        """Return the block of six or more digits that names a call's state; each row dated by its own state's clock."""
        for row in self._rows_of(number):
            if _holding((row,), self.day(row.state, at_ms)) is not None:
                return row
        return None

    def block_on(self, number: str, day: date) -> NumberBlock | None:
        """Return the block of any other six or more digits of a call on its day of connect."""
        return _holding(self._rows_of(number), day)

    def _rows_of(self, number: str) -> Sequence[NumberBlock]:
        """Return a number's rows, those of its thousands-block first: one that is in force wins."""
        keys = (number[: _PREFIX + 1], number[:_PREFIX]) if len(number) > _PREFIX else (number,)
        return [row for key in keys for row in self._blocks.get(key, ())]

    def ended_block(self, number: str) -> Sequence[NumberBlock]:
        """Return the rows that a number has on whatever days, for saying why none serves."""
        return [*self._blocks.get(number[: _PREFIX + 1], ()), *self._blocks.get(number[:_PREFIX], ())]

    def ocn(self, ocn: str, day: date) -> Ocn | None:
        """Return the row that says whose an OCN is on a day."""
        return _holding(self._ocns.get(ocn, ()), day)

    def trunk(self, name: str, day: date) -> TrunkGroup | None:
        """Return a trunk group's row on a day."""
        return _holding(self._trunks.get(name, ()), day)

    def agreement_of_trunk(self, name: str, at_ms: int) -> Agreement | None:
        """Return the agreement that a trunk group is of at an instant, each row dated by its own state's clock."""
        for row in self._trunks.get(name, ()):
            agreement = self.agreements[row.agreement]
            if _holding((row,), self.day(agreement.state, at_ms)) is not None:
                return agreement
        return None

    def shared_areas(self, a: str, b: str, day: date) -> list[LocalArea]:
        """Return the rows by which two rate centers are in one mandatory local calling area, two an area."""
        out = []
        for row in self._areas.get(a, ()):
            for other in self._areas.get(b, ()):
                if (row.state, row.area) == (other.state, other.area) and all(
                    _holding((r,), day) is not None for r in (row, other)
                ):
                    out += [row, other]
        return out

    def eas(self, a: str, b: str, day: date) -> list[EasPair]:
        """Return the extended-area rows of two rate centers on a day; they hold both ways."""
        return [row for row in self._eas.get(frozenset((a, b)), ()) if _holding((row,), day) is not None]

    def pair(self, a: str, b: str, state: str) -> Agreement | None:
        """Return the agreement of two parties in a state."""
        for row in self.tables.agreements:
            if row.state == state and {a, b} == {row.party_a, row.party_b}:
                return row
        return None

    def of_party(self, party: str, state: str) -> list[Agreement]:
        """Return a party's agreements in a state, in the order of the file."""
        return [r for r in self.tables.agreements if r.state == state and party in (r.party_a, r.party_b)]

    def recordings(self, source: str, originator: str, terminator: str, trunk: str | None, day: date) -> Source | None:
        """Return the row that says whether a source's recording bills (DOMAIN section 14).

        The row that names the trunk group wins, then one that names a direction; of equals the first.
        """
        best: tuple[int, Source] | None = None
        for row in self.tables.sources or ():
            if row.source != source or _holding((row,), day) is None:
                continue
            if row.trunk_group and row.trunk_group != trunk:
                continue
            ends = {"terminating": terminator, "originating": originator}
            if row.direction and ends[row.direction] != row.party:
                continue
            weight = (2 if row.trunk_group else 0) + (1 if row.direction else 0)
            if best is None or weight > best[0]:
                best = weight, row
        return best[1] if best is not None else None
