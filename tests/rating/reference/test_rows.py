"""Tables as they were known on a day."""

from datetime import date

from rating.reference.rows import LocalArea, NumberBlock, Poi, Tables, UsageHistory, as_known, span


def poi(line: int, *, through: date | None = None, known_from: date | None = None, area: str = "LAKE") -> Poi:
    return Poi(
        agreement="a",
        party="kmc",
        kind="area",
        area=area,
        tandem="",
        v=None,
        h=None,
        through=through,
        known_from=known_from,
        line=line,
    )


def tables(**optional: object) -> Tables:
    return Tables(agreements=(), parties=(), ocns=(), number_blocks=(), **optional)  # type: ignore[arg-type]


def test_a_row_known_later_replaces_the_rows_that_it_overlaps() -> None:
    old, new = poi(2), poi(3, through=date(2004, 6, 19), known_from=date(2004, 8, 1))
    other = poi(4, area="HILL")
    all_known = tables(pois=(old, new, other))
    assert as_known(all_known, date(2004, 7, 31)).pois == (old, other)
    assert as_known(all_known, date(2004, 8, 1)).pois == (new, other)


def test_rows_of_different_days_stand_side_by_side() -> None:
    first = LocalArea(state="WI", area="A", rate_center="R", through=date(2003, 12, 31), line=2)
    later = LocalArea(
        state="WI", area="A", rate_center="R", from_=date(2004, 1, 1), known_from=date(2004, 1, 1), line=3
    )
    assert as_known(tables(local_areas=(first, later)), date(2005, 1, 1)).local_areas == (first, later)


def test_undated_rows_are_replaced_whole() -> None:
    rows = tuple(
        UsageHistory(agreement="a", payee="kmc", period="2001", isp_ms=ms, known_from=known, line=ms)
        for ms, known in ((1, None), (2, date(2004, 1, 1)), (3, date(2005, 1, 1)))
    )
    known = [as_known(tables(usage_history=rows), day).usage_history for day in (date(2003, 1, 1), date(2004, 5, 1))]
    assert known == [rows[:1], rows[1:2]]


def test_what_has_no_second_time_axis_is_left_alone() -> None:
    same = tables(pois=(poi(2), poi(3, area="HILL")), usage_history=())
    assert as_known(same, date(2003, 1, 1)) is same


def test_the_span_of_open_and_undated_rows() -> None:
    block = NumberBlock(npa_nxx="414200", ocn="9327", rate_center="R", lata="356", state="WI", line=2)
    assert span(block) == (date.min, date.max)
    assert span(poi(2, through=date(2004, 1, 1))) == (date.min, date(2004, 1, 1))
    assert span(UsageHistory(agreement="a", payee="k", period="2001", isp_ms=1, line=1)) == (date.min, date.max)
