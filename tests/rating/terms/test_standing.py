"""From when to when an instrument stands, by hand: approvals, signatures, the end of its agreement, and why."""

from datetime import date
from typing import Any

import pytest

from rating.terms.events import Approved, Event, IcaEnded, Rejected, Signed, Submitted
from rating.terms.model import Clause, Contingent, EndsWith, Instrument, Retroactive
from rating.terms.rank import amends
from rating.terms.standing import Standing, standing

FLOOR, TOLD = date(2004, 6, 1), date(2004, 5, 26)
BACK = Retroactive(upon="approved", to="base_approved", not_before=FLOOR, not_before_signature_of="kmc")
WAITS = Contingent(upon="approved", true_up_from=date(2003, 6, 1))
LATER = "one reaches back to {}: the later of the base's approval {}, 2004-06-01 and 2004-05-26 (1)"
KNOWN = "one is known from 2004-05-26, the last signature"


def made(*effects: Any, **fields: Any) -> Instrument:
    given: dict[str, Any] = {
        "id": "one",
        "title": "t",
        "domain": "traffic",
        "source": "made for a test",
        "parties": ("sbc", "kmc"),
        "amends": "base",
        "effective": FLOOR,
        "signed": {"sbc": date(2004, 5, 20), "kmc": TOLD},
        "clause": tuple(Clause(ref=str(n), says="x", effects=(effect,)) for n, effect in enumerate(effects, 1)),
    }
    return Instrument(**{**given, **fields})


def decided(kind: Any, day: date, instrument: str = "one", *, name: str = "d", **fields: Any) -> Event:
    """Return a commission's word in Wisconsin; of ``base`` for its agreement unless said otherwise."""
    if instrument == "base":
        fields = {"agreement": "a", **fields}
    event: Event = kind(id=name, on=day, instrument=instrument, **{"state": "WI", **fields})
    return event


def stands(instrument: Instrument, *events: Event, known: date = date(2030, 1, 1)) -> Standing | None:
    return standing(instrument, "WI", "a", events, known)


def test_it_is_known_from_the_last_signature_an_event_s_before_the_file_s() -> None:
    own = made(effective_through=date(2004, 12, 31))
    assert stands(own) == Standing(FLOOR, date(2004, 12, 31), "", (KNOWN,), TOLD)
    assert stands(own, known=TOLD) is not None
    assert stands(own, known=date(2004, 5, 25)) is None
    later = Signed(id="s", on=date(2004, 7, 1), instrument="one", party="kmc")
    assert stands(own, later, known=date(2004, 6, 30)) is None
    found = stands(own, later)
    assert found is not None
    assert found.signed == date(2004, 7, 1)
    assert stands(own, Signed(id="s", on=date(2004, 7, 1), instrument="two", party="kmc"), known=TOLD) is not None
    assert stands(made(signed={})) == Standing(FLOOR, None, "", ("one is known",))
    assert stands(made(effective=None)) is None


@pytest.mark.parametrize(
    ("own", "base", "first", "provisional", "why"),
    [
        (None, None, FLOOR, "no approvals known", "one starts 2004-06-01: no approvals known, provisional (1)"),
        ((7, 10), None, FLOOR, "", "one starts 2004-06-01: approved 2004-07-10, not after the base (1)"),
        ((7, 10), (7, 10), FLOOR, "", "one starts 2004-06-01: approved 2004-07-10, not after the base (1)"),
        ((7, 10), (7, 11), FLOOR, "", "one starts 2004-06-01: approved 2004-07-10, not after the base (1)"),
        (
            *((7, 10), (7, 9), date(2004, 7, 9), ""),
            LATER.format("2004-07-09", "2004-07-09"),
        ),
        (
            *((7, 10), (1, 9), FLOOR, ""),
            LATER.format("2004-06-01", "2004-01-09"),
        ),
        (
            *(None, (7, 9), date(2004, 7, 9), "approval not known"),
            LATER.format("2004-07-09", "2004-07-09"),
        ),
    ],
)
def test_it_reaches_back_to_the_base_s_approval(
    own: tuple[int, int] | None, base: tuple[int, int] | None, first: date, provisional: str, why: str
) -> None:
    events = [
        decided(Approved, date(2004, *day), name, name=name)
        for name, day in (("one", own), ("base", base))
        if day is not None
    ]
    assert stands(made(BACK), *events) == Standing(first, None, provisional, (KNOWN, why), TOLD)


def test_nor_does_it_reach_behind_a_signature() -> None:
    base = decided(Approved, date(2004, 7, 9), "base")
    signed = made(BACK, signed={"sbc": date(2004, 5, 20), "kmc": date(2004, 7, 20)})
    found = stands(signed, base)
    assert found is not None
    assert found.first == date(2004, 7, 20)
    # Of a party whose signature is not known only the floor counts.
    early = decided(Approved, date(2004, 1, 9), "base")
    other = made(BACK, signed={"sbc": date(2004, 5, 20)})
    found = stands(other, early)
    assert found is not None
    assert found.first == FLOOR


def test_the_base_is_an_agreement_s_and_the_rest_a_state_s() -> None:
    one = decided(Approved, date(2004, 7, 10))
    elsewhere = (
        decided(Approved, date(2004, 6, 30), "base", agreement="b"),
        decided(Approved, date(2004, 6, 29), "two"),
        decided(Approved, date(2004, 6, 28), state="IL"),
    )
    ours = decided(Approved, date(2004, 7, 1), "base", agreement="a")
    found = stands(made(BACK), *elsewhere, one, ours)
    assert found is not None
    assert found.first == date(2004, 7, 1)
    # An approval of an amendment is for every agreement of the state.
    named = decided(Approved, date(2004, 7, 10), agreement="b")
    found = stands(made(WAITS), named)
    assert found is not None
    assert found.provisional == ""


def test_what_waits_for_approval_is_provisional_until_then_and_ends_with_a_rejection() -> None:
    own = made(WAITS)
    waiting = "one is contingent on approval: priced as if approved, provisional (1)"
    assert stands(own) == Standing(FLOOR, None, "approval not known", (KNOWN, waiting), TOLD)
    approved = "one is contingent on approval: approved 2004-09-01, trued up from 2003-06-01 (1)"
    yes, no = decided(Approved, date(2004, 9, 1)), decided(Rejected, date(2004, 8, 1))
    assert stands(own, yes) == Standing(FLOOR, None, "", (KNOWN, approved), TOLD)
    assert stands(own, no) is None
    assert stands(own, no, yes) == stands(own, yes)
    assert stands(own, yes, no) is None
    assert stands(made(BACK), no) is None
    # What is contingent on nothing stands by its signatures.
    assert stands(made(), no) == Standing(FLOOR, None, "", (KNOWN,), TOLD)


def test_it_is_deemed_approved_ninety_days_after_the_first_submission() -> None:
    own = made(WAITS)
    first, again = decided(Submitted, date(2004, 6, 1)), decided(Submitted, date(2004, 7, 1))
    day = date(2004, 8, 30)  # 30 days of June are left after the first, 31 of July, 30 of August: 90 in all
    for events in ((first, again), (again, first), (first,)):
        found = [stands(own, *events, known=known) for known in (date(2004, 8, 29), day)]
        assert [one.provisional for one in found if one is not None] == ["approval not known", ""]
        assert found[1] is not None
        assert found[1].chain[-1].startswith("one is contingent on approval: approved 2004-08-30, trued up")
    assert stands(own, first, decided(Rejected, date(2004, 7, 1))) is None


def test_it_ends_the_day_before_its_agreement_has_ended() -> None:
    def ended(day: date, agreement: str = "a") -> IcaEnded:
        return IcaEnded(id="e", on=day, agreement=agreement)

    own = made(EndsWith(), effective_through=date(2004, 12, 31))
    assert stands(own, ended(date(2004, 10, 1))) == Standing(
        FLOOR, date(2004, 9, 30), "", (KNOWN, "one ends 2004-09-30 with its agreement (1)"), TOLD
    )
    lasts = [
        stands(one, *events)
        for one, *events in (
            (own, ended(date(2004, 10, 1), "b")),
            (own, ended(date(2005, 3, 1))),
            (own, ended(date(2004, 11, 1)), ended(date(2004, 10, 1))),
            (made(EndsWith()), ended(date(2005, 3, 1))),
            (made(EndsWith(survives_into_successor=True)), ended(date(2005, 3, 1))),
            (own, ended(date(2004, 6, 2))),
        )
    ]
    assert [found.last if found else "nothing" for found in lasts] == [
        *(date(2004, 12, 31), date(2004, 12, 31), date(2004, 9, 30), date(2005, 2, 28), None, FLOOR)
    ]
    assert stands(own, ended(FLOOR)) is None


def test_an_outcome_reaches_back_and_says_so() -> None:
    own = Standing(FLOOR, None, "p", ("c",), TOLD)
    why = "two is the outcome of a request and reaches back to the day it counts from, 2004-05-01"
    assert own.as_outcome("two", date(2004, 5, 1)) == Standing(
        date(2004, 5, 1), None, "p", ("c", why), TOLD, date(2004, 5, 1)
    )
    assert own.as_outcome("two", date(2004, 7, 1)).first == FLOOR


def test_an_amendment_changes_the_agreement_of_its_parties_in_its_states() -> None:
    base = made(id="base", domain="base", amends="", states=("WI", "IL"))
    assert amends(made(), base)
    assert amends(made(states=("IL",)), base)
    assert not amends(made(states=("TX",)), base)
    assert amends(made(states=("TX",)), made(id="base", domain="base", amends=""))
    assert not amends(made(parties=("sbc", "third")), base)
    assert not amends(made(), made(id="two"))
    assert amends(made(amends="two"), made(id="two"))
    assert not amends(made(amends="two"), base)
    assert not amends(base, base)


def test_a_base_is_deemed_approved_too_and_strange_events_change_nothing() -> None:
    strange: tuple[Event, ...] = (
        IcaEnded(id="x", on=date(2004, 1, 1), agreement="b"),
        Signed(id="y", on=date(2004, 1, 1), instrument="two", party="kmc"),
    )
    submitted = decided(Submitted, date(2004, 4, 10), "base")  # 90 days later it is July 9
    approved = decided(Approved, date(2004, 9, 1))
    for known, first in ((date(2004, 7, 8), FLOOR), (date(2004, 7, 9), date(2004, 7, 9))):
        found = stands(made(BACK), *strange, submitted, known=known)
        assert found is not None
        assert found.first == first
    found = stands(made(BACK, WAITS), *strange, submitted, approved)
    assert found is not None
    assert (found.first, found.provisional) == (date(2004, 7, 9), "")
    # Another agreement's base is none of this one's, decided later or not.
    ours, other = (
        decided(Approved, date(2004, 7, 1), "base", agreement="a"),
        decided(Approved, date(2004, 7, 5), "base", agreement="b"),
    )
    for events in ((ours, other), (other, ours)):
        found = stands(made(BACK), *events)
        assert found is not None
        assert found.first == date(2004, 7, 1)
