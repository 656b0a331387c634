"""What the check of the reference tables finds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.reference import rows
from rating.reference.check import Finding, check
from rating.reference.rows import Agreement, NumberBlock, Ocn, PartyRow, Tables

AGREEMENT = Agreement(
    agreement="sbc-kmc-wi",
    party_a="sbc",
    party_b="kmc",
    incumbent="sbc",
    state="WI",
    time_zone="America/Chicago",
    line=2,
)
PARTIES = (PartyRow(party="sbc", kind="ilec", name="", line=2), PartyRow(party="kmc", kind="clec", name="", line=3))
OCNS = (Ocn(ocn="9327", party="sbc", line=2), Ocn(ocn="2588", party="kmc", line=3))
BLOCK = NumberBlock(npa_nxx="414200", ocn="9327", rate_center="MKE", lata="356", state="WI", line=2)
CLEAN = Tables(agreements=(AGREEMENT,), parties=PARTIES, ocns=OCNS, number_blocks=(BLOCK,))
D = date(2003, 6, 1)


def found(tables: Tables, severity: str | None = None) -> list[Finding]:
    """Return the errors and warnings, or the findings of one severity."""
    wanted = ("error", "warning") if severity is None else (severity,)
    return [finding for finding in check(tables) if finding.severity in wanted]


def only(tables: Tables) -> Finding:
    """Return the one error or warning."""
    (finding,) = found(tables)
    return finding


def test_a_clean_set_has_only_infos_on_the_rules_that_are_off() -> None:
    assert found(CLEAN) == []
    off = {finding.table: finding for finding in check(CLEAN)}
    missing = {field for field in Tables.__dataclass_fields__ if getattr(CLEAN, field) is None}
    assert set(off) == {*missing, "number_blocks"}
    assert all(finding.code == "rule_off" and finding.lines == () for finding in off.values())
    assert "local to itself alone" in off["local_areas"].message
    assert "trunks_24" in off["number_blocks"].message
    with_offices = replace(CLEAN, number_blocks=(replace(BLOCK, switch="MILWWI01"),))
    assert {finding.table for finding in check(with_offices)} == missing


def same_key() -> list[tuple[str, Any]]:
    """Return a row of each table, each of which may stand there once only."""
    return [
        ("agreements", AGREEMENT),
        ("parties", PARTIES[0]),
        ("ocns", OCNS[0]),
        ("number_blocks", BLOCK),
        ("rate_centers", rows.RateCenter(state="WI", rate_center="MKE", v=1, h=2, line=2)),
        ("local_areas", rows.LocalArea(state="WI", area="A", rate_center="MKE", line=2)),
        (
            "eas_pairs",
            rows.EasPair(state_a="WI", rate_center_a="MKE", state_b="WI", rate_center_b="MKE", kind="optional", line=2),
        ),
        (
            "trunk_groups",
            rows.TrunkGroup(
                trunk_group="d1", agreement="sbc-kmc-wi", kind="direct", tandem="T", end_office="", trunks=1, line=2
            ),
        ),
        (
            "pois",
            rows.Poi(agreement="sbc-kmc-wi", party="kmc", kind="area", area="MKE", tandem="", v=None, h=None, line=2),
        ),
        ("tandem_areas", rows.TandemArea(state="WI", tandem="T", rate_center="MKE", line=2)),
        ("arrangements", rows.Arrangement(originator="kmc", third_party="sbc", state="WI", line=2)),
        (
            "market_history",
            rows.MarketHistory(agreement="sbc-kmc-wi", lata="356", traffic="isp", first_exchanged=D, line=2),
        ),
        (
            "usage_history",
            rows.UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period="2001-Q1", isp_ms=1, line=2),
        ),
        ("sources", rows.Source(source="s", party="kmc", role="billing", direction="", trunk_group="", line=2)),
        ("billing_accounts", rows.BillingAccount(agreement="sbc-kmc-wi", ocn="2588", ban="1", acna="", line=2)),
    ]


@pytest.mark.parametrize(("table", "row"), same_key(), ids=lambda item: item if isinstance(item, str) else "")
def test_two_rows_of_one_key_are_an_error_with_both_lines(table: str, row: Any) -> None:
    others = tuple(other for other in getattr(CLEAN, table) or () if other != row)
    twice = replace(CLEAN, **{table: (*others, replace(row, line=9), row)})
    finding = only(twice)
    assert (finding.severity, finding.code, finding.table, finding.lines) == ("error", "overlap", table, (2, 9))
    assert "lines 2 and 9" in finding.message
    if hasattr(row, "from_"):
        apart = (replace(row, through=D, line=8), replace(row, from_=D + timedelta(days=1), line=9))
        assert found(replace(CLEAN, **{table: (*others, *apart)})) == []
    if hasattr(row, "known_from"):
        corrected = (row, replace(row, known_from=D, line=9))
        assert found(replace(CLEAN, **{table: corrected})) == []


def test_a_pair_is_the_same_the_other_way_round() -> None:
    blocks = (BLOCK, replace(BLOCK, npa_nxx="262200", rate_center="RACINE", line=3))
    pair = rows.EasPair(
        state_a="WI", rate_center_a="MKE", state_b="WI", rate_center_b="RACINE", kind="optional", line=2
    )
    back = replace(pair, rate_center_a="RACINE", rate_center_b="MKE", kind="mandatory", line=3)
    assert only(replace(CLEAN, number_blocks=blocks, eas_pairs=(pair, back))).lines == (2, 3)


def test_a_long_row_overlaps_all_that_it_covers() -> None:
    long = replace(BLOCK, from_=D, through=date(2004, 12, 31), line=2)
    short = replace(BLOCK, from_=date(2003, 7, 1), through=date(2003, 7, 2), line=3)
    late = replace(BLOCK, from_=date(2004, 12, 31), line=4)
    overlaps = found(replace(CLEAN, number_blocks=(late, short, long)))
    assert [finding.lines for finding in overlaps] == [(2, 3), (2, 4)]
    assert "both hold 2004-12-31 to 2004-12-31" in overlaps[1].message


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=6))
def test_overlaps_and_gaps_are_where_days_are_held_twice_or_not_at_all(spans: list[tuple[int, int]]) -> None:
    blocks = tuple(
        replace(BLOCK, from_=D + timedelta(days=start), through=D + timedelta(days=start + length), line=line)
        for line, (start, length) in enumerate(spans, start=2)
    )
    held = [day for start, length in spans for day in range(start, start + length + 1)]
    codes = {finding.code for finding in found(replace(CLEAN, number_blocks=blocks))}
    assert ("overlap" in codes) == (len(set(held)) < len(held))
    assert ("gap" in codes) == (len(set(held)) <= max(held) - min(held))


def test_from_after_through() -> None:
    finding = only(replace(CLEAN, ocns=(replace(OCNS[0], from_=D, through=D - timedelta(days=1)), OCNS[1])))
    assert (finding.severity, finding.code, finding.lines) == ("error", "backward", (2,))
    assert "9327: found from 2003-06-01 after through 2003-05-31" in finding.message


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("ocns", replace(OCNS[0], ocn="1111", party="x", line=7), "unknown_party"),
        ("agreements", replace(AGREEMENT, agreement="b", party_b="x", state="IL", line=7), "unknown_party"),
        (
            "agreements",
            replace(AGREEMENT, agreement="b", party_a="kmc", party_b="kmc", incumbent="kmc", state="IL", line=7),
            "one_party",
        ),
        ("arrangements", rows.Arrangement(originator="kmc", third_party="x", state="WI", line=7), "unknown_party"),
        (
            "sources",
            rows.Source(source="s", party="x", role="", direction="", trunk_group="", line=7),
            "unknown_party",
        ),
        (
            "market_history",
            rows.MarketHistory(agreement="x", lata="356", traffic="any", first_exchanged=D, line=7),
            "unknown_agreement",
        ),
        (
            "usage_history",
            rows.UsageHistory(agreement="x", payee="kmc", period="2001-Q1", isp_ms=1, line=7),
            "unknown_agreement",
        ),
        (
            "trunk_groups",
            rows.TrunkGroup(
                trunk_group="d1", agreement="x", kind="direct", tandem="", end_office="", trunks=None, line=7
            ),
            "unknown_agreement",
        ),
        (
            "billing_accounts",
            rows.BillingAccount(agreement="x", ocn="2588", ban="", acna="", line=7),
            "unknown_agreement",
        ),
    ],
)
def test_unknown_names_are_errors(table: str, row: Any, code: str) -> None:
    finding = only(replace(CLEAN, **{table: (*(getattr(CLEAN, table) or ()), row)}))
    assert (finding.severity, finding.code, finding.table, finding.lines) == ("error", code, table, (7,))
    assert "expected" in finding.message


def test_an_incumbent_is_one_of_the_two() -> None:
    finding = only(
        replace(
            CLEAN,
            agreements=(replace(AGREEMENT, incumbent="tds"),),
            parties=(*PARTIES, PartyRow(party="tds", kind="ico", name="", line=4)),
        )
    )
    assert (finding.code, finding.message) == ("incumbent", "incumbent: found 'tds', expected 'sbc' or 'kmc'")


def test_one_agreement_a_pair_and_state_and_one_time_zone_a_state() -> None:
    again = replace(AGREEMENT, agreement="b", party_a="kmc", party_b="sbc", time_zone="America/New_York", line=3)
    errors = found(replace(CLEAN, agreements=(AGREEMENT, again)))
    assert {finding.code: finding.lines for finding in errors} == {"same_pair": (2, 3), "time_zones": (2, 3)}
    elsewhere = replace(again, state="IL")
    assert found(replace(CLEAN, agreements=(AGREEMENT, elsewhere))) == []


def test_an_unknown_ocn_is_one_warning_with_all_its_lines() -> None:
    strangers = tuple(replace(BLOCK, npa_nxx=f"41430{i}", ocn="623D", line=3 + i) for i in range(3))
    finding = only(replace(CLEAN, number_blocks=(BLOCK, *strangers)))
    assert (finding.severity, finding.code, finding.lines) == ("warning", "unknown_ocn", (3, 4, 5))
    assert "'623D' in 3 blocks" in finding.message


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("local_areas", rows.LocalArea(state="WI", area="A", rate_center="NOWHERE", line=7), "no_blocks"),
        ("local_areas", rows.LocalArea(state="IL", area="A", rate_center="MKE", line=7), "no_blocks"),
        ("tandem_areas", rows.TandemArea(state="WI", tandem="T", rate_center="NOWHERE", line=7), "no_blocks"),
        (
            "eas_pairs",
            rows.EasPair(state_a="WI", rate_center_a="MKE", state_b="IL", rate_center_b="MKE", kind="optional", line=7),
            "no_blocks",
        ),
        (
            "billing_accounts",
            rows.BillingAccount(agreement="sbc-kmc-wi", ocn="1111", ban="", acna="", line=7),
            "unknown_ocn",
        ),
        (
            "usage_history",
            rows.UsageHistory(agreement="sbc-kmc-wi", payee="tds", period="2001-Q1", isp_ms=1, line=7),
            "not_a_party",
        ),
    ],
)
def test_doubtful_rows_are_warnings(table: str, row: Any, code: str) -> None:
    known = replace(CLEAN, parties=(*PARTIES, PartyRow(party="tds", kind="ico", name="", line=4)))
    finding = only(replace(known, **{table: (row,)}))
    assert (finding.severity, finding.code, finding.table, finding.lines) == ("warning", code, table, (7,))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"area": "NOWHERE"}, "unknown_area"),
        ({"area": ""}, "idle_poi"),
        ({"kind": "mileage", "area": "", "v": 1}, "idle_poi"),
        ({"tandem": "T2"}, "unknown_tandem"),
        ({}, None),
        ({"area": "MKE"}, None),
        ({"kind": "tandem_option", "area": ""}, None),
        ({"kind": "mileage", "area": "", "v": 1, "h": 1}, None),
    ],
)
def test_points_of_interconnection(change: dict[str, object], code: str | None) -> None:
    poi = rows.Poi(agreement="sbc-kmc-wi", party="kmc", kind="area", area="A", tandem="", v=None, h=None, line=7)
    tables = replace(
        CLEAN,
        pois=(replace(poi, **change),),  # type: ignore[arg-type]
        local_areas=(rows.LocalArea(state="WI", area="A", rate_center="MKE", line=2),),
        tandem_areas=(rows.TandemArea(state="WI", tandem="T", rate_center="MKE", line=2),),
    )
    assert [finding.code for finding in found(tables)] == ([code] if code else [])


def test_sources_that_contradict_each_other() -> None:
    source = rows.Source(source="s", party="kmc", role="billing", direction="", trunk_group="d9", line=2)
    both = (source, replace(source, role="verification", from_=D, line=3))
    groups = (
        rows.TrunkGroup(
            trunk_group="d1", agreement="sbc-kmc-wi", kind="direct", tandem="", end_office="", trunks=1, line=2
        ),
    )
    assert [finding.code for finding in found(replace(CLEAN, sources=both))] == ["two_roles"]
    codes = [finding.code for finding in found(replace(CLEAN, sources=(source,), trunk_groups=groups))]
    assert codes == ["unknown_trunk_group"]


def test_a_hole_between_two_rows_is_a_warning() -> None:
    first, last = replace(BLOCK, through=D, line=2), replace(BLOCK, from_=D + timedelta(days=3), line=3)
    finding = only(replace(CLEAN, number_blocks=(first, last)))
    assert (finding.severity, finding.code, finding.lines) == ("warning", "gap", (2, 3))
    assert finding.message == "414200: found no row for 2003-06-02 to 2003-06-03"


def test_infos_on_missing_history_and_on_wireless_parties() -> None:
    wireless = replace(
        CLEAN, parties=(PARTIES[0], PartyRow(party="kmc", kind="cmrs", name="", line=3)), usage_history=()
    )
    infos = {finding.code: finding.message for finding in found(wireless, "info")}
    assert "no row 2001-Q1 for kmc" in infos["no_history"]
    assert "major trading areas" in infos["cmrs"]


def test_errors_come_first() -> None:
    tables = replace(CLEAN, ocns=(OCNS[0], replace(OCNS[0], line=5)))
    severities = [finding.severity for finding in check(tables)]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert severities[0] == "error"
