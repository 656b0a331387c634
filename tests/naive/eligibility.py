"""POI and DEOT: what KMC earns nothing for under SA (DOMAIN section 8; SA 4)."""

from collections.abc import Sequence
from datetime import date, timedelta

from tests.naive.decide import Decision
from tests.naive.midnights import days_of, month_of, previous_month, same_day_later
from tests.naive.places import Place, areas_of, trunk_row
from tests.naive.terms import SA, Terms
from tests.naive.world import Row, in_force, to_date

TANDEM_OPTION_STATES = ("CA", "IL", "CT", "IN", "MI", "NV", "OH", "WI")
MILEAGE_STATES = ("CA", "IL")
MILES_SQUARED_TIMES_TEN = 2480
DEOT_CLASSES = ("local", "virtual_fx", "mandatory_eas", "optional_eas", "intralata_toll")


class Eligibility:
    """Answers for one agreement as known on one day, from all its calls (DEOT reads months before)."""

    def __init__(self, terms: Terms, decisions: Sequence[Decision], payee: str = "kmc") -> None:
        self.terms = terms
        self.decisions = decisions
        self.payee = payee
        known = {t: terms.world.known(t, terms.as_known_at) for t in ("trunk_groups", "pois", "tandem_areas")}
        self.trunks, self.pois, self.tandem_areas = known["trunk_groups"], known["pois"], known["tandem_areas"]
        self.areas = terms.world.known("local_areas", terms.as_known_at) or []
        self.centers = terms.world.known("rate_centers", terms.as_known_at) or []
        self._entitled: dict[tuple[Place, date], bool] = {}
        self._fails: dict[tuple[str, str], bool] = {}

    def gate(self, call: Decision, day: date) -> str:
        """Return ``entitled``, ``no_poi`` or ``deot`` for a call's time of one day under SA."""
        if not self.terms.stands(SA, "eligibility", day):
            return "entitled"
        tandem = self.tandem_of(call, day)
        if self.pois is not None and call.origin and not self.waived(day, tandem):
            key = (call.origin, day)
            if key not in self._entitled:
                self._entitled[key] = self.has_poi(call.origin, day)
            if not self._entitled[key]:
                return "no_poi"
        return "deot" if tandem and self.fails(tandem, month_of(day)) else "entitled"

    def tandem_of(self, call: Decision, day: date) -> str:
        """Return the tandem whose trunk group carried a call, empty if none."""
        row = trunk_row(self.trunks, call.trunk_group, day) if call.trunk_group else None
        return str(row["tandem"]) if row else ""

    def waived(self, day: date, tandem: str) -> bool:
        """Say whether the tests are off: six months of a new interconnection, or the incumbent's own failure."""
        return any(start <= day <= end and where in ("", tandem) for where, start, end in self.waivers())

    def waivers(self) -> list[tuple[str, date, date]]:
        """Return (tandem or empty for all, first day, last day) of each waiver (SA 4.5, 4.6)."""
        out = []
        for event in self.terms.happened("interconnection_started", agreement=self.terms.name):
            first = to_date(event["on"]) or date.min
            out.append((event.get("tandem") or "", first, same_day_later(first, 6) - timedelta(days=1)))
        for event in self.terms.happened("incumbent_failure", agreement=self.terms.name):
            last = to_date(event.get("through")) or date.max
            out.append((event.get("tandem") or "", to_date(event["on"]) or date.min, last))
        return out

    # Points of interconnection

    def has_poi(self, origin: Place, day: date) -> bool:
        """Say whether calls from a rate center are entitled: one area of it that needs no POI or has one."""
        names = areas_of(self.areas, origin, day)
        if not names:  # an area of its own
            return self.area_entitled(origin.rate_center, [origin], day)
        return any(self.area_entitled(n, self.centers_of(origin.state, n, day), day) for n in names)

    def centers_of(self, state: str, area: str, day: date) -> list[Place]:
        """Return a local calling area's rate centers on a day."""
        rows = [r for r in self.areas if (r["state"], r["area"]) == (state, area) and in_force(r, day)]
        return [Place(row["state"], row["rate_center"]) for row in rows]

    def area_entitled(self, area: str, centers: list[Place], day: date) -> bool:
        """Say whether an area needs no POI that day, or has one in one of the ways its state allows."""
        numbered = [center for center in centers if self.has_numbers(center, day)]
        if not numbered:
            return True
        rows = [
            row
            for row in self.pois or []
            if (row["agreement"], row["party"]) == (self.terms.name, self.payee) and in_force(row, day)
        ]
        here = self.terms.row["state"]
        tandem_rows = [row for row in rows if row["kind"] == "tandem_option"]
        mileage_rows = [row for row in rows if row["kind"] == "mileage"]
        return (
            any(row["kind"] == "area" and row["area"] == area for row in rows)
            or (
                here in TANDEM_OPTION_STATES
                and all(any(self.serves(row, c, area, day) for row in tandem_rows) for c in numbered)
            )
            or (here in MILEAGE_STATES and all(any(self.near(row, c) for row in mileage_rows) for c in centers))
        )

    def has_numbers(self, center: Place, day: date) -> bool:
        """Say whether the payee has a number block in force in a rate center."""
        world = self.terms.world
        return any(
            (row["state"], row["rate_center"]) == tuple(center)
            and in_force(row, day)
            and world.party_of(row["ocn"], day) == self.payee
            for row in world.rows("number_blocks")
        )

    def serves(self, poi: Row, center: Place, area: str, day: date) -> bool:
        """Say whether a tandem-option POI reaches a rate center."""
        if self.tandem_areas is None:
            return poi["area"] in ("", area)
        return any(
            (row["tandem"], row["state"], row["rate_center"]) == (poi["tandem"], *center) and in_force(row, day)
            for row in self.tandem_areas
        )

    def near(self, poi: Row, center: Place) -> bool:
        """Say whether a POI is within 15.75 miles of a rate center, by the V&H rule in whole numbers."""
        for row in self.centers:
            if (row["state"], row["rate_center"]) == tuple(center) and "" not in (
                row["v"],
                row["h"],
                poi["v"],
                poi["h"],
            ):
                dv, dh = int(row["v"]) - int(poi["v"]), int(row["h"]) - int(poi["h"])
                return dv * dv + dh * dh <= MILES_SQUARED_TIMES_TEN
        return False

    # Direct end office trunking

    def fails(self, tandem: str, month: str) -> bool:
        """Say whether a tandem's month fails: below, and so were the months before that the switch asks for."""
        if (tandem, month) not in self._fails:
            before = previous_month(month)
            months = [month, before]
            if self.terms.switch("deot_onset") == "next_month":
                months.append(previous_month(before))
            self._fails[tandem, month] = all(self.below(tandem, m) for m in months)
        return self._fails[tandem, month]

    def below(self, tandem: str, month: str) -> bool:
        """Say whether less than 70% went direct; a month with nothing, or with a waived day, is not below."""
        if self.trunks is None or any(self.waived(day, tandem) for day in days_of(month)):
            return False
        by_trunks = self.terms.switch("deot_measure") == "trunks"
        direct, whole = self._trunk_days(tandem, month) if by_trunks else self._minutes(tandem, month)
        return direct * 100 < whole * 70

    def _minutes(self, tandem: str, month: str) -> tuple[int, int]:
        direct = whole = 0
        every = self.terms.switch("deot_base") == "all"
        for call in self.decisions:
            if not call.trunk_group or not (every or call.cls in DEOT_CLASSES):
                continue
            for day, ms in call.segments:
                row = trunk_row(self.trunks, call.trunk_group, day) if month_of(day) == month else None
                if row and row["tandem"] == tandem:
                    whole += ms
                    direct += ms if row["kind"] == "direct" else 0
        return direct, whole

    def _trunk_days(self, tandem: str, month: str) -> tuple[int, int]:
        direct = whole = 0
        for row in self.trunks or []:
            if row["agreement"] == self.terms.name and row["tandem"] == tandem:
                count = int(row["trunks"] or 0) * sum(in_force(row, day) for day in days_of(month))
                whole += count
                direct += count if row["kind"] == "direct" else 0
        return direct, whole
