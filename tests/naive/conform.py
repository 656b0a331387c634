"""A contract amended as a clerk would: one operation after the other on lists of sentences (DOMAIN section 4).

Later controls: amendments come in the order of their signatures. An operation that does not fit is left
out and named. Words must match exactly once; a definition is inserted or, where it stands, amended.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

__all__ = ["Item", "Paper", "amend"]


@dataclass
class Item:
    """A sentence or a definition: `hidden` where its own words are unknown, `by` whom it is and from when."""

    place: str
    term: str
    text: str
    by: str = ""
    signed: date | None = None
    hidden: str = ""


@dataclass
class Paper:
    """What a contract says so far, and the (instrument, clause) of operations that did not fit it."""

    items: list[Item]
    refused: list[tuple[str, str]] = field(default_factory=list)

    def part_of(self, section: str) -> list[Item]:
        """Return a section with what is numbered beneath it."""
        return [i for i in self.items if re.fullmatch(re.escape(section) + r"([.(].*)?", i.place)]


def amend(
    items: Sequence[Item], amendments: Sequence[tuple[str, date, Sequence[tuple[str, Mapping[str, Any]]]]]
) -> Paper:
    """Return the paper after all amendments: (id, signed, [(clause, operation)]) each."""
    paper = Paper(list(items))
    for name, signed, operations in sorted(amendments, key=lambda one: (one[1], one[0])):
        for clause, operation in operations:
            if not OPERATIONS[operation["effect"]](paper, operation, name, signed):
                paper.refused.append((name, clause))
    return paper


def _undecided(items: Sequence[Item], name: str, signed: date, *, again: bool) -> bool:
    """Somebody else changed it who signed on the same day, or (where that counts) the same paper did."""
    return any((i.by != name and i.signed == signed) or (again and i.by == name) for i in items)


def _replace_section(paper: Paper, operation: Mapping[str, Any], name: str, signed: date) -> bool:
    old = paper.part_of(operation["section"])
    if not old or _undecided(old, name, signed, again=True):
        return False
    texts = operation["sentences"] or [operation["paraphrase"]]
    hidden = "" if operation["sentences"] else "all"
    start = next(at for at, item in enumerate(paper.items) if item is old[0])
    new = [Item(operation["section"], "", text, name, signed, hidden) for text in texts]
    paper.items[start:start] = new
    paper.items = [item for item in paper.items if not any(item is gone for gone in old)]
    return True


def _replace_sentence(paper: Paper, operation: Mapping[str, Any], name: str, signed: date) -> bool:
    section = [i for i in paper.items if i.place == operation["section"] and not i.term]
    number = operation["sentence"]
    if any(i.hidden == "all" for i in section) or number > len(section):
        return False
    target = section[number - 1]
    if _undecided([target], name, signed, again=True):
        return False
    target.text = operation["text"] or operation["paraphrase"]
    target.by, target.signed, target.hidden = name, signed, "" if operation["text"] else "one"
    return True


def _substitute(paper: Paper, operation: Mapping[str, Any], name: str, signed: date) -> bool:
    """Words match whole: every start in a text is tried, its neighbours must not be letters."""
    items = paper.part_of(operation["section"])
    find = operation["find"]
    hits = [
        (item, at)
        for item in items
        for at in range(len(item.text))
        if item.text.startswith(find, at) and not (item.text[:at][-1:] + item.text[at + len(find) :][:1]).strip(" .,")
    ]
    if any(i.hidden for i in items) or len(hits) != 1:
        return False
    ((item, at),) = hits
    if _undecided([item], name, signed, again=False):
        return False
    item.text = item.text[:at] + operation["replace"] + item.text[at + len(find) :]
    item.by, item.signed = name, signed
    return True


def _define(paper: Paper, operation: Mapping[str, Any], name: str, signed: date) -> bool:
    """Insert in the order of the alphabet among the section's definitions, behind its sentences."""
    here = [i for i in paper.items if i.place == operation["section"]]
    text, hidden = operation["text"] or operation["paraphrase"], "" if operation["text"] else "one"
    same = [i for i in paper.items if i.term == operation["term"]]
    if same:
        if same[0] not in here or operation["amend"] == "insert" or _undecided(same[:1], name, signed, again=True):
            return False
        same[0].text, same[0].by, same[0].signed, same[0].hidden = text, name, signed, hidden
        return True
    if not here or operation["amend"] == "amend" or any(i.hidden == "all" for i in here if not i.term):
        return False
    smaller = [i for i in here if i.term < operation["term"]]
    first = smaller[-1] if smaller else None
    at = next(at for at, i in enumerate(paper.items) if i is first) + 1 if first else paper.items.index(here[0])
    paper.items.insert(at, Item(operation["section"], operation["term"], text, name, signed, hidden))
    return True


OPERATIONS = {
    "replace_section": _replace_section,
    "replace_sentence": _replace_sentence,
    "substitute_words": _substitute,
    "insert_definition": _define,
}
