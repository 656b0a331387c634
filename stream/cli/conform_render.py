"""The conformed contract, for people (a table a contract) and for programs (plain dicts)."""

from itertools import groupby
from typing import Any, Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rating.terms.conform import Conformed
from rating.terms.model import Instrument
from rating.terms.operations import NOT_AT_HAND
from rating.terms.passages import Origin, Passage

__all__ = ["conformed_to_json", "render_conformed"]

_STATE_STYLE: Final = {
    "as_base": "dim",
    "replaced": "green",
    "inserted": "green",
    "amended": "green",
    "pending_base": "yellow",
    "conflict": "bold red",
}


def render_conformed(conformed: Conformed, named: Instrument, console: Console) -> None:
    """Print a contract passage by passage: where it stands, what became of it, its text and its origin.

    Parameters
    ----------
    conformed : Conformed
        As `rating.terms.conform.conform` returns it.
    named : Instrument
        The one that was asked for: what is conformed, or amends what is.
    console : Console
        Its width is kept to.
    """
    view = conformed.view
    title = conformed.base or f"what {named.id} amends, whose text is not at hand"
    console.print(Text(title, style="bold"))
    console.print(Text(f"as it reads on {view.on}, as known at {view.as_known_at}"))
    if conformed.applied:
        console.print(Text(f"amended by {', '.join(conformed.applied)} (the last controls)"))
    for name, why in conformed.left:
        console.print(Text(f"not applied: {name}, {why}", style="yellow"))
    if conformed.passages:
        console.print(_table(conformed))
    states = [passage.state for passage in conformed.passages]
    counts = [f"{states.count(name)} {name}" for name in _STATE_STYLE if name in states]
    if any(passage.finding.startswith(NOT_AT_HAND) for passage in conformed.passages):
        console.print(Text(f"pending_base: {NOT_AT_HAND}", style="yellow"))
    console.print(", ".join(counts) or "nothing amends it, and no text of it is at hand")


def _table(conformed: Conformed) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("place", overflow="fold", style="bold", min_width=9, max_width=16)
    table.add_column("state", no_wrap=True)
    table.add_column("text, and where it comes from", overflow="fold")
    for place, passages in groupby(conformed.passages, key=_place):
        for number, passage in enumerate(passages):
            state = Text(passage.state, style=_STATE_STYLE[passage.state])
            table.add_row(Text(place if number == 0 else ""), state, _words(passage, heading=number == 0))
    return table


def _place(passage: Passage) -> str:
    return {"whole": "the rest", "provision": "beside it"}.get(passage.kind, passage.place)


def _words(passage: Passage, *, heading: bool) -> Text:
    text = Text()
    if passage.name and (heading or passage.kind == "definition"):
        quoted = f'"{passage.name}"' if passage.kind == "definition" else passage.name
        text.append(f"{quoted}: " if passage.text else quoted, style="bold")
    if passage.sentence and not passage.is_text:
        text.append(f"sentence {passage.sentence}: ", style="bold")
    text.append(passage.text)
    if passage.paraphrased:
        text.append(" (in paraphrase)", style="dim")
    for line in _schedule(passage):
        text.append(f"\n{line}" if text else line)
    finding = passage.finding.removeprefix(NOT_AT_HAND).removeprefix("; ")
    if finding:
        text.append(f"\n! {finding}", style=_STATE_STYLE[passage.state] if not passage.is_text else "yellow")
    text.append(f"\n< {_said(passage.origin)}", style="cyan")
    if passage.survives:
        text.append(f"; stays in force by {', '.join(map(_said, passage.survives))}", style="dim")
    return text


def _schedule(passage: Passage) -> list[str]:
    lines = [
        f"{row.purchaser}: {row.series}, {row.shares:,} shares, {row.warrants:,} warrants, ${row.price:,}"
        for row in passage.rows
    ]
    if passage.totals is not None:
        t = passage.totals
        lines.append(f"in all {t.shares:,} shares, {t.warrants:,} warrants, ${t.price:,}")
    return lines


def _said(origin: Origin) -> str:
    return f"{origin.instrument} {origin.clause}".rstrip()


def conformed_to_json(conformed: Conformed) -> dict[str, Any]:
    """Return a conformed contract as plain dicts; days are ISO, every passage has all fields."""
    return {
        "base": conformed.base or None,
        "on": conformed.view.on.isoformat(),
        "as_known_at": conformed.view.as_known_at.isoformat(),
        "applied": list(conformed.applied),
        "not_applied": [{"instrument": name, "why": why} for name, why in conformed.left],
        "passages": [msgspec.to_builtins(passage) for passage in conformed.passages],
    }
