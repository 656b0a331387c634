"""Which row of a trunk group is in force on a day."""

from datetime import date

from rating.names import Names
from rating.reference.rows import TrunkGroup
from rating.trunk_groups import trunk_group_on
from tests.rating.facts import facts

JULY, AUGUST = (date(2004, 7, 1), date(2004, 7, 31)), (date(2004, 8, 2), date(2004, 8, 31))


def row(name: str, kind: str, first: date | None, last: date | None) -> TrunkGroup:
    return TrunkGroup(
        trunk_group=name,
        agreement="sbc-kmc-wi",
        kind=kind,
        tandem="T1",
        end_office="",
        trunks=24,
        from_=first,
        through=last,
        line=2,
    )


def test_the_row_of_the_day_holds_from_its_first_to_its_last() -> None:
    rows = (row("a", "direct", *JULY), row("b", "direct", None, None), row("a", "tandem", *AUGUST))
    known = facts(Names(), [], trunk_groups=rows)
    found = {
        day: (one.kind if (one := trunk_group_on(known, "a", date.fromisoformat(day))) else None)
        for day in ("2004-06-30", "2004-07-01", "2004-07-31", "2004-08-01", "2004-08-02", "2004-08-31", "2004-09-01")
    }
    assert list(found.values()) == [None, "direct", "direct", None, "tandem", "tandem", None]
    assert trunk_group_on(known, "b", date(1990, 1, 1)) == rows[1]
    assert trunk_group_on(known, "c", JULY[0]) is None
    assert trunk_group_on(facts(Names(), []), "a", JULY[0]) is None


def test_an_open_end_is_open() -> None:
    known = facts(Names(), [], trunk_groups=(row("a", "direct", None, JULY[1]), row("b", "direct", JULY[0], None)))
    found = [
        trunk_group_on(known, name, day) is not None for name in "ab" for day in (date(1990, 1, 1), date(2090, 1, 1))
    ]
    assert found == [True, False, False, True]
