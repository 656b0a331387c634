"""Random events and readings of a world."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from tests.naive.world import DEFAULTS
from tests.world_tables import PIVOTS, TANDEMS, Dice, Row

__all__ = ["KNOWN", "event_logs", "readings"]

KNOWN: Final = tuple(
    date.fromisoformat(day) for day in ("2003-07-15", "2004-05-25", "2004-05-26", "2004-07-05", "2005-03-01")
)
"""As-known-at days: before and at the signatures, and between them and the end."""

READINGS: Final[Mapping[str, Sequence[Any]]] = {
    "sa_over_xa": (False,),
    "optional_eas_in_ratio": (True,),
    "virtual_fx_in_ratio": (False,),
    "isp_outside_local": (True,),
    "new_market_test": ("any",),
    "cap_counts_new_market": (True,),
    "cap_2003": ("ceiling",),
    "deot_base": ("all",),
    "deot_onset": ("next_month",),
    "deot_measure": ("trunks",),
    "rounding": ("per_call_up(6000)", "per_call_up(60000)", "trunk_group_month_up"),
    "early_request": ("void",),
    "unidentified": (
        {"measure": "minutes", "threshold": "0.5"},
        {"threshold": "0.5", "strict": False, "spread_over": ["intralata_toll", "local"]},
        {"threshold": "0"},
    ),
}

INSTRUMENTS: Final = {
    "sbc-kmc-second": (("sbc", "kmc"), ("CA", "TX", "MO", "WI")),
    "sbc-kmc-wi-isp": (("sbc", "kmc"), ("WI",)),
    "sprint-icg-mo-1": (("sprint-mo", "icg"), ("MO",)),
}
DAYS: Final = (*PIVOTS, *(day + timedelta(days=1) for day in PIVOTS))
LAGS: Final = (0, 0, 0, 5, 40, 200)


def readings(dice: Dice) -> dict[str, Any]:
    """Return a few switches away from their defaults."""
    names = dice.some([*READINGS, "rate_date"], 2)
    return {name: dice.pick(READINGS.get(name, ("connect",))) for name in names}


def _decision(dice: Dice, kind: str, agreement: Row) -> dict[str, Any]:
    state = agreement["state"]
    fitting = [name for name, (_, states) in INSTRUMENTS.items() if state in states]
    instrument = dice.pick([*fitting, "base"])
    own = {"agreement": agreement["agreement"]} if instrument == "base" else {}
    return {"event": kind, "instrument": instrument, "state": state, **own}


def _one(dice: Dice, kind: str, agreement: Row, day: date, number: int) -> list[dict[str, Any]]:
    """Return an event, or those that belong together."""
    name = {"agreement": agreement["agreement"]}
    tandem = dice.pick(({}, {}, *({"tandem": tandem} for tandem in TANDEMS)))
    if kind in ("approved", "submitted", "rejected"):
        return [_decision(dice, kind, agreement)]
    if kind == "signed":
        instrument = dice.pick(list(INSTRUMENTS))
        return [{"event": kind, "instrument": instrument, "party": dice.pick(INSTRUMENTS[instrument][0])}]
    if kind in ("interconnection_started", "incumbent_failure"):
        through = {"through": str(day + timedelta(days=dice.pick((0, 3, 40))))} if kind == "incumbent_failure" else {}
        return [{"event": kind, **name, **tandem, **through}]
    if kind == "policy_set":
        policy = dice.pick(list(READINGS))
        value = dice.pick([*READINGS[policy], DEFAULTS[policy]])
        scope = dice.pick(({}, name))
        return [{"event": kind, "policy": policy, "value": value, **scope, "by": "a desk", "reason": "a reading"}]
    if kind in ("rebuttal", "law_order"):
        return (_rebuttal if kind == "rebuttal" else _law)(dice, agreement, day, number)
    return [{"event": kind, **name}]  # offer_accepted, ica_ended


def _rebuttal(dice: Dice, agreement: Row, day: date, number: int) -> list[dict[str, Any]]:
    payee = dice.pick((agreement["party_a"], agreement["party_b"]))
    decided: dict[str, Any] = {"approved": not dice.one_in(4), "by": dice.pick(("commission", "agreement"))}
    if decided["approved"]:
        decided["method"] = "actual"
    later = str(day + timedelta(days=30))
    return [
        {"event": "rebuttal_filed", "agreement": agreement["agreement"], "payee": payee, "by": payee},
        {"event": "rebuttal_decided", "rebuttal": f"e{number:02d}a", **decided, "on": later, "known_at": later},
    ]


EFFECTS: Final = ("rate", "presumption", "growth_cap", "new_market", "eligibility")


def _law(dice: Dice, agreement: Row, day: date, number: int) -> list[dict[str, Any]]:
    """Return an order, a notice and a request of it, and the end of a stay; each at times."""

    def later() -> date:
        return dice.pick((day, day + timedelta(days=dice.pick((-20, 3, 9, 30))), dice.pick(DAYS)))

    def dated(on: date) -> dict[str, str]:
        return {"on": str(on), "known_at": str(on + timedelta(days=dice.pick(LAGS)))}

    order = {"event": "law_order", "order": f"X{number}", "body": dice.pick(("fcc", "fcc", "fcc", "commission"))}
    action = dice.pick(("invalidates", "modifies", "stays", "stays"))
    affects = dice.some(EFFECTS, 2) or ["growth_cap"]
    effective = dice.pick((None, str(day), str(later())))
    about = {"agreement": agreement["agreement"], "order": order["order"], "by": agreement["party_a"]}
    out = [{**order, "action": action, "affects": affects, "final": not dice.one_in(5), "effective": effective}]
    calls = [kind for kind in ("written_notice", "written_request") if not dice.one_in(4)]
    out += [{"event": kind, **about, **dated(later())} for kind in calls]
    if action == "stays" and not dice.one_in(3):
        end = later()
        out.append({**order, "action": "lifts", "effective": str(end), **dated(end)})
    return out


EVENT_WORDS: Final = (
    "approved", "approved", "submitted", "rejected", "signed", "interconnection_started", "incumbent_failure",
    "policy_set", "policy_set", "rebuttal", "rebuttal", "offer_accepted", "ica_ended", "law_order", "law_order",
)  # fmt: skip


def event_logs(dice: Dice, tables: Mapping[str, list[Row] | None]) -> list[dict[str, Any]]:
    """Return a log of events about a world's agreements; ids ascend in the order of the file."""
    agreements = tables["agreements"] or []
    out: list[dict[str, Any]] = []
    decided: set[tuple[Any, ...]] = set()
    for number, kind in enumerate([dice.pick(EVENT_WORDS) for _ in range(dice.whole(0, 5))]):
        day = dice.pick(DAYS)
        dated = {"on": str(day), "known_at": str(day + timedelta(days=dice.pick(LAGS)))}
        for suffix, event in zip(
            "abcd",
            _one(dice, kind, dice.pick([*[agreements[0]] * len(agreements), *agreements]), day, number),
            strict=False,
        ):
            if kind in ("approved", "rejected"):
                # A commission decides once: which of two contradicting decisions stands is not laid down.
                key = event["instrument"], event["state"], event.get("agreement")
                if key in decided:
                    continue
                decided.add(key)
            out.append({**dated, **event, "id": f"e{number:02d}{suffix}"})
    return out
