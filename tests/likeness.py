"""Hold what the engine decided to what its twin decides: every fate, every number of every statement."""

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

from tests import naive
from tests.driving import Driven, Fate
from tests.worlds import World

__all__ = ["assert_alike"]

Flat = dict[tuple[object, ...], object]


def twin_fate(decision: naive.Decision) -> Fate:
    """Return the twin's decision in the words of the engine's."""
    fate: Fate = {"outcome": decision.outcome, "reason": decision.reason}
    if decision.outcome in ("rated", "verification"):
        fate |= {
            "class": decision.cls,
            "agreement": decision.agreement or "",
            "orig": decision.orig,
            "term": decision.term,
            "orig_ocn": decision.orig_ocn or "",
            "term_ocn": decision.term_ocn or "",
            "origin": "|".join(decision.origin) if decision.origin else "",
            "lata": decision.lata,
            "jurisdiction": decision.jurisdiction,
            "destination": "|".join(decision.destination) if decision.destination else "",
        }
    if decision.outcome == "rated":
        fate["segments"] = decision.segments
    return fate


def flat(statement: dict[str, Any]) -> Flat:
    """Return every number of a statement that is no zero, under a key that names it."""
    out: Flat = {}
    lines: dict[tuple[object, ...], list[Any]] = {}
    for way in statement["directions"]:
        ends = way["payer"], way["payee"]
        for line in way["lines"]:
            what = (line["class"], line["outcome"], line["reason"], line["lata"], line["from"], line["through"])
            rate = Fraction(line["rate"]) if line["rate"] else None
            sums = lines.setdefault(("line", *ends, *what, rate), [0, Fraction(0), Fraction(0)])
            sums[0] += line["ms"]
            sums[1] += Fraction(line["unrounded"])
            sums[2] += Fraction(line["amount"])
        out["total", *ends] = Fraction(way["total"]) or None
        out["cap", *ends] = way["cap"]
        shown = way["presumption"]
        out["presumption", *ends] = shown if shown and shown["method"] != "none" else None
    out |= {key: tuple(sums) for key, sums in lines.items() if any(sums)}
    for row in statement["usage"]:
        out["usage", row["class"], row["payer"], row["payee"]] = row["calls"], row["ms"]
    exceptions: Counter[tuple[object, ...]] = Counter()
    for row in statement["exceptions"]:
        third = row["third_party"] if row["code"] == "arrangement_missing" else None
        key = ("exception", row["code"], row["originator"], third)
        exceptions[*key, "calls"] += row["calls"]
        exceptions[*key, "ms"] += row["ms"]
    return out | +exceptions


def twelve_places(found: Flat) -> Flat:
    """Cut the unrounded value of each line to the places that a statement shows; they are half even there."""
    return {
        key: (value[0], round(value[1], 12), value[2]) if key[0] == "line" and isinstance(value, tuple) else value
        for key, value in found.items()
    }


def provisional(statement: dict[str, Any], instrument: str) -> bool:
    """Whether some stretch of the month is marked as resting on an approval that is not known."""
    return any(mark.startswith(f"{instrument}:") for part in statement["in_force"] for mark in part["provisional"])


def assert_alike(world: World, driven: Driven) -> None:
    rater = naive.Rater(world.naive(), world.receipt_ms)
    decisions = rater.add_all(world.lines)
    for line, got, wanted in zip((b for b in world.lines if b.strip()), driven.fates(), decisions, strict=True):
        assert got == twin_fate(wanted), line
    for part, table in rater.summary().items():
        got = {key: value for key, value in driven.summary[part].items() if value}
        # What has no time of its own is no key of the twin's, and 0 in the engine's.
        assert _counted(got) == _counted(table)
    for known in world.known:
        for month in world.months:
            got_all = driven.statements(month, known)
            for name, wanted_statement in naive.statements(rater.world, decisions, month, known).items():
                assert_same_statement(got_all[name], wanted_statement, (name, month, known))


def _counted(table: dict[str, Any]) -> dict[tuple[str, str], int]:
    pairs = ((key, value if isinstance(value, dict) else {"": value}) for key, value in table.items())
    return {(outcome, reason): n for outcome, reasons in pairs for reason, n in reasons.items() if n}


def assert_same_statement(got: dict[str, Any], wanted: dict[str, Any], where: tuple[str, str, date]) -> None:
    got_flat, wanted_flat = twelve_places(flat(got)), twelve_places(flat(wanted))
    if not got["directions"]:  # a month without usage gives a statement without lines
        wanted_flat = {
            key: value for key, value in wanted_flat.items() if key[0] not in ("cap", "presumption", "total")
        }
    differences = {
        key: (got_flat.get(key), wanted_flat.get(key))
        for key in {*got_flat, *wanted_flat}
        if got_flat.get(key) != wanted_flat.get(key)
    }
    assert not differences, (where, differences)
    assert provisional(got, "sbc-kmc-second") == wanted["sa_provisional"], where
    if wanted["xa_provisional"]:
        assert provisional(got, "sbc-kmc-wi-isp"), where
