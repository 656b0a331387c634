"""One operation of an amendment on a contract's text: applied, or a finding that says why it cannot be.

Nothing is chosen in silence. What does not fit the text leaves the text as it is and stands beside it
as a passage of its own: ``conflict`` where the text is at hand and something else than expected,
``pending_base`` where it is not at hand.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rating.terms.model import (
    Effect,
    InsertDefinition,
    ReplaceSchedule,
    ReplaceSection,
    ReplaceSentence,
    SubstituteWords,
)
from rating.terms.passages import Kind, Origin, Passage, State, is_beneath
from rating.terms.text import sum_faults

__all__ = ["NOT_AT_HAND", "Operation", "apply", "as_waiting", "find_words", "place_of"]

Operation = ReplaceSection | InsertDefinition | SubstituteWords | ReplaceSentence | ReplaceSchedule

NOT_AT_HAND: Final = "what it changes is not at hand"


class _Conflict(Exception):
    """The text is at hand and is not what the operation expects."""


class _NotAtHand(Exception):
    """The text that the operation needs stands there in paraphrase only."""


def place_of(effect: Effect) -> str:
    """Return the section or schedule that an operation changes; empty for every other effect."""
    if isinstance(effect, ReplaceSchedule):
        return effect.schedule
    return effect.section if isinstance(effect, Operation) else ""


def apply(passages: Sequence[Passage], effect: Operation, origin: Origin, peers: frozenset[str]) -> list[Passage]:
    """Return the passages after an operation, or with a finding added where it does not fit them.

    Parameters
    ----------
    passages : sequence of Passage
        The text as it stands after everything that this operation controls over.
    effect : Operation
    origin : Origin
        The clause that holds the operation: the origin of what it brings.
    peers : frozenset of str
        Instruments of the same rank: what they have changed, no order of control decides.
    """
    try:
        return _applied(passages, effect, origin, peers)
    except _Conflict as found:
        return _beside(passages, as_waiting(effect, origin, "conflict", str(found)))
    except _NotAtHand as found:
        return _beside(passages, as_waiting(effect, origin, "pending_base", str(found)))


def _applied(passages: Sequence[Passage], effect: Operation, origin: Origin, peers: frozenset[str]) -> list[Passage]:
    match effect:
        case ReplaceSection():
            return _replace_section(passages, effect, origin, peers)
        case InsertDefinition():
            return _define(passages, effect, origin, peers)
        case SubstituteWords():
            return _substitute(passages, effect, origin, peers)
        case ReplaceSentence():
            return _replace_sentence(passages, effect, origin, peers)
        case ReplaceSchedule():
            return _replace_schedule(passages, effect, origin, peers)


def as_waiting(effect: Operation, origin: Origin, state: State, finding: str) -> Passage:
    """Return an operation that is not applied as a passage, in the words of its paraphrase."""
    place = place_of(effect)
    if isinstance(effect, ReplaceSchedule):
        return Passage("schedule", place, "", state, origin, finding=finding, rows=effect.rows, totals=effect.totals)
    if isinstance(effect, SubstituteWords):
        return Passage("section", place, f'"{effect.find}" becomes "{effect.replace}"', state, origin, finding=finding)
    return Passage(
        "definition" if isinstance(effect, InsertDefinition) else "section",
        place,
        effect.paraphrase,
        state,
        origin,
        name=effect.term if isinstance(effect, InsertDefinition) else "",
        sentence=effect.sentence if isinstance(effect, ReplaceSentence) else 0,
        paraphrased=True,
        finding=finding,
    )


def find_words(text: str, words: str) -> list[int]:
    """Return where words stand in a text as whole words, overlapping places too."""
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    after = r"(?!\w)" if words[-1:].isalnum() else ""
    return [match.start() for match in re.finditer(f"(?={before}{re.escape(words)}{after})", text)]


def _replace_section(
    passages: Sequence[Passage], effect: ReplaceSection, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    """Take a section out with what is numbered beneath it, and put the new one in its place."""
    old = _within(passages, effect.section, ("section", "definition"))
    if not old:
        raise _Conflict(f"found no section {effect.section}, expected one to replace")
    _refuse_twice(passages, old, origin, peers)
    heading = next((passages[at].name for at in old if passages[at].place == effect.section), "")
    was = tuple(passages[at].text for at in old)
    texts = effect.sentences or (effect.paraphrase,)
    new = [
        Passage(
            "section",
            effect.section,
            text,
            "replaced",
            origin,
            heading if passages[old[0]].kind == "section" else "",
            number if effect.sentences else 0,
            not effect.sentences,
            was if number == 1 else (),
        )
        for number, text in enumerate(texts, start=1)
    ]
    kept = [passage for at, passage in enumerate(passages) if at not in old]
    return [*kept[: old[0]], *new, *kept[old[0] :]]


def _replace_sentence(
    passages: Sequence[Passage], effect: ReplaceSentence, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    section = _exactly(passages, effect.section)
    sentences = [at for at in section if passages[at].sentence]
    if not 1 <= effect.sentence <= len(sentences):
        raise _Conflict(
            f"found {len(sentences)} sentences in {effect.section}, expected one numbered {effect.sentence}"
        )
    at = sentences[effect.sentence - 1]
    _refuse_twice(passages, [at], origin, peers)
    new = replace(
        passages[at],
        text=effect.text or effect.paraphrase,
        state="replaced",
        origin=origin,
        paraphrased=not effect.text,
        was=(passages[at].text,),
    )
    return [*passages[:at], new, *passages[at + 1 :]]


def _substitute(
    passages: Sequence[Passage], effect: SubstituteWords, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    """Change words that stand exactly once in a section, what is numbered beneath it included."""
    targets = _within(passages, effect.section, ("section", "definition"))
    if not targets:
        raise _Conflict(f"found no section {effect.section}, expected one with the words in it")
    for at in targets:
        if passages[at].paraphrased:
            raise _NotAtHand(_paraphrase_of(passages[at]))
    found = [(at, start) for at in targets for start in find_words(passages[at].text, effect.find)]
    if len(found) != 1:
        joined = " ".join(passages[at].text for at in targets)
        if not found and find_words(joined, effect.find):
            raise _Conflict(f"found the words across two sentences of {effect.section}, expected them in one")
        raise _Conflict(f"found the words {len(found)} times in {effect.section}, expected them exactly once")
    ((at, start),) = found
    _refuse_peers(passages, [at], peers)
    old = passages[at].text
    text = old[:start] + effect.replace + old[start + len(effect.find) :]
    new = replace(passages[at], text=text, state="amended", origin=origin, was=(old,))
    return [*passages[:at], new, *passages[at + 1 :]]


def _define(
    passages: Sequence[Passage], effect: InsertDefinition, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    """Insert a definition, or amend it where the base defines the term; which one may depend on the base."""
    known = [at for at, p in enumerate(passages) if p.is_text and p.kind == "definition" and p.name == effect.term]
    here = [at for at in known if passages[at].place == effect.section]
    if here:
        return _redefine(passages, here[0], effect, origin, peers)
    if known:
        raise _Conflict(f"found the term defined in {passages[known[0]].place}, expected it in {effect.section}")
    section = _exactly(passages, effect.section, ("section", "definition"))
    if effect.amend == "amend":
        raise _Conflict(f"found no such term in {effect.section}, expected one to amend")
    after = [at for at in section if passages[at].kind == "definition" and passages[at].name < effect.term]
    first = next((at for at in section if passages[at].kind == "definition"), section[-1] + 1)
    at = after[-1] + 1 if after else first
    new = Passage(
        "definition",
        effect.section,
        effect.text or effect.paraphrase,
        "inserted",
        origin,
        effect.term,
        paraphrased=not effect.text,
    )
    return [*passages[:at], new, *passages[at:]]


def _redefine(
    passages: Sequence[Passage], at: int, effect: InsertDefinition, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    if effect.amend == "insert":
        raise _Conflict(f"found the term defined in {effect.section} already, expected none before it is inserted")
    _refuse_twice(passages, [at], origin, peers)
    new = replace(
        passages[at],
        text=effect.text or effect.paraphrase,
        state="amended",
        origin=origin,
        paraphrased=not effect.text,
        was=(passages[at].text,),
    )
    return [*passages[:at], new, *passages[at + 1 :]]


def _replace_schedule(
    passages: Sequence[Passage], effect: ReplaceSchedule, origin: Origin, peers: frozenset[str]
) -> list[Passage]:
    """Exchange a schedule's rows; totals that the new one does not state again go on as they stood."""
    old = [at for at, p in enumerate(passages) if p.is_text and p.kind == "schedule" and p.place == effect.schedule]
    if not old:
        raise _Conflict(f"found no {effect.schedule}, expected a schedule to replace")
    _refuse_twice(passages, old, origin, peers)
    totals = effect.totals or passages[old[0]].totals
    faults = "; ".join(sum_faults(effect.rows, totals))
    new = Passage("schedule", effect.schedule, "", "replaced", origin, finding=faults, rows=effect.rows, totals=totals)
    return [*passages[: old[0]], new, *passages[old[0] + 1 :]]


def _within(passages: Sequence[Passage], section: str, kinds: tuple[Kind, ...]) -> list[int]:
    return [
        at
        for at, p in enumerate(passages)
        if p.is_text and p.kind in kinds and (p.place == section or is_beneath(p.place, section))
    ]


def _exactly(passages: Sequence[Passage], section: str, kinds: tuple[Kind, ...] = ("section",)) -> list[int]:
    """Return a section's passages; its sentences and terms are only known where it is not all paraphrase."""
    found = [at for at, p in enumerate(passages) if p.is_text and p.kind in kinds and p.place == section]
    if not found:
        raise _Conflict(f"found no section {section}, expected it in the text")
    for at in found:
        if passages[at].kind == "section" and passages[at].paraphrased and not passages[at].sentence:
            raise _NotAtHand(_paraphrase_of(passages[at]))
    return found


def _paraphrase_of(passage: Passage) -> str:
    return f"{passage.place} stands in paraphrase since {passage.origin.instrument} {passage.origin.clause}"


def _refuse_peers(passages: Sequence[Passage], targets: Sequence[int], peers: frozenset[str]) -> None:
    for at in targets:
        came = passages[at].origin
        if came.instrument in peers:
            raise _Conflict(f"{came.instrument} {came.clause} has changed it too, and neither controls over the other")


def _refuse_twice(passages: Sequence[Passage], targets: Sequence[int], origin: Origin, peers: frozenset[str]) -> None:
    """Refuse what an instrument of the same rank has changed, and what this one has exchanged itself."""
    _refuse_peers(passages, targets, peers)
    for at in targets:
        came = passages[at].origin
        if came.instrument == origin.instrument:
            raise _Conflict(f"{came.instrument} {came.clause} has changed it already")


def _beside(passages: Sequence[Passage], waiting: Passage) -> list[Passage]:
    """Put an operation that is not applied behind the passages of its place, at the end if there are none."""
    same = [at for at, p in enumerate(passages) if p.place == waiting.place or is_beneath(p.place, waiting.place)]
    at = same[-1] + 1 if same else len(passages)
    return [*passages[:at], waiting, *passages[at:]]
