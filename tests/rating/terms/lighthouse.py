"""A made contract on the keeping of a lighthouse, and amendments of it, for tests of text operations."""

from datetime import date
from typing import Any

from rating.terms import model
from rating.terms.conform import Conformed, View, conform
from rating.terms.model import Clause, Effect, Instrument
from rating.terms.passages import Passage
from rating.terms.text import ScheduleRow, ScheduleTotals, TextDefinition, TextSchedule, TextSection

SIGNED = date(1901, 3, 1)
DAY = date(1902, 1, 1)

ROWS = (
    ScheduleRow(purchaser="North Pier", series="A", shares=30, warrants=3, price=300),
    ScheduleRow(purchaser="South Pier", series="B", shares=20, warrants=2, price=200),
)
TOTALS = ScheduleTotals(shares=50, warrants=5, price=500, unit_price=10)

BASE = Instrument(
    id="lighthouse",
    title="On keeping the light",
    domain="corporate",
    source="made for tests",
    parties=("harbour", "keeper"),
    effective=date(1900, 1, 1),
    signed={"harbour": date(1899, 12, 1), "keeper": date(1899, 12, 2)},
    text=(
        TextSection(section="1", heading="Words"),
        TextSection(
            section="2",
            heading="The lamp",
            sentences=("The lamp burns from dusk.", "Nobody touches the wick.", "Oil is paid by the barrel."),
        ),
        TextSection(section="2(a)", sentences=("A barrel costs one crown.",)),
        TextSection(section="20", heading="The horn", sentences=("The horn costs one crown. ",)),
    ),
    definition=(
        TextDefinition(section="1", term="Dusk", text="The hour after sunset."),
        TextDefinition(section="1", term="Wick", text="The burning part."),
    ),
    schedule=(TextSchedule(schedule="Schedule I", rows=ROWS, totals=TOTALS),),
)


def amendment(*effects: Effect, name: str = "first", signed: date = SIGNED, **fields: Any) -> Instrument:
    """Return an amendment of the lighthouse with one clause an effect: 1, 2, ..."""
    given: dict[str, Any] = {
        "title": "t",
        "domain": "corporate",
        "source": "made for tests",
        "parties": ("harbour", "keeper"),
        "amends": "lighthouse",
        "effective": date(1901, 4, 1),
        "signed": {"keeper": signed},
        "clause": tuple(Clause(ref=str(n), says="x", effects=(e,)) for n, e in enumerate(effects, start=1)),
    }
    return Instrument(id=name, **{**given, **fields})


def read(*amendments: Instrument, on: date = DAY, known: date = DAY) -> Conformed:
    return conform(BASE, amendments, View(on, known))


def only_finding(conformed: Conformed) -> Passage:
    """Return the one operation that changed nothing."""
    (waiting,) = (passage for passage in conformed.passages if not passage.is_text)
    return waiting


def text_of(conformed: Conformed, place: str) -> list[str]:
    return [p.text for p in conformed.passages if p.place == place and p.is_text]


def sentence(number: int, section: str = "2", **fields: Any) -> model.ReplaceSentence:
    return model.ReplaceSentence(section=section, sentence=number, **{"paraphrase": "put otherwise", **fields})


def words(find: str, replace: str = "two crowns", section: str = "2") -> model.SubstituteWords:
    return model.SubstituteWords(section=section, find=find, replace=replace)


def term(name: str, section: str = "1", **fields: Any) -> model.InsertDefinition:
    return model.InsertDefinition(section=section, term=name, **{"paraphrase": "meant otherwise", **fields})


def section(number: str, *sentences: str) -> model.ReplaceSection:
    return model.ReplaceSection(section=number, paraphrase="written anew", sentences=sentences)


def table(**fields: Any) -> model.ReplaceSchedule:
    return model.ReplaceSchedule(**{"schedule": "Schedule I", "rows": ROWS, **fields})
