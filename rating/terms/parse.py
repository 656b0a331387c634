"""From parsed TOML to a typed instrument, or an error that says where and what."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, get_args

import msgspec

from rating.codes import PriceReason, TrafficClass, name_of
from rating.money import nano
from rating.policy import SWITCHES, parse_value
from rating.terms import model
from rating.terms.model import WITHOUT_EFFECT, Clause, Effect, Instrument
from rating.terms.text import TextDefinition, TextSchedule, TextSection

__all__ = ["EFFECTS", "TermsError", "parse"]

EFFECTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Effect)
}
"""The effect types by the word that stands in ``effect``."""

_CLASSES: Final = tuple(name_of(code) for code in TrafficClass)
_REASONS: Final = tuple(name_of(code) for code in PriceReason if code is not PriceReason.NONE)
_ISP_BOUND: Final = "isp_bound"
_CONDITIONS: Final = ("offer_accepted",)
_TEXTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "text": TextSection,
    "definition": TextDefinition,
    "schedule": TextSchedule,
}
_PLACE: Final = re.compile(r"^(?P<said>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_STATE: Final = re.compile(r"[A-Z]{2}")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class TermsError(Exception):
    """An instrument's file does not say what an instrument can say.

    Parameters
    ----------
    file : str
        As the caller named it.
    clause : str
        The clause's reference, ``clause N`` where it has none, empty for the instrument itself.
    field : str
        The key at fault, dotted and indexed; empty where no single one is.
    message : str
        What was found and what was expected.
    index : int, optional
        Position of the clause in the file, from 0, so that a reader of the file can find its line.
    """

    def __init__(self, file: str, clause: str, field: str, message: str, index: int | None = None) -> None:
        """See the class."""
        super().__init__(file, clause, field, message, index)
        self.file = file
        self.clause = clause
        self.field = field
        self.message = message
        self.index = index

    def __str__(self) -> str:
        """Return one line: ``FILE: clause REF: FIELD: MESSAGE``, leaving out what is not known."""
        place = self.clause if self.clause.startswith("clause") or not self.clause else f"clause {self.clause}"
        return ": ".join(part for part in (self.file, place, self.field, self.message) if part)


@dataclass(frozen=True, slots=True)
class _Where:
    """A place in a file, to complain about."""

    file: str
    clause: str = ""
    index: int | None = None
    prefix: str = ""

    def error(self, field: str, message: str) -> TermsError:
        joint = "" if not self.prefix or not field or field.startswith("[") else "."
        return TermsError(self.file, self.clause, f"{self.prefix}{joint}{field}", message, self.index)

    def inside(self, prefix: str) -> "_Where":
        return _Where(self.file, self.clause, self.index, prefix)


def parse(data: Mapping[str, Any], file: str) -> Instrument:
    """Return the instrument that a parsed TOML file describes.

    Parameters
    ----------
    data : mapping
        As ``tomllib`` gives it: dates are dates, decimals are strings (a TOML float has lost the
        contract's own digits and is refused).
    file : str
        The name that errors carry.

    Raises
    ------
    TermsError
        For an unknown key or effect, a wrong type, a missing or repeated reference, a clause that
        neither computes nor says why not, an unknown class, group, party, policy or reason, a decimal
        that is negative or finer than 1e-9, and days in the wrong order.
    """
    top = _Where(file)
    raw_clauses = _list_of_tables(data.get("clause", []), top, "clause")
    bare = {key: value for key, value in data.items() if key not in {"clause", *_TEXTS}}
    _check_keys(bare, Instrument, top)
    head = msgspec.structs.replace(_convert(bare, Instrument, top), **_own_text(data, top))
    clauses: list[Clause] = []
    seen: dict[str, int] = {}
    for index, raw in enumerate(raw_clauses):
        where, clause = _clause(raw, file, index)
        if clause.ref in seen:
            raise where.error("ref", f"found {clause.ref!r} again, first at clause {seen[clause.ref] + 1}")
        seen[clause.ref] = index
        clauses.append(clause)
    instrument: Instrument = msgspec.structs.replace(head, clause=tuple(clauses))
    _check_head(instrument, top)
    groups = {e.group for clause in clauses for e in clause.effects if isinstance(e, model.TrafficGroup)}
    for index, clause in enumerate(clauses):
        for number, effect in enumerate(clause.effects):
            where = _Where(file, clause.ref, index, f"effects[{number}]")
            _check_effect(effect, instrument, groups, where)
            if isinstance(effect, model.Rate):
                _check_tier(effect, instrument, where)
    return instrument


def _own_text(data: Mapping[str, Any], top: _Where) -> dict[str, tuple[msgspec.Struct, ...]]:
    """Return an instrument's own text, each section, term and schedule of it once."""
    out: dict[str, tuple[msgspec.Struct, ...]] = {}
    for table, kind in _TEXTS.items():
        parts: list[msgspec.Struct] = []
        seen: set[tuple[str, ...]] = set()
        for number, raw in enumerate(_list_of_tables(data.get(table, []), top, table)):
            key = kind.__struct_fields__[0]
            named = raw.get(key)
            where = _Where(top.file, named if isinstance(named, str) else "", prefix=f"{table}[{number}]")
            _check_keys(raw, kind, where)
            part: msgspec.Struct = _convert(raw, kind, where)
            for field in ("section", "term", "text", "schedule"):
                if getattr(part, field, "x") == "":
                    raise where.error(field, "found nothing, expected a value")
            _check_sentences(getattr(part, "sentences", ()), where)
            place = tuple(
                str(getattr(part, field)) for field in ("section", "term", "schedule") if hasattr(part, field)
            )
            if place in seen:
                raise where.error(key, f"found {' '.join(place)!r} again, expected each once")
            seen.add(place)
            parts.append(part)
        out[table] = tuple(parts)
    return out


def _check_sentences(sentences: Sequence[str], where: _Where) -> None:
    for number, sentence in enumerate(sentences):
        if not sentence.strip():
            raise where.error(f"sentences[{number}]", "found nothing, expected a sentence")


def _list_of_tables(raw: object, where: _Where, field: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise where.error(field, f"found {_shown(raw)}, expected a list of tables")
    return raw


def _clause(raw: Mapping[str, Any], file: str, index: int) -> tuple[_Where, Clause]:
    ref = raw.get("ref")
    if not isinstance(ref, str) or not ref.strip():
        where = _Where(file, f"clause {index + 1}", index)
        raise where.error("ref", f"found {_shown(ref)}, expected the clause's own number")
    where = _Where(file, ref, index)
    tables = _list_of_tables(raw.get("effects", []), where, "effects")
    bare = {key: value for key, value in raw.items() if key != "effects"}
    _check_keys(bare, Clause, where)
    effects = tuple(_effect(table, where.inside(f"effects[{number}]")) for number, table in enumerate(tables))
    clause = msgspec.structs.replace(_convert(bare, Clause, where), effects=effects)
    if not clause.says.strip():
        raise where.error("says", "found nothing, expected what the clause says in other words")
    if effects and clause.why:
        raise where.error("why", f"found {clause.why!r} beside effects, expected it only where there are none")
    if not effects and clause.why not in WITHOUT_EFFECT:
        expected = f"one of {', '.join(WITHOUT_EFFECT)} in a clause without effects"
        raise where.error("why", f"found {_shown(clause.why)}, expected {expected}")
    return where, clause


def _effect(raw: Mapping[str, Any], where: _Where) -> Effect:
    name = raw.get("effect")
    kind = EFFECTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise where.error("effect", f"found {_shown(name)}, expected {_near(str(name), EFFECTS)}")
    _check_keys({key: value for key, value in raw.items() if key != "effect"}, kind, where)
    _check_decimals(raw, kind, where)
    effect: Effect = _convert(raw, kind, where)
    return effect


def _convert(raw: Mapping[str, Any], kind: type[Any], where: _Where) -> Any:
    """Build a struct; days must be TOML days, not strings that look like them."""
    try:
        return msgspec.convert(raw, kind, builtin_types=(date,))
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        said, path = (match["said"], match["path"] or "") if match else (str(error), "")
        raise where.error(path, said.replace("`", "")[:1].lower() + said.replace("`", "")[1:]) from error


def _check_keys(raw: Mapping[str, Any], kind: type[msgspec.Struct], where: _Where) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in raw:
        if key not in fields:
            raise where.error(key, f"found an unknown field, expected {_near(key, fields)}")
    for name, field in fields.items():
        if field.required and name not in raw:
            raise where.error(name, "found nothing, expected a value")


def _check_decimals(raw: Mapping[str, Any], kind: type[msgspec.Struct], where: _Where) -> None:
    """Check decimals before they are built: they are quoted, and a float has no say in money."""
    for field in msgspec.structs.fields(kind):
        value = raw.get(field.encode_name)
        if value is None:
            continue
        if Decimal in (field.type, *get_args(field.type)):
            items = value if isinstance(value, list) else [value]
            for item in items:
                _check_decimal(item, where, field.encode_name)
        elif model.CapYear in get_args(field.type):
            for number, row in enumerate(_list_of_tables(value, where, field.encode_name)):
                _check_decimals(row, model.CapYear, where.inside(f"{where.prefix}.{field.encode_name}[{number}]"))


def _check_decimal(value: object, where: _Where, field: str) -> None:
    expected = 'a decimal of 0 or more with at most 9 places, in quotes, as "0.0007"'
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise where.error(field, f"found {_shown(value)}, expected {expected}")
    try:
        nano(Decimal(value))
    except ValueError as error:
        raise where.error(field, f"found {value!r}, expected {expected}") from error


def _check_head(instrument: Instrument, where: _Where) -> None:
    if _ID.fullmatch(instrument.id) is None:
        raise where.error("id", f"found {instrument.id!r}, expected lower-case letters, digits and hyphens")
    if not instrument.clause and not instrument.has_text:
        raise where.error("clause", "found nothing, expected at least one clause")
    if not instrument.parties:
        raise where.error("parties", "found nothing, expected the short names of those who are bound")
    if len(set(instrument.parties)) != len(instrument.parties):
        raise where.error("parties", f"found {', '.join(instrument.parties)}, expected each once")
    _check_states(instrument.states, where)
    first, last = instrument.effective, instrument.effective_through
    if first is not None and last is not None and first > last:
        raise where.error("effective_through", f"found {last}, expected a day not before effective {first}")
    for party in instrument.signed:
        if party not in instrument.parties:
            raise where.error(f"signed.{party}", f"found {party!r}, expected {_near(party, instrument.parties)}")
    refs = {clause.ref for clause in instrument.clause}
    for number, switch in enumerate(instrument.switches):
        at = where.inside(f"switches[{number}]")
        _check_policy(switch.policy, at, "policy")
        if switch.clause not in refs:
            raise at.error("clause", f"found {switch.clause!r}, expected a clause of this instrument")


def _check_policy(name: str, where: _Where, field: str) -> None:
    if name not in SWITCHES:
        raise where.error(field, f"found no policy {name!r}, expected {_near(name, SWITCHES)}")


def _check_states(states: Sequence[str], where: _Where) -> None:
    for state in states:
        if _STATE.fullmatch(state) is None:
            raise where.error("states", f"found {state!r}, expected two capital letters")


def _check_effect(effect: Effect, instrument: Instrument, groups: set[str], where: _Where) -> None:
    first, last = getattr(effect, "from_", None), getattr(effect, "through", None)
    if first is not None and last is not None and first > last:
        raise where.error("through", f"found {last}, expected a day not before from {first}")
    _check_names(effect, instrument, where)
    match effect:
        case model.Rate():
            _check_rate(effect, groups, where)
        case model.TrafficGroup() if effect.group in (*_CLASSES, _ISP_BOUND):
            raise where.error("group", f"found {effect.group!r}, expected a name that no class has")
        case model.Controls() if effect.switch:
            _check_policy(effect.switch, where, "switch")
        case model.Rounding():
            _check_rounding(effect, where)
        case model.Eligibility():
            _check_eligibility(effect, where)
        case model.Waiver() if effect.cause == "new_interconnection" and effect.months is None:
            raise where.error("months", "found nothing, expected how long a new interconnection is excused")
        case model.GrowthCap():
            _check_cap(effect, where)
        case model.ReplaceSection() | model.SubstituteWords() | model.ReplaceSentence():
            _check_operation(effect, where)


def _check_names(effect: Effect, instrument: Instrument, where: _Where) -> None:
    _check_states(getattr(effect, "states", ()), where)
    for field, name in _classes(effect):
        if name not in _CLASSES:
            raise where.error(field, f"found no class {name!r}, expected {_near(name, _CLASSES)}")
    for field in ("payee", "not_before_signature_of"):
        party = getattr(effect, field, "")
        if party and party not in instrument.parties:
            raise where.error(field, f"found {party!r}, expected {_near(party, instrument.parties)}")


def _check_operation(
    effect: model.ReplaceSection | model.SubstituteWords | model.ReplaceSentence, where: _Where
) -> None:
    if isinstance(effect, model.ReplaceSection):
        _check_sentences(effect.sentences, where)
    elif isinstance(effect, model.SubstituteWords):
        if not effect.find.strip():
            raise where.error("find", "found nothing, expected the words that are to be replaced")
    elif effect.sentence < 1:
        raise where.error("sentence", f"found {effect.sentence}, expected 1 for the first")


def _classes(effect: Effect) -> Iterator[tuple[str, str]]:
    """Yield (field, name) for everything in an effect that has to be a class."""
    for field in ("classes", "base", "spread_over"):
        for name in getattr(effect, field, ()):
            yield field, name


def _check_rate(rate: model.Rate, groups: set[str], where: _Where) -> None:
    traffic = (*_CLASSES, _ISP_BOUND, *sorted(groups))
    if rate.traffic not in traffic:
        raise where.error(
            "traffic", f"found {rate.traffic!r}, expected a class, a group that this instrument names, or {_ISP_BOUND}"
        )
    if rate.per_minute is None and rate.per_call is None:
        raise where.error("per_minute", "found neither per_minute nor per_call, expected one of them at least")
    if rate.reason and rate.reason not in _REASONS:
        raise where.error("reason", f"found {rate.reason!r}, expected {_near(rate.reason, _REASONS)}")
    if rate.when and rate.when not in _CONDITIONS:
        raise where.error("when", f"found {rate.when!r}, expected {_near(rate.when, _CONDITIONS)}")


def _check_tier(rate: model.Rate, instrument: Instrument, where: _Where) -> None:
    """Check that a price by tiers has one for the first minute on the same days."""
    first = {"over_minutes": 0, "per_minute": None, "per_call": None, "element": "", "route": "any", "reason": ""}
    same = msgspec.structs.replace(rate, **first)
    others = (e for clause in instrument.clause for e in clause.effects if isinstance(e, model.Rate))
    if not any(other.over_minutes == 0 and msgspec.structs.replace(other, **first) == same for other in others):
        raise where.error(
            "over_minutes",
            f"found {rate.over_minutes}, expected a first tier too: a rate of {rate.traffic!r} over 0 on the same days",
        )


def _check_rounding(effect: model.Rounding, where: _Where) -> None:
    try:
        parse_value("rounding", effect.method)
    except ValueError as error:
        raise where.error("method", str(error)) from error


def _check_eligibility(effect: model.Eligibility, where: _Where) -> None:
    if effect.test == "poi" and not effect.satisfied_by:
        raise where.error("satisfied_by", "found nothing, expected area, tandem_option or mileage for a poi test")
    if effect.satisfied_by == "mileage" and effect.miles is None:
        raise where.error("miles", "found nothing, expected the distance that satisfies the test")
    if effect.test == "deot":
        if effect.share is None or effect.share > 1:
            raise where.error("share", f"found {effect.share}, expected a share from 0 to 1 for a deot test")
        if effect.months is None or effect.months < 1:
            raise where.error("months", f"found {effect.months}, expected how many months running fail the test")


def _check_cap(effect: model.GrowthCap, where: _Where) -> None:
    """Check that it has one kind of limit, that a schedule goes up year by year and only its last row goes on."""
    if (effect.minutes is None) == (not effect.years):
        raise where.error("minutes", "found both or neither of minutes and years, expected one of them")
    if effect.years and (effect.period, effect.scope) != ("year", "state"):
        raise where.error("years", f"found a schedule of years by {effect.period} and {effect.scope}, expected minutes")
    for number, row in enumerate(effect.years):
        if number and row.year <= effect.years[number - 1].year:
            raise where.error(f"years[{number}].year", f"found {row.year}, expected a year after the row before")
        if row.onward and number + 1 < len(effect.years):
            raise where.error(f"years[{number}].onward", "found true, expected it in the last row alone")


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else repr(value)


def _near(name: str, known: Iterable[str]) -> str:
    """Name what was perhaps meant, or all there is."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"{near[0]!r} perhaps" if near else f"one of {', '.join(names)}"
