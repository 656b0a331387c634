"""The packaged instruments against the contracts: every clause, every figure, no borrowed sentence."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import pytest

from rating.terms import model
from rating.terms.lint import lint
from rating.terms.model import Clause, Instrument
from stream.terms.load import load_packaged, packaged_ids

A1, PA, SA, XA, ICA = "sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-second", "sbc-kmc-wi-isp", "illustrative-ica"
SEEDS: Final = {A1: "000_*", PA: "003_*", SA: "004_*", XA: "004_*"}
BORROWED: Final = 8
TERMS: Final = {instrument.id: instrument for instrument in load_packaged((A1, PA, SA, XA, ICA))}

_T = TypeVar("_T")


def refs(text: str) -> list[str]:
    return text.split()


EXPECTED: Final = {
    A1: refs("preamble 1.1 1.2 2 66.2.1 3.1 3.2 signatures"),
    PA: [
        "preamble",
        "recital 1",
        "recital 2",
        "recital 3",
        "1",
        "2",
        "2 Amending Agreement",
        "2 Equity Documents",
        "2 HMTF Issued Series A Preferred Shares",
        "2 Liberty Issued Series A Preferred Shares",
        "2 Registration Rights Agreement",
        "2 Series A-1 Preferred Stock",
        "2 Series A-2 Preferred Stock",
        "2 Series A-3 Preferred Stock",
        *refs("3 4 4(a) 4(b) 4(c) 5 6 7 8 9 10 signatures"),
        "Schedule I",
    ],
    SA: [
        "preamble",
        *(f"recital {number}" for number in range(1, 11)),
        *refs("1.1 1.2 1.3 1.4 1.5 1.6 2.1 2.2 2.3 3.1 3.2 3.3 3.4"),
        *refs("4.1 4.1(a) 4.1(a)(i) 4.1(a)(ii) 4.1(b) 4.1(b)(i) 4.1(b)(ii) 4.1(c) 4.1(d)"),
        *refs("4.2 4.3 4.3.1 4.3.2 4.3.3 4.4 4.5 4.6 4.6.1 4.6.2 4.7 4.8 4.9"),
        *refs("5.1 5.2 5.2.1 5.2.2 5.2.3 5.2.4 5.3 5.3.1 5.3.2 6.0"),
        *refs("7.1 7.2 7.3 7.4 7.5 7.6 7.7 7.8 8.0 signatures"),
    ],
    XA: [
        *refs("preamble 1.1 1.2 1.3 2.1 2.2 2.2.1 2.2.2 2.2.3 2.3 2.3.1 2.3.2 2.4 2.4.1 2.4.2 2.4.3 2.5 2.6"),
        *refs("3.1 4.1 4.2 4.3 4.4 4.5 4.6 signatures"),
    ],
}


def clause(instrument: str, ref: str) -> Clause:
    return next(clause for clause in TERMS[instrument].clause if clause.ref == ref)


def only(instrument: str, ref: str, kind: type[_T]) -> _T:
    (found,) = (effect for effect in clause(instrument, ref).effects if isinstance(effect, kind))
    return found


def every(instrument: str, kind: type[_T]) -> list[tuple[str, _T]]:
    return [(c.ref, e) for c in TERMS[instrument].clause for e in c.effects if isinstance(e, kind)]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))


def own_words(instrument: Instrument) -> list[tuple[str, str]]:
    texts = [(c.ref, c.says) for c in instrument.clause] + [(s.policy, s.says) for s in instrument.switches]
    texts += [(c.ref, str(getattr(e, "paraphrase", ""))) for c in instrument.clause for e in c.effects]
    return [*texts, ("title", instrument.title), ("assumed", instrument.assumed)]


def test_these_are_packaged() -> None:
    assert packaged_ids() == tuple(sorted((A1, PA, SA, XA, ICA)))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_clause_is_there_in_its_order(name: str) -> None:
    assert [clause.ref for clause in TERMS[name].clause] == EXPECTED[name]


@pytest.mark.parametrize("name", [A1, SA, XA])
def test_no_number_of_the_contract_is_left_out(name: str, shared: Path) -> None:
    """Numbers of two parts and more; of letters in brackets where they begin a line; titles `1.0` hold nothing."""
    (seed,) = (shared / "seeds").glob(SEEDS[name])
    body, mark, exhibit = seed.read_text(encoding="utf-8").partition("EXHIBIT A")
    assert bool(mark) == (name != A1)
    text = exhibit if name == XA else body
    numbers = re.findall(r"^[ -]*([0-9]+(?:\.[0-9]+)+)\.? ", text, flags=re.MULTILINE)
    titles = {f"{number}.0" for number in range(1, 8)} - {"6.0"}
    wanted = [number for number in numbers if number not in titles]
    assert len(wanted) > 4
    assert wanted == [ref for ref in EXPECTED[name] if re.fullmatch(r"[0-9]+(\.[0-9]+)+", ref)]
    letters = re.findall(r"^\(([a-d]|i|ii)\) ", text, flags=re.MULTILINE)
    assert letters == [ref.rpartition("(")[2].removesuffix(")") for ref in EXPECTED[name] if "(" in ref]


def test_no_section_or_definition_of_the_stock_purchase_is_left_out(shared: Path) -> None:
    (seed,) = (shared / "seeds").glob(SEEDS[PA])
    text = " ".join(seed.read_text(encoding="utf-8").split())
    sections = re.findall(r" ([0-9]+)\. (?:Amendment of|No Other|Counterparts|Governing|Headings)", text)
    assert sections == [ref for ref in EXPECTED[PA] if ref.isdigit()]
    terms = re.findall(r'""([^"]+)" (?:means|shall mean|has the meaning)', text)
    assert [f"2 {term}" for term in terms] == [ref for ref in EXPECTED[PA] if ref.startswith("2 ")]


@pytest.mark.parametrize("name", SEEDS)
def test_no_sentence_is_borrowed(name: str, shared: Path) -> None:
    (seed,) = (shared / "seeds").glob(SEEDS[name])
    source = words(seed.read_text(encoding="utf-8"))
    runs = {tuple(source[start : start + BORROWED]) for start in range(len(source))}
    for place, text in own_words(TERMS[name]):
        own = words(text)
        shared_runs = [
            own[k : k + BORROWED] for k in range(len(own) - BORROWED + 1) if tuple(own[k : k + BORROWED]) in runs
        ]
        assert not shared_runs, f"{place} borrows {shared_runs}"


@pytest.mark.clause("icg-stock-purchase-1 3")
def test_words_to_be_replaced_stand_once_in_the_seed(shared: Path) -> None:
    (seed,) = (shared / "seeds").glob(SEEDS[PA])
    swap = only(PA, "3", model.SubstituteWords)
    text = " ".join(seed.read_text(encoding="utf-8").split())
    assert text.count(f'"{swap.find}"') == 1
    assert text.count(swap.replace) == 1


def test_a1() -> None:
    terms = TERMS[A1]
    assert (terms.effective, terms.effective_through, terms.states) == (date(2003, 5, 12), None, ("MO",))
    assert terms.signed == {"sprint-mo": date(2003, 5, 7), "icg": date(2003, 5, 13)}
    assert only(A1, "2", model.ReplaceSection).section == "66.2.1"
    duty = only(A1, "66.2.1", model.SettlementDuty)
    assert (duty.who, duty.exception) == ("originator", "arrangement_missing")
    assert set(duty.third_party) == {"ilec", "clec", "ico", "cmrs"}
    assert only(A1, "3.1", model.Controls).over == "base"
    assert only(A1, "3.1", model.Survives).what == "base"


def test_xa_rates_and_dates() -> None:
    terms = TERMS[XA]
    assert (terms.effective, terms.effective_through, terms.states) == (date(2003, 6, 1), None, ("WI",))
    assert terms.signed == {"kmc": date(2004, 5, 24), "sbc": date(2004, 5, 26)}
    assert terms.known_from == date(2004, 5, 26)
    rates = [(ref, e.traffic, e.per_minute, e.from_, e.through, e.when) for ref, e in every(XA, model.Rate)]
    first, second = (date(2003, 6, 1), date(2003, 6, 14)), (date(2003, 6, 15), None)
    assert rates == [
        ("1.1", "base_classes", Decimal("0.0010"), *first, "offer_accepted"),
        ("1.1", "base_classes", Decimal("0.0007"), *second, "offer_accepted"),
        ("2.2.2", "isp_bound", Decimal("0.0010"), *first, ""),
        ("2.2.2", "isp_bound", Decimal("0.0007"), *second, ""),
    ]


def test_xa_limits() -> None:
    cap = only(XA, "2.3.1", model.GrowthCap)
    assert [(row.year, row.onward, row.of, row.times) for row in cap.years] == [
        (2001, False, "2001-Q1", (Decimal(4), Decimal("1.10"))),
        (2002, False, "2001", (Decimal("1.10"),)),
        (2003, False, "2002", ()),
        (2004, True, "2002", ()),
    ]
    assert (cap.counts_from, cap.excess, cap.not_for) == (date(2003, 1, 1), "bill_and_keep", ("cmrs",))
    assert [(ref, e.exchanged_before) for ref, e in every(XA, model.NewMarket)] == [("2.4.1", date(2001, 4, 18))]
    outside = only(XA, "2.5", model.Exclude)
    assert outside.outside == ("growth_cap", "new_market")
    assert set(outside.classes) == {"transit", "optional_eas", "intralata_toll", "interlata_toll", "ixc_intralata_toll"}
    presumption = only(XA, "2.6", model.Presumption)
    assert presumption.ratio == 3
    assert presumption.base == ("local", "virtual_fx", "mandatory_eas")
    assert (presumption.excess_only, presumption.not_for) == (True, ("cmrs",))
    assert only(XA, "2.6", model.Rebuttal).true_up_from == "filed"
    assert only(XA, "2.4.3", model.Segregate).outcome == "bill_and_keep"


def test_xa_standing() -> None:
    assert only(XA, "1.3", model.Controls).over == "base"
    assert {ref: e.true_up_from for ref, e in every(XA, model.Contingent)} == dict.fromkeys(
        ("4.1", "4.2"), date(2003, 6, 1)
    )
    assert not only(XA, "4.3", model.EndsWith).survives_into_successor
    change = only(XA, "4.6", model.LawChange)
    assert (change.notice, change.takes_effect, change.negotiation_days) == ("written_notice", "notice", 60)
    assert only(XA, "3.1", model.Tag).tag == "reserved_voip"


def test_sa_price() -> None:
    terms = TERMS[SA]
    first, last = date(2004, 6, 1), date(2004, 12, 31)
    assert (terms.effective, terms.effective_through) == (first, last)
    assert terms.states == ("AR", "CA", "CT", "IL", "IN", "KS", "MI", "MO", "NV", "OH", "OK", "TX", "WI")
    assert terms.signed == dict.fromkeys(("kmc", "sbc"), date(2004, 5, 26))
    assert "undated" in terms.assumed
    assert terms.simultaneous_with == (XA,)
    assert not terms.supersedes
    ((ref, rate),) = every(SA, model.Rate)
    assert (ref, rate.traffic, rate.per_minute, rate.reason) == ("6.0", "tclt", Decimal("0.0005"), "tclt")
    assert (rate.from_, rate.through) == (first, last)
    group = only(SA, "5.2", model.TrafficGroup)
    assert group.classes == ("local", "virtual_fx", "mandatory_eas", "optional_eas")
    assert group.with_isp
    assert {ref: (e.classes, e.governed_by) for ref, e in every(SA, model.Exclude)} == {
        "5.2.1": (("interlata_toll", "ixc_intralata_toll"), "meet_point_billing"),
        "5.2.2": (("intralata_toll", "originating_8yy"), "switched_access"),
        "5.2.3": (("transit",), "base"),
        "5.2.4": (("transit",), "base"),
    }
    assert [(ref, e.over, e.unless, e.switch, e.from_, e.through) for ref, e in every(SA, model.Controls)] == [
        ("1.3", "all", "", "", first, last),
        ("1.4", "all", "expressly_superseded", "sa_over_xa", first, last),
    ]
    start = only(SA, "1.5", model.Retroactive)
    assert (start.not_before, start.not_before_signature_of) == (first, "kmc")
    assert only(SA, "1.5", model.EndsWith).survives_into_successor


def test_sa_gates() -> None:
    choices = ("CT", "IN", "MI", "NV", "OH", "WI")
    gates = [(ref, e.test, e.satisfied_by, e.miles, e.states) for ref, e in every(SA, model.Eligibility)]
    assert gates == [
        ("4.1", "poi", "area", None, ()),
        ("4.1(a)(i)", "poi", "tandem_option", None, ("CA", "IL")),
        ("4.1(a)(ii)", "poi", "mileage", Decimal("15.75"), ("CA", "IL")),
        ("4.1(b)(i)", "poi", "tandem_option", None, choices),
        ("4.4", "deot", "", None, ()),
    ]
    assert {(e.payee, e.of) for _, e in every(SA, model.Eligibility)} == {("kmc", "tclt")}
    deot = only(SA, "4.4", model.Eligibility)
    assert (deot.share, deot.months) == (Decimal("0.70"), 2)
    waived = {(test, e.cause, e.months) for _, e in every(SA, model.Waiver) for test in e.of}
    assert waived == {
        ("poi", "new_interconnection", 6),
        ("deot", "new_interconnection", 6),
        ("poi", "incumbent_failure", None),
        ("deot", "incumbent_failure", None),
    }


def test_sa_watches_and_law() -> None:
    trunks = only(SA, "4.3.2", model.Watch)
    assert (trunks.code, trunks.trunks, trunks.months) == ("trunks_24", 24, 3)
    for ref in ("4.6.1", "4.6.2"):
        notice = next(e for e in clause(SA, ref).effects if isinstance(e, model.Watch))
        assert (notice.code, notice.days, notice.business_days) == ("poi_notice", 90, 10)
        assert clause(SA, ref).kind == "watch"
    change = only(SA, "2.1", model.LawChange)
    assert (change.takes_effect, change.negotiation_days) == ("notice_after_order_effective", 60)
    waivers = dict(every(SA, model.LawWaiver))
    assert (waivers["2.2"].from_, waivers["2.2"].through) == (date(2003, 6, 1), date(2004, 5, 31))
    assert (waivers["2.3"].from_, waivers["2.3"].through) == (date(2004, 6, 1), date(2004, 12, 31))
    assert (waivers["2.3"].excepted_body, waivers["2.3"].excepted_notice) == ("fcc", "written_request")
    assert waivers["2.3"].not_before == date(2004, 6, 1)
    assert waivers["2.3"].outcome_retroactive
    assert waivers["2.2"].not_waived == waivers["2.3"].not_waived == ("local_area_changed",)
    assert only(SA, "3.3", model.Tag).tag == "reserved_voip"
    assert only(SA, "5.3", model.Disclose).what == "originator"
    assert only(SA, "5.1", model.RateBy).place == "rate_centers"


def test_pa_operations() -> None:
    terms = TERMS[PA]
    assert (terms.domain, terms.effective) == ("corporate", date(2000, 4, 10))
    assert [e.section for _, e in every(PA, model.ReplaceSection)] == ["recital 1", "5.2(a)", "5.2(b)(i)", "5.2(b)(ii)"]
    assert len(every(PA, model.InsertDefinition)) == 8
    assert {e.amend for _, e in every(PA, model.InsertDefinition)} == {"depends_on_base"}
    sentence = only(PA, "5", model.ReplaceSentence)
    assert (sentence.section, sentence.sentence) == ("5.16", 3)
    assert not every(PA, model.Rate)


@pytest.mark.clause("icg-stock-purchase-1 1", "icg-stock-purchase-1 6")
def test_pa_schedule_has_the_shares_of_the_new_recital() -> None:
    recital = only(PA, "1", model.ReplaceSection).paraphrase
    said = re.search(r"([0-9,]+) shares of series A-1, ([0-9,]+) of A-2 and ([0-9,]+) of A-3", recital)
    assert said
    shares = [int(figure.replace(",", "")) for figure in said.groups()]
    totals = only(PA, "6", model.ReplaceSchedule).totals
    assert totals
    assert totals.by_series == dict(zip(("A-1", "A-2", "A-3"), shares, strict=True))


@pytest.mark.clause("icg-stock-purchase-1 6")
def test_pa_schedule_as_linted() -> None:
    schedule = only(PA, "6", model.ReplaceSchedule)
    assert schedule.totals == model.ScheduleTotals(
        shares=75_000,
        warrants=10_000_000,
        price=750_000_000,
        unit_price=10_000,
        by_series={"A-1": 50_000, "A-2": 23_000, "A-3": 2_000},
    )
    findings = [finding for finding in lint(TERMS.values()) if finding.severity != "info"]
    assert {(finding.severity, finding.instrument, finding.clause) for finding in findings} == {("warning", PA, "6")}
    figures = [re.search(r"is ([+-][0-9,]+) dollars$", finding.message) for finding in findings]
    assert [figure and figure[1] for figure in figures] == ["-4,000", "-1,000", "-1,000", "+4,000", "+2,000"]
    assert any("5 of 8 rows differ, by 0 dollars net" in finding.message for finding in lint(TERMS.values()))


def test_pa_rows_are_the_seeds(shared: Path) -> None:
    (seed,) = (shared / "seeds").glob(SEEDS[PA])
    table = " ".join(seed.read_text(encoding="utf-8").split()).rpartition("SCHEDULE I")[2]
    for row in only(PA, "6", model.ReplaceSchedule).rows:
        assert f"{row.purchaser} Series {row.series} {row.shares:,} {row.warrants:,} ${row.price:,}" in table


def test_text_operations_wait_for_their_base() -> None:
    pending = [finding for finding in lint(TERMS.values()) if finding.message.startswith("pending_base")]
    assert {finding.instrument for finding in pending} == {A1, PA}
    assert len(pending) == 16


def test_the_illustrative_agreement_says_what_it_is() -> None:
    terms = TERMS[ICA]
    assert terms.illustrative
    assert "invented" in terms.title
    assert (terms.domain, terms.parties, terms.states) == ("base", ("sbc", "kmc"), ("WI",))
    assert [name for name, other in TERMS.items() if other.illustrative] == [ICA]
    rates = [rate for _, rate in every(ICA, model.Rate)]
    assert {rate.element for rate in rates if rate.traffic == "exchange"} == {
        "set_up",
        "end_office",
        "tandem_switching",
        "tandem_transport",
    }
    assert all(rate.per_minute > Decimal("0.0010") for rate in rates if rate.per_minute is not None)
    assert {rate.jurisdiction for rate in rates if rate.traffic == "intralata_toll"} == {"intrastate", "interstate"}
    assert only(ICA, "1.1", model.TrafficGroup).classes == only(SA, "5.2", model.TrafficGroup).classes
