"""Lines in the making: sums split and put together, tiers filled in turn, rounding on lines of its own."""

from datetime import date

import pytest

from rating.codes import PriceReason, Settlement, TrafficClass
from rating.lines import Lines, Share, Sums, laid_over_tiers, merged, split_sums
from rating.policy import Rounding
from rating.terms.tariff import Element, Tariff

LOCAL, FX = TrafficClass.LOCAL, TrafficClass.VIRTUAL_FX
SUBS = ((date(2003, 6, 1), date(2003, 6, 14)), (date(2003, 6, 15), date(2003, 6, 30)))
DIRECT, TANDEM = (1, 1), (2, 1)


def element(per_minute: int, clause: str, *, per_call: int = 0) -> Element:
    return Element("e", per_minute, per_call, "any", "any", clause)


PRICE = Tariff("one", "local", (element(3, "1"), element(0, "2", per_call=5)))


def test_a_sum_is_split_column_by_column_and_nothing_is_lost() -> None:
    sums: Sums = {DIRECT: [3, 2, 60, 90], TANDEM: [1, 1, 40, 60]}
    # 30 and 70 of 100 ms: of 4 calls 1.2 and 2.8, of 3 answered .9 and 2.1, of 150 billed 45 and 105.
    first, second = split_sums(sums, [30, 70])
    assert first == {DIRECT: [1, 1, 18, 27], TANDEM: [0, 0, 12, 18]}
    assert second == {DIRECT: [2, 1, 42, 63], TANDEM: [1, 1, 28, 42]}
    assert merged([first, second]) == sums
    assert split_sums({DIRECT: [7, 0, 0, 0]}, [0, 0, 0]) == [
        {DIRECT: [0, 0, 0, 0]},
        {DIRECT: [0, 0, 0, 0]},
        {DIRECT: [7, 0, 0, 0]},
    ]


def test_equal_parts_of_a_millisecond_divide_a_sum_too() -> None:
    parts = split_sums({DIRECT: [7, 0, 7, 70]}, [1, 1, 5])
    assert [part[DIRECT] for part in parts] == [[1, 0, 1, 10], [1, 0, 1, 10], [5, 0, 5, 50]]
    assert split_sums({DIRECT: [7, 0, 7, 70]}, [0, 7]) == [{DIRECT: [0, 0, 0, 0]}, {DIRECT: [7, 0, 7, 70]}]


@pytest.mark.parametrize("rounding", [Rounding(), Rounding("per_call_up", 6_000), Rounding("trunk_group_month_up")])
def test_nothing_makes_no_line_however_it_rounds(rounding: Rounding) -> None:
    assert added(rounding, {}, {DIRECT: [0, 0, 0, 0]}).lines == {}


def test_what_a_split_call_went_up_to_has_a_line_without_time() -> None:
    (line,) = added(Rounding("per_call_up", 6_000), {DIRECT: [0, 0, 0, 286]}).lines.values()
    assert (line.calls, line.ms, line.billed_ms, line.units) == (0, 0, 286, 286 * 3)
    assert added(Rounding(), {DIRECT: [0, 0, 0, 286]}).lines == {}


def test_sums_are_put_together_by_bucket() -> None:
    parts: list[Sums] = [{DIRECT: [1, 2, 3, 4]}, {DIRECT: [10, 20, 30, 40], TANDEM: [5, 6, 7, 8]}, {}]
    assert merged(parts) == {DIRECT: [11, 22, 33, 44], TANDEM: [5, 6, 7, 8]}
    assert parts[0] == {DIRECT: [1, 2, 3, 4]}


def added(rounding: Rounding, *sums: Sums, clauses: tuple[tuple[str, ...], ...] = ()) -> Lines:
    """Return a ledger to which sums of one class and LATA were added, each under its clauses."""
    ledger = Lines("kmc", SUBS, {}, rounding)
    for position, one in enumerate(sums):
        cited = clauses[position] if clauses else ("one 1",)
        ledger.add(LOCAL, Settlement.COMPENSABLE, PriceReason.LOCAL, "356", 1, one, PRICE, cited)
    return ledger


def test_what_has_one_place_is_one_line() -> None:
    sums: tuple[Sums, ...] = ({DIRECT: [4, 3, 100, 100]}, {DIRECT: [2, 1, 10, 10], TANDEM: [1, 1, 5, 5]})
    (line,) = added(Rounding(), *sums, clauses=(("a", "b"), ("b", "c"))).lines.values()
    assert (line.calls, line.ms, line.billed_ms) == (7, 115, 115)
    assert line.usage == {DIRECT: (4, 110), TANDEM: (1, 5)}
    assert line.units == 115 * 3 + 5 * 5 * 60_000
    assert line.clauses == ("a", "b", "c")
    assert (line.first, line.last, line.lata, line.traffic_class) == (*SUBS[1], "356", LOCAL)


def test_nothing_makes_no_line() -> None:
    assert not added(Rounding(), {}, {DIRECT: [0, 0, 0, 0]}).lines
    unpriced = Lines("kmc", SUBS, {}, Rounding("trunk_group_month_up"))
    missing = (PriceReason.LOCAL, "356", 0, {DIRECT: [1, 1, 7, 60]}, None, ())
    unpriced.add(LOCAL, Settlement.TERMS_MISSING, *missing)
    (line,) = unpriced.lines.values()
    assert (line.units, line.ms, line.billed_ms, line.reason) == (0, 7, 7, PriceReason.LOCAL)


def test_rounded_calls_price_what_they_were_rounded_to() -> None:
    (line,) = added(Rounding("per_call_up", 60), {DIRECT: [2, 1, 70, 120]}).lines.values()
    assert (line.ms, line.billed_ms, line.units) == (70, 120, 120 * 3 + 5 * 60_000)
    (line,) = added(Rounding(), {DIRECT: [2, 1, 70, 120]}).lines.values()
    assert (line.ms, line.billed_ms, line.units) == (70, 70, 70 * 3 + 5 * 60_000)


def test_what_a_group_goes_up_by_is_a_line_of_its_own() -> None:
    sums: tuple[Sums, ...] = ({DIRECT: [2, 1, 70, 100], TANDEM: [1, 1, 5, 5]}, {DIRECT: [1, 1, 50, 80]})
    measured, up = added(Rounding("trunk_group_month_up"), *sums).lines.values()
    assert (measured.reason, measured.calls, measured.ms, measured.billed_ms) == (PriceReason.LOCAL, 4, 125, 125)
    assert (up.reason, up.calls, up.ms, up.billed_ms) == (PriceReason.ROUNDING, 0, 0, 60)
    assert up.units == 60 * 3
    assert up.clauses == ("one 1",)
    (alone,) = added(Rounding("trunk_group_month_up"), {DIRECT: [2, 1, 70, 70]}).lines.values()
    assert alone.reason is PriceReason.LOCAL


TIERED = Tariff(
    "one",
    "local",
    (element(9, "1"),),
    counted="exchange",
    tiers=(
        Tariff("one", "local", (element(5, "2"),), counted="exchange", over_ms=100),
        Tariff("one", "local", (element(1, "3"),), counted="exchange", over_ms=250),
    ),
)


def share(
    ms: int,
    *,
    lata: str = "356",
    sub: int = 0,
    kind: TrafficClass = LOCAL,
    reason: str = "local",
    clauses: tuple[str, ...] = ("one 1",),
    tariff: Tariff = TIERED,
) -> Share:
    sums: Sums = {DIRECT: [1, 1, ms, ms]}
    return Share(kind, Settlement.COMPENSABLE, reason, lata, sub, sums, tariff, clauses)


def tiers_of(*shares: Share) -> list[tuple[int, str, TrafficClass, str, int, int]]:
    """Return (sub-period, LATA, class, reason, over, ms) of what has time, in a fixed order."""
    return sorted(
        (part.sub, part.lata, part.kind, str(part.reason), part.tariff.over_ms, part.ms)
        for part in laid_over_tiers(shares)
        if part.tariff is not None and part.ms
    )


def test_tiers_are_filled_in_date_order() -> None:
    found = tiers_of(share(80, sub=1), share(90), share(120, sub=2))
    assert found == [
        (0, "356", LOCAL, "local", 0, 90),
        (1, "356", LOCAL, "local", 0, 10),
        (1, "356", LOCAL, "local", 100, 70),
        (2, "356", LOCAL, "local", 100, 80),
        (2, "356", LOCAL, "local", 250, 40),
    ]


def test_inside_a_sub_period_latas_then_classes_share_a_tier_by_time() -> None:
    # 100 of 204: LATA 350 has 50 (of 102), 356 has 50; inside 356 the local part of 34 and 68 is 16.67, up to 17.
    found = tiers_of(share(68, kind=FX), share(34), share(102, lata="350"))
    assert found == [
        (0, "350", LOCAL, "local", 0, 50),
        (0, "350", LOCAL, "local", 100, 52),
        (0, "356", LOCAL, "local", 0, 17),
        (0, "356", LOCAL, "local", 100, 17),
        (0, "356", FX, "local", 0, 33),
        (0, "356", FX, "local", 100, 35),
    ]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        (share(150, sub=1, lata="350"), share(150, sub=1, lata="356")),
        (share(150, sub=1, lata="356"), share(150, sub=1, lata="56")),
        (share(150, sub=1), share(150, sub=1, kind=FX)),
        (share(150, sub=1, reason="eas"), share(150, sub=1, reason="local")),
        (share(150, sub=1, lata="350", kind=FX), share(150, sub=1, lata="356")),
        (share(150, sub=1, reason="local"), share(150, sub=1, kind=FX, reason="eas")),
    ],
)
def test_ties_go_to_the_lower_lata_the_earlier_class_and_the_first_reason(
    low: Share, high: Share, turned: bool
) -> None:
    # A millisecond is there already: 99 are left of the first tier, 49 and a half for each.
    found = tiers_of(*([high, low] if turned else [low, high]), share(1, lata="999"))
    parts = {row[1:4]: row[5] for row in found if row[0] == 1 and row[4] == 0}
    assert parts == {(low.lata, low.kind, low.reason): 50, (high.lata, high.kind, high.reason): 49}


def test_prices_are_filled_apart_and_other_clauses_stay() -> None:
    other = Tariff("two", "local", TIERED.elements, counted="exchange", tiers=TIERED.tiers)
    assert [row[4:] for row in tiers_of(share(90), share(90, tariff=other))] == [(0, 90), (0, 90)]
    cited = {part.clauses for part in laid_over_tiers([share(300, clauses=("one 1", "x 6"))])}
    assert cited == {("one 1", "x 6"), ("one 2", "x 6"), ("one 3", "x 6")}
    # Calls without time are on the first tier.
    silent = share(0)
    assert [sum(v[0] for v in part.sums.values()) for part in laid_over_tiers([silent])] == [1, 0, 0]


def test_tiers_wait_until_all_is_there() -> None:
    ledger = Lines("kmc", SUBS, {}, Rounding())
    for sub, ms in ((1, 60), (0, 90)):
        sums: Sums = {DIRECT: [1, 1, ms, ms]}
        ledger.add(LOCAL, Settlement.COMPENSABLE, "local", "356", sub, sums, TIERED, ("one 1",))
    assert not ledger.lines
    ledger.lay_tiers()
    assert sorted((line.first, line.ms, line.units) for line in ledger.lines.values()) == [
        (SUBS[0][0], 90, 810),
        (SUBS[1][0], 10, 90),
        (SUBS[1][0], 50, 250),
    ]
    assert not ledger.tiered


def test_a_tier_is_a_price_of_its_own() -> None:
    first, second, third = TIERED.by_tier
    assert (first.tiers, first.elements, first.over_ms) == ((), TIERED.elements, 0)
    assert (second, third) == TIERED.tiers
    assert PRICE.by_tier == (PRICE,)


def test_tiers_are_of_measured_time() -> None:
    rounded: Sums = {DIRECT: [1, 1, 90, 120]}
    parts = laid_over_tiers([share(0)._replace(sums=rounded)])
    assert [part.sums.get(DIRECT) for part in parts] == [[1, 1, 90, 120], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_word_and_a_reason_share_a_tier() -> None:
    found = tiers_of(share(150, reason="special"), share(50)._replace(reason=PriceReason.LOCAL))
    assert [row[4:] for row in found if row[3] == "special"] == [(0, 75), (100, 75)]


def test_a_plain_price_is_nothing_but_a_rate() -> None:
    def plain(*elements: Element) -> int | None:
        return Tariff("one", "", elements).plain

    assert plain(element(3, "1")) == 3
    assert plain(element(3, "1"), element(3, "2")) is None
    assert plain() is None
    assert plain(element(3, "1", per_call=1)) is None
    assert plain(Element("e", 3, 0, "direct", "any", "1")) is None
    assert plain(Element("e", 3, 0, "any", "intrastate", "1")) is None
