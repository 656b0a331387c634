"""Days by which something has to be done, and days on which something ends.

A deadline is told in the months in which it runs: `since` is the day on which it began to, the forecast
the day on which it is up. What was done is known from events, as known on the day of the facts.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from rating.advisories.network import rules_of, watches_of
from rating.eligibility import months_later
from rating.facts import Facts, month_days
from rating.poi import areas_without_poi, change_days, numbered_areas
from rating.settle import Settled
from rating.terms.events import (
    BASE,
    Approved,
    IcaEnded,
    InterconnectionStarted,
    LocalAreaChanged,
    PoiMeeting,
    PoiNotice,
    Rejected,
    RequestOutcome,
    Submitted,
    WrittenNotice,
    WrittenRequest,
    kind_of,
)
from rating.terms.interval import Interval, Ruled
from rating.terms.model import Watch
from rating.terms.standing import DEEMED_APPROVED_DAYS

__all__ = ["deemed_approvals", "expiries", "negotiations", "poi_notices", "poi_renegotiations", "within_business_days"]

_WEEKEND: Final = (5, 6)


def negotiations(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each period of talks that a notice has begun (SA 2.1, XA 4.6), until it is up or has an outcome.

    A clause that names the kind of notice counts where its instrument is in force that day and does
    not waive such rights then (SA 2.2, 2.3).
    """
    first, last = month_days(settled.month)
    timeline = facts.timeline(settled.agreement)
    outcomes = {e.request: e.on for e in facts.known_events if isinstance(e, RequestOutcome)}
    for event in facts.known_events:
        if not isinstance(event, WrittenNotice | WrittenRequest) or event.agreement != settled.agreement:
            continue
        interval = timeline.on(event.on)
        waiving = {ruled.instrument for ruled in interval.law_waivers}
        for ruled in interval.law_changes:
            if ruled.effect.notice != kind_of(event) or ruled.instrument in waiving:
                continue
            due = event.on + timedelta(days=ruled.effect.negotiation_days)
            if event.on <= last and first <= due and first <= outcomes.get(event.id, date.max):
                yield {
                    "code": "negotiation_deadline",
                    "order": event.order,
                    "by": event.by,
                    "since": event.on.isoformat(),
                    "forecast": due.isoformat(),
                    "clause": ruled.source,
                }


def deemed_approvals(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield what a commission has before it and, if it does not decide, approves by silence.

    Only as long as that day has not come and no decision is known; in the months of the submission,
    and in every month in which the instrument is in force, for its lines are provisional until then.
    """
    agreement = facts.agreements[settled.agreement]
    first, last = month_days(settled.month)
    submitted: dict[str, date] = {}
    decided: set[str] = set()
    for event in facts.known_events:
        if not isinstance(event, Submitted | Approved | Rejected) or event.state != agreement.state:
            continue
        if event.instrument == BASE and event.agreement != settled.agreement:
            continue
        if isinstance(event, Submitted):
            submitted[event.instrument] = min(submitted.get(event.instrument, event.on), event.on)
        else:
            decided.add(event.instrument)
    touching = {BASE} | {name for interval in settled.intervals for name in interval.in_force}
    own = {BASE, *facts.timeline(settled.agreement).instruments}
    for instrument, on in sorted(submitted.items()):
        deemed = on + timedelta(days=DEEMED_APPROVED_DAYS)
        runs = on <= last and first <= deemed
        if instrument in decided or deemed <= facts.as_known_at or instrument not in own:
            continue
        if runs or instrument in touching:
            yield {
                "code": "deemed_approval",
                "instrument": instrument,
                "state": agreement.state,
                "since": on.isoformat(),
                "forecast": deemed.isoformat(),
                "clause": "47 U.S.C. 252(e)(4)",
            }


def expiries(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each instrument in force in the month that has a last day; `since` is the day on which that was known."""
    first, last = month_days(settled.month)
    ended = [e for e in facts.known_events if isinstance(e, IcaEnded) and e.agreement == settled.agreement]
    by_id = {instrument.id: instrument for instrument in facts.instruments}
    for name, standing in sorted(facts.timeline(settled.agreement).standings.items()):
        if standing.last is None or standing.last < first or standing.first > last:
            continue
        known = standing.signed or standing.first
        if standing.last != by_id[name].effective_through:
            known = max(known, min(e.known_on for e in ended if e.on == standing.last + timedelta(days=1)))
        yield {
            "code": "expiry",
            "instrument": name,
            "since": known.isoformat(),
            "forecast": standing.last.isoformat(),
            "clause": name,
        }


def poi_renegotiations(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each change of a local calling area in the month after which points may be renegotiated (SA 4.1(c))."""
    first, last = month_days(settled.month)
    for ruled, _ in watches_of(facts, settled, "poi_renegotiation", "local_area_changed").values():
        for event in facts.known_events:
            if not isinstance(event, LocalAreaChanged) or event.state != facts.agreements[settled.agreement].state:
                continue
            if first <= event.on <= last:
                yield {
                    "code": ruled.effect.code,
                    "area": event.area,
                    "since": event.on.isoformat(),
                    "clause": ruled.source,
                }


def within_business_days(day: date, count: int) -> date:
    """Return the last of so many business days after a day: Monday to Friday, public holidays not known."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() not in _WEEKEND
    return day


def poi_notices(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each notice of a new point that is owed, and each meeting that has to follow one (SA 4.6.1, 4.6.2).

    An area is an existing one if the payee had numbers in it when the instrument was signed. In an
    existing one the notice is due so many days before the transition of a new interconnection ends, in a
    new one before its first numbers take effect; no notice is owed where a point is there by then.
    """
    watches = watches_of(facts, settled, "poi_notice", "existing_area", "new_area")
    for condition, (ruled, interval) in sorted(watches.items()):
        rules = rules_of(facts, settled.agreement, interval, "poi")
        if not rules or facts.tables.pois is None:
            continue
        notices = _PoiNotices(facts, settled, ruled, interval)
        yield from notices.owed_in_transition() if condition == "existing_area" else notices.owed_before_numbers()
        yield from notices.meetings()


class _PoiNotices:
    """The notices and meetings of one clause."""

    def __init__(self, facts: Facts, settled: Settled, watch: Ruled[Watch], interval: Interval) -> None:
        self._facts = facts
        self._agreement = settled.agreement
        self._first, self._last = month_days(settled.month)
        self._watch = watch
        self._interval = interval
        self._rules = [ruled.effect for ruled in rules_of(facts, settled.agreement, interval, "poi")]
        self._payee = self._rules[0].payee
        self._state = facts.agreements[settled.agreement].state
        standing = facts.timeline(settled.agreement).standings[watch.instrument]
        self._signed = standing.signed or standing.first
        self._end = standing.last or date.max
        self._served = set(numbered_areas(facts, self._payee, self._state, self._signed))

    def _row(self, duty: str, area: str, since: date, due: date) -> dict[str, Any]:
        return {
            "code": self._watch.effect.code,
            "duty": duty,
            "payee": self._payee,
            "area": area,
            "since": since.isoformat(),
            "forecast": due.isoformat(),
            "clause": self._watch.source,
        }

    def _noticed(self, area: str) -> bool:
        return any(
            isinstance(e, PoiNotice) and (e.agreement, e.area) == (self._agreement, area) and e.on <= self._last
            for e in self._facts.known_events
        )

    def _without_poi(self, day: date) -> set[str]:
        return areas_without_poi(self._facts, self._agreement, self._rules, day)

    def owed_in_transition(self) -> Iterator[dict[str, Any]]:
        """Yield what is owed before transitions end that touch the month (SA 4.6.1)."""
        months = [w.effect.months for w in self._interval.waivers if "poi" in w.effect.of and w.effect.months]
        for event in self._facts.known_events:
            if not isinstance(event, InterconnectionStarted) or event.agreement != self._agreement or not months:
                continue
            end = months_later(event.on, months[0]) - timedelta(days=1)
            if event.on > self._last or end < self._first:
                continue
            for area in sorted(self._served & self._without_poi(min(end, self._last))):
                if not self._noticed(area):
                    yield self._row("notice", area, event.on, end - timedelta(days=self._watch.effect.days or 0))

    def owed_before_numbers(self) -> Iterator[dict[str, Any]]:
        """Yield what is owed before numbers take effect in areas not served yet, from this month on (SA 4.6.2)."""
        start = max(self._first, self._signed)
        seen = set(numbered_areas(self._facts, self._payee, self._state, start - timedelta(days=1))) | self._served
        for day in change_days(self._facts, self._agreement, self._payee, start, self._end):
            areas = set(numbered_areas(self._facts, self._payee, self._state, day)) - seen
            for area in sorted(areas & self._without_poi(day)):
                if not self._noticed(area):
                    yield self._row("notice", area, self._signed, day - timedelta(days=self._watch.effect.days or 0))
            seen |= areas

    def meetings(self) -> Iterator[dict[str, Any]]:
        """Yield the meetings that have to follow notices of this clause's kind of area."""
        existing = self._watch.effect.condition == "existing_area"
        known = self._facts.known_events
        for event in known:
            if not isinstance(event, PoiNotice) or event.agreement != self._agreement:
                continue
            if (event.area in self._served) != existing:
                continue
            due = within_business_days(event.on, self._watch.effect.business_days or 0)
            area = event.area
            met = any(
                isinstance(e, PoiMeeting) and (e.agreement, e.area) == (self._agreement, area)
                and event.on <= e.on <= self._last
                for e in known
            )  # fmt: skip
            if event.on <= self._last and self._first <= due and not met:
                yield self._row("meeting", area, event.on, due)
