"""Advisories in words: what is so, since when, by which clause, and by when something is due."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from stream.cli.numbers import minutes, percent, ratio

__all__ = ["advisory_words", "render_advisories"]

_Row = dict[str, Any]


def _ratio(row: _Row) -> str:
    reached = ratio(row["t_ms"], row["o_ms"]) if row["o_ms"] else "nothing originated"
    return (
        f"{row['payee']} terminates more than {row['threshold']} times what it originates to {row['payer']}: {reached}"
    )


def _cap(row: _Row) -> str:
    used = f"{minutes(row['eligible_ms'])} of {minutes(row['limit_ms'])} min count"
    out = f"; at this month's pace it runs out on {row['forecast']}" if "forecast" in row else ""
    where = f" in LATA {row['lata']}" if "lata" in row else ""
    return f"{row['percent']}% of {row['payee']}'s cap of {row.get('period', row['year'])}{where} is used: {used}{out}"


def _deot(row: _Row) -> str:
    unit = "ms" if "total_ms" in row else "trunk_days"
    share = percent(row[f"direct_{unit}"], row[f"total_{unit}"])
    low = "1 month" if row["low_months"] == 1 else f"{row['low_months']} months on end"
    lost = f"; one more loses receipts from {row['forecast']}" if "forecast" in row else ""
    return f"direct trunks of tandem {row['tandem']} carry {share}, below {row['share']} for {low}{lost}"


def _trunks(row: _Row) -> str:
    needed = ", ".join(str(trunks) for trunks in row["trunks"].values())
    there = "" if row["direct_trunks"] is None else f"; {row['direct_trunks']} direct ones are there"
    busy = f"{row['erlangs']} erlangs in hour {row['busy_hour']} of the day"
    return f"end office {row['end_office']} needed {needed} trunks in months on end ({busy}){there}"


def _poi_missing(row: _Row) -> str:
    through = f" through {row['through']}" if "through" in row else ""
    waived = ", waived" if row["waived"] else ""
    return f"{row['payee']} has no point of interconnection for {row['area']}{through}{waived}"


def _poi_notice(row: _Row) -> str:
    return f"{row['duty']} about {row['payee']}'s point of interconnection in {row['area']} due by {row['forecast']}"


def _arrangement(row: _Row) -> str:
    sent = f"{row['calls']:,} calls, {minutes(row['ms'])} min"
    return f"{row['originator']} sends transit to {row['third_party']} without an arrangement: {sent}"


def _unidentified(row: _Row) -> str:
    unit = "ms" if "total_ms" in row else "calls"
    share = percent(row[f"unidentified_{unit}"], row[f"total_{unit}"])
    group = f"trunk group {row['trunk_group']}" if row["trunk_group"] else "no trunk group"
    return f"{share} from {row['originator']} to {row['terminator']} on {group} come without a caller's number"


_WORDS: Final[dict[str, Callable[[_Row], str]]] = {
    "ratio": _ratio,
    "cap": _cap,
    "deot": _deot,
    "trunks_24": _trunks,
    "poi_missing": _poi_missing,
    "poi_notice": _poi_notice,
    "poi_renegotiation": lambda row: f"calling area {row['area']} was changed: points may be renegotiated",
    "arrangement_missing": _arrangement,
    "negotiation_deadline": lambda row: f"talks after {row['by']}'s notice of {row['order']} end on {row['forecast']}",
    "deemed_approval": lambda row: (
        f"{row['instrument']} is approved in {row['state']} on {row['forecast']} unless decided"
    ),
    "expiry": lambda row: f"{row['instrument']} ends on {row['forecast']}",
    "unidentified_share": _unidentified,
}


def advisory_words(row: _Row) -> str:
    """Return an advisory as a sentence; one of a code that is not known here (a contract's own) by its values."""
    words = _WORDS.get(row["code"])
    if words is not None:
        return words(row)
    return ", ".join(f"{key} {value}" for key, value in row.items() if key not in ("code", "since", "clause"))


def render_advisories(rows: Iterable[_Row], console: Console) -> None:
    """Print a line an advisory: its code, what is so, since when, and the clause."""
    for row in rows:
        text = Text.assemble(
            (f"advisory {row['code']}: ", "yellow"),
            advisory_words(row),
            (f", since {row['since']} ({row['clause']})", "dim"),
        )
        console.print(text)
