"""A statement's lines as CSV, a line each."""

import csv
from collections.abc import Iterable
from typing import IO, Any, Final

__all__ = ["write_csv"]

_COLUMNS: Final = (
    "agreement", "month", "as_known_at", "status", "payer", "payee", "line", "class", "outcome", "reason", "lata",
    "from", "through", "calls", "ms", "mou", "rate_usd_per_minute", "unrounded_usd", "amount_usd", "clauses",
    "illustrative",
)  # fmt: skip


def write_csv(documents: Iterable[dict[str, Any]], out: IO[str]) -> None:
    """Write the lines of statements; clauses are parted by semicolons."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for d in documents:
        head = [d["agreement"], d["month"], d["as_known_at"], d["status"]]
        for direction in d["directions"]:
            for line in direction["lines"]:
                writer.writerow([
                    *head, direction["payer"], direction["payee"], line["line"], line["class"], line["outcome"],
                    line["reason"], line["lata"], line["from"], line["through"], line["calls"], line["ms"], line["mou"],
                    line["rate"] or "", line["unrounded"], line["amount"], "; ".join(line["clauses"]),
                    "yes" if line["illustrative"] else "no",
                ])  # fmt: skip
