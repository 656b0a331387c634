"""Whether the names of a source's files go on: one running number or date that otherwise steps by one.

Nothing is set up. A name is cut at its numbers and dates; files whose names differ in one of those alone,
or that all have another value in it, are a sequence of it if it has at least five files, and four in five
of its steps are by one: a day, a month, or one. Then each longer step is a gap. A number of fixed width that
has come to its last value goes on from its first. Files without calls of the source count where their names
fit: an empty file is not a missing one.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from stream.books.checks import FILES, Gap

__all__ = ["Named", "Run", "cut", "file_gaps", "sequences"]

_FEWEST: Final = 5
_ENDINGS: Final = re.compile(r"\.ndjson(\.gz|\.zst)?$")
_TOKEN: Final = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?P<dash>[-_]?)(?P<m>\d{2})(?P=dash)(?P<d>\d{2})(?!\d)"
    r"|(?<!\d)(?P<year>\d{4})(?P<sep>[-_])(?P<month>\d{2})(?![-_]?\d)"
    r"|(?P<number>\d+)"
)


class Token(NamedTuple):
    """A number or date in a name: what it is, its value, and how it is written."""

    kind: str
    value: int
    text: str

    def written(self, value: int) -> str:
        """Return another value as this one is written."""
        if self.kind == "day":
            dash = self.text[4] if len(self.text) > len("20030614") else ""
            return date.fromordinal(value).strftime(f"%Y{dash}%m{dash}%d")
        if self.kind == "month":
            return f"{value // 12:04d}{self.text[4]}{value % 12 + 1:02d}"
        return f"{value:0{len(self.text)}d}"


class Named(NamedTuple):
    """A file: its name, and the first and last instant at which a call of it connects; None where it has none."""

    name: str
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Run:
    """Files by the value of the token that runs.

    shape : the names, with ``#`` where it runs and ``*`` for what else differs. token : one of its values.
    """

    shape: str
    token: Token
    files: Mapping[int, Named]

    def _pairs(self) -> list[tuple[int, int]]:
        """Return the steps, in the order in which it ran: a counter that came to its end began anew."""
        values = sorted(self.files)
        last = 10 ** len(self.token.text) - 1
        if self.token.kind == "number" and last > 9 and values[-1] == last and values[0] <= 1:  # noqa: PLR2004
            steps = [after - before for before, after in pairwise(values)]
            seam = 1 + max(range(len(steps)), key=steps.__getitem__)
            values = [*values[seam:], *values[:seam]]
        return list(pairwise(values))

    @property
    def is_sequence(self) -> bool:
        """Whether its values step by one, some gaps aside."""
        pairs = self._pairs() if len(self.files) >= _FEWEST else []
        ones = sum(after - before == 1 or after < before for before, after in pairs)
        return bool(pairs) and 5 * ones >= 4 * len(pairs)

    def gaps(self) -> list[tuple[int, int]]:
        """Return the first and last value of each gap, in order; none if this is no sequence."""
        if not self.is_sequence:
            return []
        return [(before + 1, after - 1) for before, after in self._pairs() if after - before > 1]


def cut(name: str) -> tuple[list[str], list[Token]]:
    """Return the literal parts of a file's name and the tokens between them; what a call file ends in is left out."""
    name = _ENDINGS.sub("", name)
    literals, tokens, end = [], [], 0
    for found in _TOKEN.finditer(name):
        literals.append(name[end : found.start()])
        tokens.append(_token(found))
        end = found.end()
    return [*literals, name[end:]], tokens


def _token(found: "re.Match[str]") -> Token:
    text = found[0]
    if found["y"]:
        try:
            return Token("day", date(int(found["y"]), int(found["m"]), int(found["d"])).toordinal(), text)
        except ValueError:
            return Token("text", 0, text)
    if found["year"]:
        month = int(found["month"]) - 1
        return Token("month", 12 * int(found["year"]) + month, text) if 0 <= month < 12 else Token("text", 0, text)  # noqa: PLR2004
    return Token("number", int(text), text)


def _shape(literals: Sequence[str], tokens: Sequence[Token], runs: int, *, free: bool) -> str:
    marks = ["#" if i == runs else "*" if free else token.text for i, token in enumerate(tokens)]
    return "".join(part for pair in zip(literals, [*marks, ""], strict=True) for part in pair)


def sequences(mine: Sequence[Named], others: Iterable[Named]) -> Iterator[Run]:
    """Yield the sequences that a source's files are in.

    others : files that have no calls of any source; one belongs to a sequence where its name fits.
    """
    with_calls = {file.name for file in mine}
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[Named, list[Token]]]] = defaultdict(list)
    for file in [*mine, *others]:
        literals, tokens = cut(file.name)
        groups[tuple(literals), tuple(token.kind for token in tokens)].append((file, tokens))
    for (parts, _), members in groups.items():
        if any(file.name in with_calls for file, _ in members):
            yield from _of_shape(parts, members, with_calls)


def _of_shape(
    literals: Sequence[str], members: Sequence[tuple[Named, list[Token]]], with_calls: set[str]
) -> Iterator[Run]:
    for at, example in enumerate(members[0][1]):
        if example.kind == "text":
            continue
        if len({tokens[at].value for _, tokens in members}) == len(members):
            by_rest: dict[tuple[str, ...], list[tuple[Named, list[Token]]]] = {(): list(members)}
            free = len({_others(tokens, at) for _, tokens in members}) > 1
        else:
            free, by_rest = False, defaultdict(list)
            for file, tokens in members:
                by_rest[_others(tokens, at)].append((file, tokens))
        for part in by_rest.values():
            if any(file.name in with_calls for file, _ in part):
                files = {tokens[at].value: file for file, tokens in part}
                yield Run(_shape(literals, part[0][1], at, free=free), part[0][1][at], files)


def _others(tokens: Sequence[Token], at: int) -> tuple[str, ...]:
    return tuple(token.text for i, token in enumerate(tokens) if i != at)


def file_gaps(source: str, sequence: Run, start_ms: int, end_ms: int) -> list[Gap]:
    """Return a sequence's gaps in a month.

    A missing file has no calls to tell its time by: it is put evenly between the last call before the gap
    and the first after it, and is missed in the month in which that falls.
    """
    out = []
    for first, last in sequence.gaps():
        missing = last - first + 1
        before = _near(sequence, first - 1, -1)
        after = _near(sequence, last + 1, 1)
        if before is None or after is None:
            continue
        low, high = sorted((before[1], after[0]))

        def at(i: int, low: int = low, high: int = high, missing: int = missing) -> int:
            return low + (high - low) * (2 * i + 1) // (2 * missing)

        begin, end = (bisect_left(range(missing), ms, key=at) for ms in (start_ms, end_ms))
        if begin < end:
            names = [sequence.shape.replace("#", sequence.token.written(first + i)) for i in (begin, end - 1)]
            out.append(Gap(source, FILES, names[0], names[1], end - begin))
    return out


def _near(sequence: Run, value: int, step: int) -> tuple[int, int] | None:
    """Return when the calls of the nearest file on one side of a gap are."""
    values = sorted(sequence.files, reverse=step < 0)
    for each in values:
        if (each - value) * step >= 0 and (span := sequence.files[each].span) is not None:
            return span
    return None
