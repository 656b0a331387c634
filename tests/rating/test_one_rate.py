"""What the seven months of one rate do to calls, clause by clause, where no other test says it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.codes import TrafficClass, name_of
from rating.names import Names
from rating.policy import Policy
from rating.reference import rows
from rating.statement import statement
from rating.terms.events import Event, IncumbentFailure, InterconnectionStarted, LawOrder, WrittenNotice, WrittenRequest
from rating.terms.model import Clause, Instrument, Rate
from tests.rating.facts import INSTRUMENTS, MINUTE, WISCONSIN, direction, facts, sums, usage, without

SA = "sbc-kmc-second"
HOUR = 60 * MINUTE


def later(**fields: Any) -> Instrument:
    """Return an amendment of August 2004 with a price of its own for local minutes."""
    rate = Rate(traffic="local", per_minute=Decimal("0.0090"))
    given: dict[str, Any] = {
        "id": "later",
        "title": "t",
        "domain": "traffic",
        "source": "made for a test",
        "parties": ("sbc", "kmc"),
        "states": ("WI",),
        "amends": "base",
        "effective": date(2004, 8, 1),
        "signed": {"sbc": date(2004, 8, 1), "kmc": date(2004, 8, 1)},
        "clause": (Clause(ref="1", says="a price", effects=(rate,)),),
    }
    return Instrument(**{**given, **fields})


def rate_on(day: str, *instruments: Instrument, ours: tuple[Instrument, ...] = INSTRUMENTS) -> int | None:
    """Return the rate of a local minute in 1e-9 dollar."""
    known = facts(Names(), [], instruments=(*ours, *instruments))
    tariff = known.timeline("sbc-kmc-wi").on(date.fromisoformat(day)).price_of(TrafficClass.LOCAL, "kmc")
    return tariff.plain if tariff is not None else None


@pytest.mark.clause("sbc-kmc-second 1.3", "sbc-kmc-second 1.4")
def test_it_wins_over_later_texts_unless_they_supersede_it_expressly() -> None:
    assert rate_on("2004-09-01", later()) == 500_000
    assert rate_on("2005-01-01", later()) == 9_000_000
    assert rate_on("2004-09-01", later(supersedes=(SA,))) == 9_000_000
    assert rate_on("2004-07-31", later(supersedes=(SA,))) == 500_000
    # Either clause says so by itself; without both, the later text would control.
    for alone, other in (("1.3", "1.4"), ("1.4", "1.3")):
        assert rate_on("2004-09-01", later(), ours=without(f"{SA} {other}")) == 500_000, alone


def test_the_switch_about_what_came_with_it_reaches_no_later_text() -> None:
    known = facts(Names(), [], instruments=(*INSTRUMENTS, later()), policy=Policy(sa_over_xa=False))
    held = known.timeline("sbc-kmc-wi").on(date(2004, 9, 1))
    tariff = held.price_of(TrafficClass.LOCAL, "kmc")
    assert tariff is not None
    assert (tariff.instrument, tariff.plain) == (SA, 500_000)
    assert held.isp["kmc"].instrument == "sbc-kmc-wi-isp"


ORDER: dict[str, Any] = {
    "id": "o", "on": date(2004, 7, 1), "order": "x", "body": "fcc", "action": "invalidates", "affects": ("rate",),
    "final": True, "effective": date(2004, 8, 10),
}  # fmt: skip
REQUEST = WrittenRequest(id="r", on=date(2004, 8, 5), agreement="sbc-kmc-wi", order="x", by="kmc")


def priced_from(*events: Event) -> list[tuple[str, str]]:
    """Return August's lines as (last day, outcome)."""
    names = Names()
    cells = [usage(names, day, HOUR) for day in ("2004-08-05", "2004-08-20")]
    lines = direction(facts(names, cells, events=events), "2004-08")["lines"]
    return sorted((line["through"], line["outcome"]) for line in lines)


UNTOUCHED = [("2004-08-31", "compensable")]


@pytest.mark.clause("sbc-kmc-second 2.1", "sbc-kmc-second 2.3")
def test_a_final_order_acts_once_it_is_effective_and_asked_for() -> None:
    assert priced_from(LawOrder(**ORDER)) == UNTOUCHED
    assert priced_from(LawOrder(**ORDER), REQUEST) == [("2004-08-09", "compensable"), ("2004-08-31", "terms_missing")]


@pytest.mark.clause("sbc-kmc-second 2.1")
def test_without_the_waiver_a_notice_would_act_once_the_order_is_effective() -> None:
    notice = WrittenNotice(id="n", on=date(2004, 7, 20), agreement="sbc-kmc-wi", order="x", by="kmc")

    def starts(**change: Any) -> list[date]:
        events: list[Event] = [LawOrder(**{**ORDER, **change}), notice]
        known = facts(Names(), [], instruments=without(f"{SA} 2.3"), events=events).timeline("sbc-kmc-wi")
        return [
            i.first
            for i in known.intervals
            if (tariff := i.price_of(TrafficClass.LOCAL, "kmc")) is not None and not tariff.elements
        ]

    assert starts()[0] == date(2004, 8, 10)
    assert starts(effective=date(2004, 7, 10))[0] == date(2004, 7, 20)
    assert starts(final=False, body="court")[0] == date(2004, 8, 10)
    waived = facts(Names(), [], events=[LawOrder(**ORDER), notice]).timeline("sbc-kmc-wi")
    assert waived.on(date(2004, 8, 10)).own[TrafficClass.LOCAL, "kmc"].elements


@pytest.mark.clause("sbc-kmc-second 2.2", "sbc-kmc-second 2.3")
@pytest.mark.parametrize(
    "change",
    [
        {"body": "commission"},
        {"body": "court"},
        {"body": "legislature"},
        {"final": False},
        {"effective": date(2004, 5, 25)},  # before the signature: in the year that 2.2 waives
    ],
)
def test_any_other_order_is_waived(change: dict[str, Any]) -> None:
    assert priced_from(LawOrder(**{**ORDER, **change}), REQUEST) == UNTOUCHED


@pytest.mark.clause("sbc-kmc-second 2.3")
def test_a_request_does_not_reach_back_behind_june() -> None:
    order = LawOrder(**{**ORDER, "on": date(2004, 5, 27), "effective": date(2004, 5, 27)})
    early = WrittenRequest(id="r", on=date(2004, 5, 28), agreement="sbc-kmc-wi", order="x", by="kmc")
    fallen = facts(Names(), [], events=[order, early]).timeline("sbc-kmc-wi")
    assert not fallen.on(date(2004, 6, 1)).own[TrafficClass.LOCAL, "kmc"].elements
    assert any("rate falls from 2004-06-01" in why for why in fallen.chains[SA])


def place(state: str) -> rows.Agreement:
    return rows.Agreement(
        agreement="sbc-kmc-wi", party_a="sbc", party_b="kmc", incumbent="sbc", state=state,
        time_zone="America/Chicago", line=2,
    )  # fmt: skip


def block(center: str, state: str = "WI", ocn: str = "2588") -> rows.NumberBlock:
    return rows.NumberBlock(npa_nxx="414300", ocn=ocn, rate_center=center, lata="356", state=state, line=2)


def poi(kind: str, **fields: Any) -> rows.Poi:
    given: dict[str, Any] = {"area": "", "tandem": "", "v": None, "h": None}
    return rows.Poi(agreement="sbc-kmc-wi", party="kmc", kind=kind, line=2, **{**given, **fields})


def entitled(state: str, *pois: rows.Poi, day: str = "2004-07-06", **more: Any) -> bool:
    """Whether KMC earns a call from ALPHA, where it has numbers."""
    names = Names()
    tables = {
        "ocns": (rows.Ocn(ocn="2588", party="kmc", line=2),),
        "number_blocks": (block("ALPHA", state),),
        "rate_centers": (rows.RateCenter(state=state, rate_center="ALPHA", v=0, h=0, line=2),),
        "local_areas": (rows.LocalArea(state=state, area="LAKE", rate_center="ALPHA", line=2),),
        "tandem_areas": (rows.TandemArea(state=state, tandem="T1", rate_center="ALPHA", line=2),),
    }
    known = facts(
        names,
        [usage(names, day, HOUR, center=f"{state}|ALPHA")],
        agreement=place(state),
        pois=pois,
        **{**tables, **more},
    )
    (found,) = sums(direction(known, day[:7]))
    assert found in {("compensable", "tclt"), ("not_entitled", "no_poi")}
    return found[0] == "compensable"


AREA, TANDEM = poi("area", area="LAKE"), poi("tandem_option", tandem="T1")
NEAR, FAR = poi("mileage", v=19, h=46), poi("mileage", v=9, h=49)


@pytest.mark.clause("sbc-kmc-second 4.1", "sbc-kmc-second 4.4")
@pytest.mark.parametrize("state", ["WI", "TX", "CA"])
def test_a_point_in_the_calling_area_entitles_everywhere(state: str) -> None:
    assert entitled(state, AREA)
    assert not entitled(state)
    assert not entitled(state, poi("area", area="HILL"))
    assert not entitled(state, poi("area", area="LAKE", from_=date(2004, 7, 7)))
    # Where the payee has no numbers no point is required.
    assert entitled(state, number_blocks=(block("ALPHA", state, ocn="9999"),))


@pytest.mark.clause("sbc-kmc-second 4.1(a)(i)", "sbc-kmc-second 4.1(b)(i)")
@pytest.mark.parametrize(
    ("state", "enough"),
    [(state, True) for state in ("CA", "IL", "CT", "IN", "MI", "NV", "OH", "WI")]
    + [(state, False) for state in ("AR", "KS", "MO", "OK", "TX")],
)
def test_a_point_at_the_tandem_entitles_in_eight_states(state: str, *, enough: bool) -> None:
    assert entitled(state, TANDEM) == enough
    assert not entitled(state, poi("tandem_option", tandem="T2"))


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
@pytest.mark.parametrize(("state", "enough"), [("CA", True), ("IL", True), ("WI", False), ("OH", False), ("TX", False)])
def test_a_point_near_enough_entitles_in_two(state: str, *, enough: bool) -> None:
    assert entitled(state, NEAR) == enough
    assert not entitled(state, FAR)


@pytest.mark.clause("sbc-kmc-second 4.5", "sbc-kmc-second 4.6")
@pytest.mark.parametrize(
    ("event", "days"),
    [
        (
            InterconnectionStarted(id="i", on=date(2004, 2, 20), agreement="sbc-kmc-wi"),
            {"2004-08-19": True, "2004-08-20": False},
        ),
        (
            IncumbentFailure(id="f", on=date(2004, 7, 6), agreement="sbc-kmc-wi", through=date(2004, 7, 8)),
            {"2004-07-05": False, "2004-07-06": True, "2004-07-08": True, "2004-07-09": False},
        ),
    ],
)
def test_a_missing_point_is_excused_for_half_a_year_and_where_the_incumbent_fails(
    event: Event, days: dict[str, bool]
) -> None:
    assert {day: entitled("WI", day=day, events=[event]) for day in days} == days


@pytest.mark.clause("sbc-kmc-second 5.2", "sbc-kmc-second 5.2.1", "sbc-kmc-second 5.2.2", "sbc-kmc-second 6.0")
def test_what_is_in_the_compensable_total_and_what_governs_the_rest() -> None:
    names = Names()
    cells = [usage(names, "2004-07-06", HOUR, kind=kind) for kind in TrafficClass if kind != TrafficClass.ON_NET]
    way = direction(facts(names, cells), "2004-07")
    found = {line["class"]: (line["outcome"], line["reason"], line["rate"], line["clauses"]) for line in way["lines"]}
    total = ("compensable", "tclt", "0.0005", [f"{SA} 6.0"])
    for kind in ("local", "virtual_fx", "mandatory_eas", "optional_eas"):
        assert found[kind] == total
    for kind in ("interlata_toll", "ixc_intralata_toll"):
        outcome, reason, rate, clauses = found[kind]
        assert (outcome, reason, rate) == ("excluded", "meet_point_billing", None)
        assert f"{SA} 5.2.1" in clauses
    outcome, reason, rate, clauses = found["intralata_toll"]
    assert (outcome, reason, rate) == ("terms_missing", "switched_access", None)
    assert f"{SA} 5.2.2" in clauses


@pytest.mark.clause("sbc-kmc-second 5.2.2", "sbc-kmc-second 5.2.3", "sbc-kmc-second 5.2.4")
def test_toll_free_pays_the_originator_and_transit_the_incumbent_by_other_texts() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", HOUR, kind=TrafficClass.ORIGINATING_8YY),
        usage(names, "2004-07-06", HOUR, payer="kmc", payee="third", kind=TrafficClass.TRANSIT),
    ]
    way = direction(facts(names, cells), "2004-07", "sbc")
    assert way["payer"] == "kmc"
    found = {line["class"]: (line["outcome"], line["rate"], set(line["clauses"])) for line in way["lines"]}
    access, carried = found["originating_8yy"], found["transit"]
    assert (access[:2], carried[:2]) == (("terms_missing", None), ("terms_missing", None))
    assert f"{SA} 5.2.2" in access[2]
    assert {f"{SA} 5.2.3", f"{SA} 5.2.4"} <= carried[2]


@pytest.mark.clause("sbc-kmc-second 5.2")
def test_calls_to_internet_providers_are_in_the_total_without_a_ratio() -> None:
    names = Names()
    way = direction(facts(names, [usage(names, "2004-07-06", HOUR, isp=True)]), "2004-07")
    assert sums(way) == {("compensable", "tclt"): HOUR}
    assert way["presumption"]["method"] == "none"


@pytest.mark.clause("sbc-kmc-second 5.3")
def test_who_originates_toll_and_transit_is_named() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", HOUR, kind=TrafficClass.INTRALATA_TOLL),
        usage(names, "2004-07-06", HOUR, payer="stranger", kind=TrafficClass.INTERLATA_TOLL),
        usage(names, "2004-07-06", HOUR, payer="stranger", payee="kmc", kind=TrafficClass.TRANSIT),
    ]
    parties = tuple(
        rows.PartyRow(party=party, kind=kind, name=party, line=2)
        for party, kind in (("sbc", "ilec"), ("kmc", "clec"), ("stranger", "ico"))
    )
    known = facts(names, cells, parties=parties)
    made = statement(known, WISCONSIN.agreement, "2004-07", status="provisional", digests={"terms": "test"})
    payers = {(way["payer"], line["class"]) for way in made["directions"] for line in way["lines"]}
    assert payers == {("sbc", "intralata_toll"), ("stranger", "interlata_toll"), ("stranger", "transit")}
    assert {(row["payer"], row["class"]) for row in made["usage"]} == payers
    named = known.timeline(WISCONSIN.agreement).on(date(2004, 7, 6)).disclosed
    assert [
        (row["class"], row["originator"], row["calls"], row["ms"], row["clauses"]) for row in made["originators"]
    ] == [
        ("transit", "stranger", 1, HOUR, [f"{SA} 5.3"]),
        ("interlata_toll", "stranger", 1, HOUR, [f"{SA} 5.3"]),
        ("intralata_toll", "sbc", 1, HOUR, [f"{SA} 5.3"]),
    ]
    silent = statement(known, WISCONSIN.agreement, "2003-07", status="provisional", digests={"terms": "test"})
    assert silent["originators"] == []
    kinds = ("transit", "interlata_toll", "ixc_intralata_toll", "intralata_toll")
    assert {name_of(kind): sources for kind, sources in named.items()} == dict.fromkeys(kinds, (f"{SA} 5.3",))


@pytest.mark.clause("sbc-kmc-second 3.3", "sbc-kmc-wi-isp 3.1")
@pytest.mark.parametrize(
    ("day", "sources"),
    [
        (date(2003, 7, 6), ["sbc-kmc-wi-isp 3.1"]),
        (date(2004, 7, 6), ["sbc-kmc-second 3.3", "sbc-kmc-wi-isp 3.1"]),
        (date(2003, 5, 31), []),
    ],
)
def test_voice_over_ip_is_marked_while_a_clause_reserves_it(day: date, sources: list[str]) -> None:
    tags = facts(Names(), []).timeline(WISCONSIN.agreement).on(day).tags
    assert sorted(tag.source for tag in tags) == sources
    assert {(tag.effect.when, tag.effect.tag) for tag in tags} <= {("voip", "reserved_voip")}
