"""The switches: where a contract is open, the readings of it and the one that was chosen."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from rating.codes import TCLT_CLASSES, TrafficClass, name_of
from rating.terms.events import PolicySet

__all__ = [
    "SWITCHES",
    "Policy",
    "PolicyValue",
    "Reading",
    "Rounding",
    "Switch",
    "Unidentified",
    "parse_text",
    "parse_value",
    "readings",
    "resolve",
    "shown",
]

_PER_CALL: Final = re.compile(r"per_call_up\(([1-9][0-9]{0,7})\)")
_DECIMAL: Final = re.compile(r"(0(\.[0-9]{1,9})?|1(\.0{1,9})?)")
_SPREADABLE: Final = (*TCLT_CLASSES, TrafficClass.INTRALATA_TOLL)
_LONGEST_UNIT_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Rounding:
    """How time is rounded before it is priced (DOMAIN section 9); `unit_ms` with per_call_up only."""

    kind: Literal["exact", "trunk_group_month_up", "per_call_up"] = "exact"
    unit_ms: int | None = None

    def __str__(self) -> str:
        """Return the value as settings write it."""
        return self.kind if self.unit_ms is None else f"{self.kind}({self.unit_ms})"


@dataclass(frozen=True, slots=True)
class Unidentified:
    """When and over what calls without a caller's place are spread (DOMAIN section 9).

    They are spread if the identified share of `measure` is over `threshold` (with `strict`; else at
    least that), and priced as intraLATA switched access otherwise. `spread_over` names classes, in the
    order in which ties are broken.
    """

    measure: Literal["calls", "minutes"] = "calls"
    threshold: Decimal = Decimal("0.9")
    strict: bool = True
    spread_over: tuple[str, ...] = tuple(name_of(code) for code in _SPREADABLE)


PolicyValue: TypeAlias = bool | str | Rounding | Unidentified


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question: what it may be set to, and what each value reads into which clause.

    Parameters
    ----------
    name : str
        As in the settings' ``[policy]``.
    default : bool, str, Rounding or Unidentified
        What holds where nobody chose.
    source : str
        The clause that is open.
    readings : mapping of str to str
        Each value as it is written, with the reading it stands for. ``N`` stands for a number.
    read : callable
        From a raw value (as TOML or JSON gives it) to a value; ValueError if it is none.
    by_event : bool
        Whether a `policy_set` may choose it.
    """

    name: str
    default: PolicyValue
    source: str
    readings: Mapping[str, str]
    read: Callable[[object], PolicyValue]
    by_event: bool = True


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"found {raw!r}, expected true or false")


def _yes_no(name: str, source: str, yes: str, no: str, *, default: bool) -> Switch:
    return Switch(name, default, source, MappingProxyType({"true": yes, "false": no}), _bool)


def _choice(name: str, source: str, *, by_event: bool = True, **words: str) -> Switch:
    """Return a switch among words; the first is the default."""

    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw not in words:
            raise ValueError(f"found {raw!r}, expected {' or '.join(repr(word) for word in words)}")
        return raw

    return Switch(name, next(iter(words)), source, MappingProxyType(words), read, by_event)


def _rounding(raw: object) -> Rounding:
    if isinstance(raw, Rounding):
        return raw
    if raw == "exact":
        return Rounding("exact")
    if raw == "trunk_group_month_up":
        return Rounding("trunk_group_month_up")
    match = _PER_CALL.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or int(match[1]) > _LONGEST_UNIT_MS:
        raise ValueError(
            f"found {raw!r}, expected 'exact', 'trunk_group_month_up' or 'per_call_up(N)', "
            f"N being 1 to {_LONGEST_UNIT_MS} milliseconds"
        )
    return Rounding("per_call_up", int(match[1]))


def _unidentified(raw: object) -> Unidentified:
    if isinstance(raw, Unidentified):
        return raw
    names = [attribute.name for attribute in fields(Unidentified)]
    if not isinstance(raw, Mapping) or not set(raw) <= set(names):
        raise ValueError(f"found {raw!r}, expected a table of {', '.join(names)}")
    values: dict[str, Any] = dict(raw)
    if values.get("measure", "calls") not in ("calls", "minutes"):
        raise ValueError(f"measure: found {values['measure']!r}, expected 'calls' or 'minutes'")
    if "threshold" in values:
        values["threshold"] = _share(values["threshold"])
    if "strict" in values:
        values["strict"] = _strict(values["strict"])
    if "spread_over" in values:
        values["spread_over"] = _spread_over(values["spread_over"])
    return Unidentified(**values)


def _strict(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"strict: found {raw!r}, expected true or false")


def _share(raw: object) -> Decimal:
    if not isinstance(raw, str) or _DECIMAL.fullmatch(raw) is None:
        raise ValueError(f"threshold: found {raw!r}, expected a decimal from 0 to 1 in quotes, as '0.9'")
    return Decimal(raw)


def _spread_over(raw: object) -> tuple[str, ...]:
    names = [name_of(code) for code in _SPREADABLE]
    if not isinstance(raw, list | tuple) or not all(name in names for name in raw) or len(set(raw)) != len(raw):
        raise ValueError(f"spread_over: found {raw!r}, expected a list of {', '.join(names)}, each once at most")
    return tuple(name for name in names if name in raw)


def _all_switches() -> tuple[Switch, ...]:
    return (
        _yes_no(
            "sa_over_xa",
            "SA 1.4, 2.3; XA 1.3",
            "SA's single rate prices Wisconsin too while SA is in force: XA came with it, not after it.",
            "XA prices ISP-bound time also while SA is in force, without SA's conditions; SA prices the rest.",
            default=True,
        ),
        _choice(
            "early_request",
            "SA 2.3",
            counts="A Written Request made before the order is effective counts from the day it is.",
            void="A Written Request made before the order is effective has no effect.",
        ),
        _choice(
            "rate_date",
            "XA 2.2.2; SA 6",
            by_event=False,
            minute="A minute has the rate of the local day in which it is used.",
            connect="A call has the rate of the local day on which it connects.",
        ),
        _yes_no(
            "optional_eas_in_ratio",
            "XA 2.5, 2.6",
            "Optional EAS is Section 251(b)(5) traffic and weighs in the 3:1 ratio.",
            "Optional EAS stands outside the 3:1 ratio, as it does outside the cap and the new markets.",
            default=False,
        ),
        _yes_no(
            "virtual_fx_in_ratio",
            "SA 5.1; XA 2.6",
            "Virtual FX is local by its rate centers and weighs in the 3:1 ratio.",
            "Virtual FX stands outside the 3:1 ratio and is never ISP-bound.",
            default=True,
        ),
        _yes_no(
            "isp_outside_local",
            "SA 5.2",
            "Identified ISP calls of intraLATA toll are compensable too: the clause adds ISP calls without a place.",
            "ISP calls are compensable where local and EAS calls are.",
            default=False,
        ),
        _choice(
            "new_market_test",
            "XA 2.4.1, 2.4.2",
            isp="A LATA is no new market if ISP-bound traffic was exchanged there before the clause's day.",
            any="A LATA is no new market if any traffic was exchanged there before the clause's day.",
        ),
        _yes_no(
            "cap_counts_new_market",
            "XA 2.3.1, 2.4",
            "All ISP-bound traffic exchanged uses the cap, that of new markets too.",
            "Only compensable ISP-bound traffic uses the cap.",
            default=False,
        ),
        _choice(
            "cap_2003",
            "XA 2.3.1",
            compensable="The limit from 2003 on is what was compensable in 2002, under that year's own limit.",
            ceiling="The limit from 2003 on is the limit of 2002, used up or not.",
        ),
        _choice(
            "deot_base",
            "SA 4.3.2, 4.4",
            local_and_intralata_toll="The test of direct trunks weighs local, EAS and intraLATA toll time, their own.",
            all="The test of direct trunks weighs all time on the tandem's trunk groups.",
        ),
        _choice(
            "deot_onset",
            "SA 4.4",
            second_month="The second of two low months loses its compensation.",
            next_month="The month after two low months loses its compensation, if it is low too.",
        ),
        _choice(
            "deot_measure",
            "SA 4.4",
            minutes="The test of direct trunks weighs minutes of use.",
            trunks="The test of direct trunks weighs trunks by the days on which they stand.",
        ),
        Switch(
            "rounding",
            Rounding(),
            "base agreement; DOMAIN section 9",
            MappingProxyType(
                {
                    "exact": "Time is kept to the millisecond; only a line's amount is rounded.",
                    "trunk_group_month_up": "A month's total of a trunk group goes up to a whole minute.",
                    "per_call_up(N)": "Each call goes up to a multiple of N milliseconds.",
                }
            ),
            _rounding,
        ),
        Switch(
            "unidentified",
            Unidentified(),
            "base agreement; DOMAIN section 9",
            MappingProxyType(
                {
                    "measure": "Whether calls or minutes are counted as identified.",
                    "threshold": "The identified share over which the rest is spread.",
                    "strict": "Whether the share has to be over the threshold, or at least that.",
                    "spread_over": "The classes over which the rest is spread by their time.",
                }
            ),
            _unidentified,
        ),
    )


SWITCHES: Final[Mapping[str, Switch]] = MappingProxyType({switch.name: switch for switch in _all_switches()})
"""Every switch by name, in the order in which the rules use them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The readings that hold for one agreement as known on one day, one attribute a switch.

    `stated` names those that settings or events chose: they stand over what terms say of themselves.
    """

    sa_over_xa: bool = True
    early_request: Literal["counts", "void"] = "counts"
    rate_date: Literal["minute", "connect"] = "minute"
    optional_eas_in_ratio: bool = False
    virtual_fx_in_ratio: bool = True
    isp_outside_local: bool = False
    new_market_test: Literal["isp", "any"] = "isp"
    cap_counts_new_market: bool = False
    cap_2003: Literal["compensable", "ceiling"] = "compensable"
    deot_base: Literal["local_and_intralata_toll", "all"] = "local_and_intralata_toll"
    deot_onset: Literal["second_month", "next_month"] = "second_month"
    deot_measure: Literal["minutes", "trunks"] = "minutes"
    rounding: Rounding = Rounding()
    unidentified: Unidentified = Unidentified()
    stated: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A switch's value and who chose it, for people."""

    value: PolicyValue
    origin: str


def _switch(name: str) -> Switch:
    switch = SWITCHES.get(name)
    if switch is None:
        near = get_close_matches(name, SWITCHES, n=1)
        expected = f"{near[0]!r} perhaps" if near else f"one of {', '.join(SWITCHES)}"
        raise ValueError(f"found no switch {name!r}, expected {expected}")
    return switch


def parse_value(name: str, raw: object) -> PolicyValue:
    """Return a switch's value from what TOML or JSON gives for it.

    Raises
    ------
    ValueError
        If there is no such switch or it has no such value; says what was found and what was expected.
    """
    return _switch(name).read(raw)


def parse_text(name: str, text: str) -> PolicyValue:
    """Return a switch's value from text, as in ``NAME=VALUE``; `unidentified` is written as JSON.

    Raises
    ------
    ValueError
        As `parse_value`.
    """
    raw: object = text
    if text in ("true", "false"):
        raw = text == "true"
    elif text.startswith("{"):
        try:
            raw = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"found {text!r}, expected a JSON object ({error})") from error
    return parse_value(name, raw)


def shown(value: PolicyValue) -> bool | str | dict[str, object]:
    """Return a value as JSON and TOML can hold it; `parse_value` reads it back."""
    if isinstance(value, Rounding):
        return str(value)
    if isinstance(value, Unidentified):
        return {
            "measure": value.measure,
            "threshold": str(value.threshold),
            "strict": value.strict,
            "spread_over": list(value.spread_over),
        }
    return value


def readings(
    base: Mapping[str, object],
    per_agreement: Mapping[str, Mapping[str, object]],
    policy_sets: Iterable[PolicySet],
    agreement: str,
    as_known_at: date,
) -> dict[str, Reading]:
    """Return each switch's value for an agreement and who chose it.

    Parameters
    ----------
    base, per_agreement : mappings
        The settings' ``[policy]`` and ``[policy.AGREEMENT]``, raw or parsed.
    policy_sets : iterable of PolicySet
        Those known on `as_known_at` hold over the settings, for every month; one for the agreement
        before one for all, then the later known (DOMAIN section 5).
    agreement : str
    as_known_at : date

    Raises
    ------
    ValueError
        For an unknown switch, a bad value, or a `policy_set` of a switch that cannot be set so.
    """
    chosen = {name: Reading(switch.default, "default") for name, switch in SWITCHES.items()}
    layers = (
        ("[policy]", base),
        (f"[policy.{agreement}]", per_agreement.get(agreement, {})),
    )
    for origin, values in layers:
        for name, raw in values.items():
            chosen[name] = Reading(parse_value(name, raw), origin)
    for event in _in_force(policy_sets, agreement, as_known_at):
        if not _switch(event.policy).by_event:
            raise ValueError(f"policy_set {event.id}: {event.policy} cannot be set by an event, it needs a re-rating")
        chosen[event.policy] = Reading(parse_value(event.policy, event.value), f"policy_set {event.id}")
    return chosen


def _in_force(policy_sets: Iterable[PolicySet], agreement: str, as_known_at: date) -> Sequence[PolicySet]:
    """Return the choices that concern an agreement, the one that wins last."""
    known = [event for event in policy_sets if event.known_on <= as_known_at and event.agreement in (None, agreement)]
    return sorted(known, key=lambda event: (event.agreement is not None, event.known_order))


def resolve(
    base: Mapping[str, object],
    per_agreement: Mapping[str, Mapping[str, object]],
    policy_sets: Iterable[PolicySet],
    agreement: str,
    as_known_at: date,
) -> Policy:
    """Return the readings that hold for an agreement as known on a day; parameters as `readings`."""
    chosen = readings(base, per_agreement, policy_sets, agreement, as_known_at)
    values: dict[str, Any] = {name: reading.value for name, reading in chosen.items()}
    stated = frozenset(name for name, reading in chosen.items() if reading.origin != "default")
    return Policy(**values, stated=stated)
