"""A contract's text in passages, each with the one clause that it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rating.terms.model import Instrument
from rating.terms.text import ScheduleRow, ScheduleTotals

__all__ = ["Kind", "Origin", "Passage", "State", "is_beneath", "passages_of"]

Kind = Literal["section", "definition", "schedule", "provision", "whole"]
State = Literal["as_base", "replaced", "inserted", "amended", "pending_base", "conflict"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The instrument and the clause of it that a passage comes from; of a base its own section."""

    instrument: str
    clause: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, a definition, a schedule, a provision beside them, or an operation that waits or fails.

    place : the section's or the schedule's number. name : a section's heading, a definition's term.
    sentence : which of its section, from 1; 0 where no single one is meant. paraphrased : `text` is in
    other words than the contract's. was : the text that it displaced. finding : what is wrong or not at
    hand, empty if nothing is. survives : the clauses by which an untouched passage stays in force.
    A passage with state ``pending_base`` or ``conflict`` is an operation that changed nothing.
    """

    kind: Kind
    place: str
    text: str
    state: State
    origin: Origin
    name: str = ""
    sentence: int = 0
    paraphrased: bool = False
    was: tuple[str, ...] = ()
    finding: str = ""
    rows: tuple[ScheduleRow, ...] = ()
    totals: ScheduleTotals | None = None
    survives: tuple[Origin, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is part of the contract, not an operation that could not be applied."""
        return self.state not in {"pending_base", "conflict"}


def is_beneath(place: str, section: str) -> bool:
    """Whether a section is a part of another by its number: 5.2(a) and 5.2.1 of 5.2, but not 5.20."""
    return place.startswith(section) and place[len(section) : len(section) + 1] in {".", "("}


def passages_of(base: Instrument) -> list[Passage]:
    """Return a base's own text in passages: sections with the definitions in them, then schedules."""
    sections = {section.section for section in base.text}
    out = [_definition(base, at) for at in range(len(base.definition)) if base.definition[at].section not in sections]
    for section in base.text:
        out.extend(_section(base, section.section, section.heading, section.sentences))
        out.extend(
            _definition(base, at) for at, known in enumerate(base.definition) if known.section == section.section
        )
    for schedule in base.schedule:
        origin = Origin(base.id, schedule.schedule)
        out.append(
            Passage("schedule", schedule.schedule, "", "as_base", origin, rows=schedule.rows, totals=schedule.totals)
        )
    return out


def _section(base: Instrument, place: str, heading: str, sentences: tuple[str, ...]) -> Iterator[Passage]:
    origin = Origin(base.id, place)
    if not sentences:
        yield Passage("section", place, "", "as_base", origin, heading)
    for number, sentence in enumerate(sentences, start=1):
        yield Passage("section", place, sentence, "as_base", origin, heading, number)


def _definition(base: Instrument, at: int) -> Passage:
    known = base.definition[at]
    return Passage("definition", known.section, known.text, "as_base", Origin(base.id, known.section), known.term)
