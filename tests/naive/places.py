"""Where a number is, and which places are local to each other (DOMAIN sections 2 and 3)."""

from datetime import date
from typing import NamedTuple

from tests.naive.midnights import local_day, zone_named
from tests.naive.world import Row, World, in_force

EIGHT_YY = ("800", "833", "844", "855", "866", "877", "888")


class Place(NamedTuple):
    """A rate center's key."""

    state: str
    rate_center: str


class SuspendedError(Exception):
    """Some reference is missing: the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def usable(calling: str | None) -> bool:
    """Say whether a calling number can place a caller: neither NPA nor NXX begins with 0 or 1."""
    return calling is not None and calling[0] not in "01" and calling[3] not in "01"


def state_day(world: World, state: str | None, epoch_ms: int) -> date:
    """Return the local day of an instant in a state; UTC where no agreement gives a zone."""
    return local_day(epoch_ms, zone_named(world.zones.get(state or "")))


def block_on(world: World, number: str, day: date) -> Row | None:
    """Return the block of a number on a day: of those in force the longest match."""
    for length in (7, 6):
        if len(number) >= length:
            for row in world.blocks.get(number[:length], ()):
                if in_force(row, day):
                    return row
    return None


def block_at(world: World, number: str, epoch_ms: int) -> Row | None:
    """Return the block that gives a call its state: each row is dated in its own state's zone."""
    for length in (7, 6):
        if len(number) >= length:
            for row in world.blocks.get(number[:length], ()):
                if in_force(row, state_day(world, row["state"], epoch_ms)):
                    return row
    return None


def place(row: Row) -> Place:
    """Return where a block's numbers are."""
    return Place(row["state"], row["rate_center"])


def areas_of(rows: list[Row], where: Place, day: date) -> set[str]:
    """Return the mandatory local calling areas that a rate center is in on a day."""
    return {row["area"] for row in rows if (row["state"], row["rate_center"]) == tuple(where) and in_force(row, day)}


def local_to_each_other(world: World, one: Place, other: Place, day: date) -> bool:
    """Say whether two rate centers are one, or share a mandatory local calling area."""
    if one == other:
        return True
    rows = world.rows("local_areas")
    return one.state == other.state and bool(areas_of(rows, one, day) & areas_of(rows, other, day))


def eas_kinds(world: World, one: Place, other: Place, day: date) -> set[str]:
    """Return the kinds of EAS pair that two rate centers make on a day; pairs hold both ways."""
    kinds = set()
    for row in world.rows("eas_pairs"):
        ends = [(row["state_a"], row["rate_center_a"]), (row["state_b"], row["rate_center_b"])]
        if in_force(row, day) and [tuple(one), tuple(other)] in (ends, ends[::-1]):
            kinds.add(row["kind"])
    return kinds


def trunk_row(rows: list[Row] | None, name: str | None, day: date) -> Row | None:
    """Return a trunk group's row on a day, if it has one."""
    return next((row for row in rows or [] if row["trunk_group"] == name and in_force(row, day)), None)
