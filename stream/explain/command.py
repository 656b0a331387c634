"""`explain RECORD or LINE`: opens a workspace, finds what is asked for, and prints it."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from stream.books.store import Store, open_store
from stream.clock import today
from stream.errors import BadInput
from stream.explain.call import FoundCall
from stream.explain.find import find_record, utc_date
from stream.explain.line import explain_line, is_line
from stream.explain.record import explain_record
from stream.facts import make_facts
from stream.workspace.load import Workspace, load_workspace

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["run"]

_WITH_DAY: Final = re.compile(r"(?P<id>.+)@(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})")
_MOST_AT_ONCE: Final = 3


def run(
    workspace: Path | None,
    what: str,
    source: str | None,
    as_known_at: date | None,
    console: "Console",
    *,
    json_out: bool = False,
    limit: int | None = 20,
) -> int:
    """Explain a record or a statement's line; return the exit code.

    Parameters
    ----------
    workspace : Path, optional
        Where it is; None looks for it as every command does.
    what : str
        A line's id, or a record's; ``ID@DAY`` is the record of one UTC day, where several have the id.
    source : str, optional
        The recording office of the record.
    as_known_at : date, optional
        Today if it is not given.
    console : Console
        What is printed to.
    json_out : bool
        Whether to print JSON: ``{"kind": "line", ...}``, or ``{"kind": "record", "found": [...]}``.
    limit : int or None
        How many of a line's calls are listed, None for all; None also explains every record of an id,
        however many there are.

    Raises
    ------
    BadInput
        If there is neither such a record nor such a line; says what comes near.
    """
    loaded = load_workspace(workspace)
    store = open_store(loaded)
    try:
        if is_line(what) and _is_agreement(loaded, what):
            _line(loaded, store, what, as_known_at, limit, console, json_out=json_out)
        else:
            _record(loaded, store, what, source, as_known_at, limit, console, json_out=json_out)
    finally:
        store.close()
    return 0


def _is_agreement(workspace: Workspace, what: str) -> bool:
    """Whether a text that is made like a line's id is one: a record's id may have slashes too."""
    return any(what.startswith(f"{row.agreement}/") for row in workspace.tables.agreements) or what.count("/") > 6  # noqa: PLR2004


def _print_json(console: "Console", document: dict[str, Any]) -> None:
    console.out(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(), highlight=False)


def _line(
    workspace: Workspace, store: Store, what: str, known: date | None, limit: int | None, console: "Console", *,
    json_out: bool,
) -> None:  # fmt: skip
    from stream.cli.explain_render import render_line, to_json  # noqa: PLC0415

    explanation = explain_line(workspace, store, what, known, limit)
    if json_out:
        _print_json(console, {"kind": "line", **to_json(explanation)})
    else:
        render_line(explanation, console)


def _record(
    workspace: Workspace, store: Store, what: str, source: str | None, known: date | None, limit: int | None,
    console: "Console", *, json_out: bool,
) -> None:  # fmt: skip
    from stream.cli.explain_render import render_explanation, to_json  # noqa: PLC0415

    found = _found(workspace, store, what, source)
    if len(found) > _MOST_AT_ONCE and limit is not None and not json_out:
        _listed(found, console)
        return
    facts = make_facts(workspace, store.names(), store, known or today())
    explanations = [explain_record(workspace, store, one, known, facts) for one in found]
    if json_out:
        _print_json(console, {"kind": "record", "record_id": what, "found": [to_json(e) for e in explanations]})
        return
    for number, explanation in enumerate(explanations, start=1):
        if len(explanations) > 1:
            console.print(
                f"{'' if number == 1 else chr(10)}{number} of {len(explanations)} records of this id", style="dim"
            )
        render_explanation(explanation, console)


def _found(workspace: Workspace, store: Store, what: str, source: str | None) -> list[FoundCall]:
    """Return the records of an id; of ``ID@DAY`` that no record has as its id, those of the day."""
    try:
        return find_record(workspace, store, what, source)
    except BadInput:
        match = _WITH_DAY.fullmatch(what)
        if match is None:
            raise
    found = find_record(workspace, store, match["id"], source)
    days = [utc_date(one.call.utc_day) if one.call is not None else "" for one in found]
    chosen = [one for one, day in zip(found, days, strict=True) if day == match["day"]]
    if not chosen:
        raise BadInput(
            f"found no record {match['id']!r} on {match['day']} (UTC), expected one of {', '.join(sorted(set(days)))}"
        )
    return chosen


def _listed(found: Sequence[FoundCall], console: "Console") -> None:
    """Print the records of an id that many have, and how to ask for one."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console.print(
        f"{len(found)} records have the id {found[0].record_id!r}; ask for one, or for all with --all:", soft_wrap=True
    )
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    for one in found:
        day = f"@{utc_date(one.call.utc_day)}" if one.call is not None else ""
        became = one.decision.traffic_class if one.decision is not None else one.reason
        table.add_row(Text(f"{one.record_id}{day}"), Text(f"--source {one.source}"), Text(f"{one.state}: {became}"))
    console.print(table)
