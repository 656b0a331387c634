"""Which terms are active on a day, as known on another (DOMAIN section 4): A1, SA and XA written as rules."""

from datetime import date, timedelta
from typing import Any

from tests.naive.midnights import days_of
from tests.naive.world import Row, World, to_date

A1, SA, XA = "sprint-icg-mo-1", "sbc-kmc-second", "sbc-kmc-wi-isp"
SIGNED = {
    A1: {"sprint-mo": date(2003, 5, 7), "icg": date(2003, 5, 13)},
    SA: {"sbc": date(2004, 5, 26), "kmc": date(2004, 5, 26)},  # undated: assumed simultaneous with Exhibit A
    XA: {"kmc": date(2004, 5, 24), "sbc": date(2004, 5, 26)},
}
STATES = {
    A1: ("MO",),
    SA: ("CA", "NV", "TX", "MO", "OK", "KS", "AR", "IL", "WI", "MI", "IN", "OH", "CT"),
    XA: ("WI",),
}
A1_EFFECTIVE = date(2003, 5, 12)
XA_EFFECTIVE = date(2003, 6, 1)
XA_SECOND_RATE = date(2003, 6, 15)
SA_FIRST, SA_LAST = date(2004, 6, 1), date(2004, 12, 31)
SA_RATE = "0.0005"
DEEMED_APPROVED = timedelta(days=90)

Period = tuple[date, date]


class Terms:
    """The terms of one agreement as known on one day.

    Parameters
    ----------
    world : World
    agreement : str
        Name of a row of ``agreements.csv``.
    as_known_at : date
        What is signed, approved, ordered or set later than this day is not known.
    """

    def __init__(self, world: World, agreement: str, as_known_at: date) -> None:
        self.world = world
        self.row: Row = world.agreements[agreement]
        self.name = agreement
        self.as_known_at = as_known_at
        self.events = world.events_known(as_known_at)
        self.parties = {self.row["party_a"], self.row["party_b"]}
        self.has_cmrs = any(world.kinds.get(party) == "cmrs" for party in self.parties)

    def switch(self, name: str) -> Any:
        """Return a policy's value for this agreement as known."""
        return self.world.switch(name, self.name, self.as_known_at)

    def happened(self, kind: str, **wanted: Any) -> list[Row]:
        """Return the known events of a kind whose fields are as wanted."""
        return [e for e in self.events if e["event"] == kind and all(e.get(k) == v for k, v in wanted.items())]

    # Who has signed, and what has been approved

    def signatures(self, instrument: str) -> dict[str, date]:
        """Return the day each party signed; an event of signature stands for the text's date."""
        dates = dict(SIGNED[instrument])
        for event in self.happened("signed", instrument=instrument):
            dates[event["party"]] = _day(event["on"])
        return dates

    def known(self, instrument: str) -> bool:
        """Say whether an instrument is between these parties, in this state, and fully signed by then."""
        return (
            instrument in self.world.packaged
            and self.parties == set(SIGNED[instrument])
            and self.row["state"] in STATES[instrument]
            and max(self.signatures(instrument).values()) <= self.as_known_at
        )

    def commission(self, instrument: str) -> tuple[str, date | None]:
        """Return ``approved`` with its day, ``rejected``, or ``open``; for ``base`` it is the agreement itself."""
        here = {"agreement": self.name} if instrument == "base" else {"state": self.row["state"]}
        decided = [
            (_day(event["on"]), kind)
            for kind in ("approved", "rejected")
            for event in self.happened(kind, instrument=instrument, **here)
        ]
        if decided:
            day, kind = max(decided)
            return kind, day
        deemed = [_day(e["on"]) + DEEMED_APPROVED for e in self.happened("submitted", instrument=instrument, **here)]
        reached = [day for day in deemed if day <= self.as_known_at]
        return ("approved", min(reached)) if reached else ("open", None)

    # The three instruments

    def duty(self, day: date) -> bool:
        """Say whether originators owe third parties an arrangement that day (A1 66.2.1)."""
        return self.known(A1) and day >= A1_EFFECTIVE

    def sa_start(self) -> tuple[date, bool] | None:
        """Return SA's first day in this state and whether that is provisional (SA 1.5); None if it has none."""
        if not self.known(SA):
            return None
        ours, approved = self.commission(SA)
        theirs, ica = self.commission("base")
        if ours == "rejected":
            return None
        if theirs == "approved" and ica and not (approved and approved <= ica):
            return max(ica, SA_FIRST, self.signatures(SA)["kmc"]), ours != "approved"
        return SA_FIRST, ours != "approved"

    def sa_in_force(self, day: date) -> bool:
        """Say whether SA's one rate governs that day (SA 1.3, 6)."""
        start = self.sa_start()
        return start is not None and start[0] <= day <= SA_LAST

    def xa_exists(self) -> bool:
        """Say whether XA is known and has not failed its contingency (XA 4.1)."""
        return self.known(XA) and self.commission(XA)[0] != "rejected"

    def xa_in_force(self, day: date) -> bool:
        """Say whether XA's plan is part of the agreement that day (XA 4.1, 4.3)."""
        ended = [_day(event["on"]) for event in self.happened("ica_ended", agreement=self.name)]
        return self.xa_exists() and day >= XA_EFFECTIVE and all(day < end for end in ended)

    def sa_prices(self, day: date) -> bool:
        """Say whether SA prices the day's compensable local traffic."""
        return self.sa_in_force(day)

    def xa_prices(self, day: date) -> bool:
        """Say whether XA prices the day's ISP-bound traffic: not under SA, unless a switch lets both."""
        return self.xa_in_force(day) and not (self.sa_in_force(day) and self.switch("sa_over_xa"))

    def xa_counts(self, day: date) -> bool:
        """Say whether the day's ISP-bound time is reckoned: all of 2003 counts (XA 2.3.1)."""
        early = date(2003, 1, 1) <= day < XA_EFFECTIVE and self.xa_in_force(XA_EFFECTIVE)
        return early or self.xa_prices(day)

    def isp_rate(self, day: date) -> str | None:
        """Return XA 2.2.2's rate per minute; None if an order has taken it away."""
        if not self.stands(XA, "rate", day):
            return None
        return "0.001" if day < XA_SECOND_RATE else "0.0007"

    def below_ratio_rate(self, day: date) -> str | None:
        """Return what base classes below the ratio cost under XA: missing, unless the offer was accepted (1.1)."""
        accepted = [_day(event["on"]) for event in self.happened("offer_accepted", agreement=self.name)]
        if not accepted or self.sa_prices(day) or not self.xa_prices(day) or day < min(accepted):
            return None
        return self.isp_rate(day)

    def sa_rate(self, day: date) -> str | None:
        """Return SA 6's rate per minute; None if an order has taken it away."""
        return SA_RATE if self.stands(SA, "rate", day) else None

    def provisional(self, month: str) -> tuple[bool, bool]:
        """Return whether XA, and whether SA, prices some of a month without its approval being known."""
        xa = any(map(self.xa_prices, days_of(month))) and self.commission(XA)[0] != "approved"
        start = self.sa_start()
        return xa, bool(start and start[1] and any(map(self.sa_prices, days_of(month))))

    # Orders of law

    def stands(self, instrument: str, effect: str, day: date) -> bool:
        """Say whether no order of law has an effect of an instrument down that day (SA 2, XA 4.6)."""
        for order in self.happened("law_order"):
            if order["action"] == "lifts" or effect not in order["affects"]:
                continue
            starts = self._xa_falls(order) if instrument == XA else self._sa_falls(order)
            ends = [_day(e.get("effective") or e["on"]) for e in self._lifts(order)]
            if any(start <= day for start in starts) and not any(end <= day for end in ends):
                return False
        return True

    def _lifts(self, order: Row) -> list[Row]:
        lifts = self.happened("law_order", order=order["order"], action="lifts")
        return lifts if order["action"] == "stays" else []

    def _xa_falls(self, order: Row) -> list[date]:
        notices = self.happened("written_notice", agreement=self.name, order=order["order"])
        return [max(_day(notice["on"]), _day(order["on"])) for notice in notices]

    def _sa_falls(self, order: Row) -> list[date]:
        effective = to_date(order.get("effective"))
        signed = max(self.signatures(SA).values())
        if order["body"] != "fcc" or not order.get("final") or effective is None or effective < signed:
            return []
        requests = [_day(e["on"]) for e in self.happened("written_request", agreement=self.name, order=order["order"])]
        if self.switch("early_request") == "void":
            requests = [day for day in requests if day >= effective]
        return [max(day, effective, SA_FIRST) for day in requests]

    # The month

    def actual_from(self, payee: str) -> date | None:
        """Return the day from which identified time stands for the presumption (XA 2.6), if a rebuttal holds."""
        filed = {event["id"]: event for event in self.happened("rebuttal_filed", agreement=self.name, payee=payee)}
        granted = self.happened("rebuttal_decided", approved=True, method="actual")
        return min((_day(filed[e["rebuttal"]]["on"]) for e in granted if e["rebuttal"] in filed), default=None)

    def prices(self, day: date) -> tuple[Any, ...]:
        """Return what a month is cut by: the instruments that price, their prices, cap and new markets (section 9)."""
        signs: list[Any] = []
        if self.sa_prices(day):
            signs.append((SA, self.sa_rate(day)))
        limits = self.stands(XA, "growth_cap", day), self.stands(XA, "new_market", day)
        if self.xa_prices(day):
            signs.append((XA, self.isp_rate(day), self.below_ratio_rate(day), *limits))
        elif self.xa_counts(day):
            signs.append(limits)
        return tuple(signs)

    def sub_periods(self, month: str) -> list[Period]:
        """Return a month's rate sub-periods, first and last day each."""
        periods: list[Period] = []
        for day in days_of(month):
            if periods and self.prices(day) == self.prices(periods[-1][0]):
                periods[-1] = (periods[-1][0], day)
            else:
                periods.append((day, day))
        return periods


def _day(text: object) -> date:
    day = to_date(text)
    if day is None:
        raise ValueError(f"event date {text!r}: expected YYYY-MM-DD")
    return day
