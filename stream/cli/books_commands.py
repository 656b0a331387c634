"""close, checks, statement, ledger: the books."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.console import (
    AsKnownAt,
    Json,
    Month,
    Strict,
    WorkspaceDir,
    emit,
    known_day,
    note,
    parse_month,
    printer,
)
from stream.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from stream.books.store import Store
    from stream.workspace.load import Workspace

__all__ = ["register"]


class Format(StrEnum):
    """How a statement is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the group's commands."""
    app.command("close")(close)
    app.command("checks")(checks)
    app.command("true-up")(true_up)
    app.command("statement")(statement)
    ledger = typer.Typer(help="The booked entries.", no_args_is_help=True)
    ledger.command("open")(ledger_open)
    ledger.command("show")(ledger_show)
    ledger.command("verify")(ledger_verify)
    app.add_typer(ledger, name="ledger")


def _open(workspace: Path | None) -> tuple["Workspace", "Store"]:
    from stream.books.store import open_store
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    return loaded, open_store(loaded)


def close(
    month: Month,
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    accept_gap: Annotated[
        str | None,
        typer.Option("--accept-gap", metavar="REASON", help="Close although calls are missing; the reason is kept."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Close a month: check conservation and completeness, issue each agreement's statement, book its lines. Once."""
    from stream.books.closing import close_month
    from stream.cli.numbers import dollars
    from stream.desk.checks.probe import check_month

    if accept_gap is not None and not accept_gap.strip():
        raise WrongUsage("--accept-gap: found nothing, expected the reason why the month is closed without these calls")
    loaded, store = _open(workspace)
    of_month = parse_month(month)
    closed = close_month(
        loaded,
        store,
        of_month,
        known_day(as_known_at),
        probe=lambda: check_month(loaded, store, of_month),
        accept_gap=accept_gap,
    )
    if as_json:
        emit(
            [
                {
                    "agreement": c.agreement,
                    "month": c.month,
                    "number": c.number,
                    "already": c.already,
                    "totals": c.total,
                    "set_off": c.set_off,
                }
                for c in closed
            ]
        )
        return
    if not closed:
        note(f"{month}: no agreement has usage in this month, nothing to close")
    for c in closed:
        how = "was closed before" if c.already else "closed"
        printer().print(f"{c.agreement} {c.month}: {how}, statement no. {c.number}", soft_wrap=True)
        for who, amount in c.total.items():
            printer().print(f"  {who}: {dollars(amount)}", soft_wrap=True)
        for who, amount in c.set_off.items():
            beyond = dollars(str(Decimal(c.total.get(who, "0.00")) - Decimal(amount)))
            printer().print(f"  {who}: {dollars(amount)} was billed before; the difference: {beyond}", soft_wrap=True)


def checks(
    month: Month,
    workspace: WorkspaceDir = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Look for missing calls and for calls billed twice, as `close` does, without closing the month."""
    from stream.books.checks import accepted_gaps, gap_documents
    from stream.desk.checks.probe import check_month

    loaded, store = _open(workspace)
    found = check_month(loaded, store, parse_month(month))
    with store.reading() as c:
        gaps = gap_documents(found, accepted_gaps(c, month))
    document = {
        "month": month,
        "completeness": {**found.completeness, "gaps": gaps},
        "twins": found.twins,
        "verification": found.verification,
    }
    if as_json:
        emit(document)
    else:
        from stream.cli.checks_render import render_checks

        render_checks(document, printer())
    if strict and any(gap["accepted"] is None for gap in gaps):
        raise typer.Exit(1)


def true_up(
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be booked.")] = False,
    as_json: Json = False,
) -> None:
    """Book value now - value booked for every closed month, by cause, and issue its statement anew."""
    from stream.books.trueup import true_up as book
    from stream.cli.trueup_render import render_true_up

    loaded, store = _open(workspace)
    adjusted = book(loaded, store, known_day(as_known_at), dry_run=dry_run)
    if as_json:
        emit(
            [
                {
                    "agreement": a.agreement,
                    "month": a.month,
                    "number": a.number,
                    "by_cause": a.by_cause(),
                    "entries": len(a.parts),
                }
                for a in adjusted
            ]
        )
    else:
        render_true_up(adjusted, printer(), dry_run=dry_run)


def statement(
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="An agreement, or all.")],
    month: Month,
    workspace: WorkspaceDir = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    as_known_at: AsKnownAt = None,
    issued: Annotated[
        int | None,
        typer.Option("--issued", metavar="[N]", help="To the byte as issued by close: number N, or the last."),
    ] = None,
    assurance: Annotated[
        bool, typer.Option("--assurance", help="The document issued beside it: receipt and checks.")
    ] = False,
) -> None:
    """Show an agreement's statement of a month, open or closed; `all` shows every agreement's."""
    from stream.clock import today

    if as_known_at is not None and issued is not None:
        raise WrongUsage("--as-known-at and --issued exclude each other: what was issued was known on its own day")
    loaded, store = _open(workspace)
    names = [row.agreement for row in loaded.tables.agreements]
    if agreement != "all" and agreement not in names:
        raise BadInput.found(agreement, f"all, or one of {', '.join(names)}", field="AGREEMENT")
    chosen = names if agreement == "all" else [agreement]
    parse_month(month)
    if assurance or issued is not None:
        _print_issued(store, chosen, month, issued or 0, form, assurance=assurance, many=agreement == "all")
        return
    from stream.desk.statements import current_statements

    known = today() if as_known_at is None else known_day(as_known_at)
    documents = current_statements(loaded, store, chosen, month, known)
    _print(documents, form, many=agreement == "all", loaded=loaded)


def _print_issued(
    store: "Store", agreements: list[str], month: str, number: int, form: Format, *, assurance: bool, many: bool
) -> None:
    import sys

    import orjson

    found = []
    for name in agreements:
        issued = [row for row in store.issued(name, month) if not number or row.number == number]
        if issued:
            found.append(issued[-1])
    if not found:
        what = f"no. {number}" if number else "any"
        raise BadInput.found(None, f"a statement issued for {month} ({what}); close the month first", field="--issued")
    bodies = [row.assurance if assurance else row.body for row in found]
    if not many and (assurance or form is Format.JSON):
        sys.stdout.write(bodies[0].decode())
        return
    documents = [orjson.loads(body) for body in bodies]
    if assurance:
        emit(documents)
        return
    _print(documents, form, many=many, loaded=None)


def _print(documents: list[dict[str, Any]], form: Format, *, many: bool, loaded: "Workspace | None") -> None:
    import sys

    if form is Format.JSON:
        if many:
            emit(documents)
        else:
            from stream.books.issuing import body_of

            sys.stdout.write(body_of(documents[0]).decode())
        return
    if form is Format.CSV:
        from stream.cli.statement_csv import write_csv

        write_csv(documents, sys.stdout)
        return
    from stream.cli.statement_render import render_statement

    paraphrases = _paraphrases(loaded)
    console = printer()
    for position, document in enumerate(d for d in documents if d["usage"] or not many):
        if position:
            console.print()
        render_statement(document, paraphrases, console)


def _paraphrases(loaded: "Workspace | None") -> dict[str, str]:
    if loaded is None:
        return {}
    return {f"{i.id} {clause.ref}": clause.says for i in loaded.instruments for clause in i.clause}


def ledger_open(workspace: WorkspaceDir = None, as_json: Json = False) -> None:
    """Open the ledger with what was billed before, from billed_history.csv; `close` and `true-up` do it too."""
    from stream.books.opening import open_ledger, opened
    from stream.cli.ledger_render import render_openings

    loaded, store = _open(workspace)
    with store.writing():
        new = open_ledger(loaded, store)
    if as_json:
        from stream.desk.ledger import opening_rows

        emit(opening_rows(new))
    else:
        render_openings(new, len(opened(store)) - len(new), printer())


def ledger_show(
    workspace: WorkspaceDir = None,
    agreement: Annotated[str | None, typer.Option("--agreement", help="Only this agreement's.")] = None,
    month: Annotated[str | None, typer.Option("--month", metavar="MONTH", help="Only this month's.")] = None,
    as_json: Json = False,
) -> None:
    """Print the booked entries, oldest first, with what they sum to."""
    from stream.desk.ledger import ledger_rows

    _, store = _open(workspace)
    rows = ledger_rows(store, agreement, month)
    if as_json:
        emit(rows)
        return
    from stream.cli.ledger_render import render_ledger

    render_ledger(rows, printer())


def ledger_verify(workspace: WorkspaceDir = None, as_json: Json = False) -> None:
    """Verify the books: hash chain, sums, statements as issued and made again, conservation."""
    from stream.books.verify import verify

    loaded, store = _open(workspace)
    checks = verify(loaded, store)
    if as_json:
        emit([{"check": c.name, "count": c.count, "faults": list(c.faults)} for c in checks])
    else:
        from rich.padding import Padding
        from rich.text import Text

        console = printer()
        for check in checks:
            mark = "[red]FAULT[/red]" if check.faults else "[green]ok[/green]   "
            console.print(f"{mark} {check.name} ({check.count:,})", soft_wrap=True)
            for fault in check.faults:
                console.print(Padding(Text(fault, overflow="fold"), (0, 0, 0, 6)))
    if any(check.faults for check in checks):
        raise typer.Exit(1)
