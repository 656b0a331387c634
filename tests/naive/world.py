"""Everything to price with: tables, events and policies, as plain rows (CONTRACTS, workspace)."""

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]

TABLES = (
    "agreements",
    "parties",
    "ocns",
    "number_blocks",
    "rate_centers",
    "local_areas",
    "eas_pairs",
    "trunk_groups",
    "pois",
    "tandem_areas",
    "arrangements",
    "market_history",
    "usage_history",
    "sources",
)
PACKAGED = ("sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-second", "sbc-kmc-wi-isp")
DEFAULTS: dict[str, Any] = {
    "sa_over_xa": True,
    "early_request": "counts",
    "rate_date": "minute",
    "optional_eas_in_ratio": False,
    "virtual_fx_in_ratio": True,
    "isp_outside_local": False,
    "new_market_test": "isp",
    "cap_counts_new_market": False,
    "cap_2003": "compensable",
    "deot_base": "local_and_intralata_toll",
    "deot_onset": "second_month",
    "deot_measure": "minutes",
    "rounding": "exact",
    "unidentified": {},
}
"""The switches of DOMAIN by name, each with the reading that holds unless another is chosen."""

FOREVER = date.max
"""The as-known-at of someone who knows everything that will ever be loaded."""


def to_date(text: object) -> date | None:
    """Return a date from its text (a time keeps its date part); None from nothing or an empty cell."""
    if isinstance(text, date) or text is None:
        return text
    return date.fromisoformat(str(text)[:10]) if str(text) else None


def in_force(row: Row, day: date) -> bool:
    """Say whether a row's ``from``..``through`` (inclusive, empty is open) holds the day."""
    return (row["from"] is None or row["from"] <= day) and (row["through"] is None or day <= row["through"])


class World:
    """Tables, events and policies; a table that is None is missing, which switches its rule off.

    Parameters
    ----------
    tables : mapping of table name to rows
        Rows as a CSV reader gives them: column to text. Missing names and None are missing tables.
    events : sequence of dict
        As the lines of ``events.ndjson``.
    policy : mapping
        The ``[policy]`` table: switches, and one mapping an agreement for ``[policy.AGREEMENT]``.
    packaged : sequence of str
        Ids of the instruments in use; this twin knows the four of the contracts.

    Raises
    ------
    ValueError
        For an instrument, a table or a switch that this twin does not know.
    """

    def __init__(
        self,
        tables: Mapping[str, Iterable[Mapping[str, Any]] | None],
        events: Sequence[Mapping[str, Any]] = (),
        policy: Mapping[str, Any] | None = None,
        packaged: Sequence[str] = PACKAGED,
    ) -> None:
        if unknown := set(packaged) - set(PACKAGED):
            raise ValueError(f"instruments {sorted(unknown)}: expected some of {PACKAGED}")
        self.tables: dict[str, list[Row] | None] = {
            name: None if (rows := tables.get(name)) is None else [_parsed(row) for row in rows] for name in TABLES
        }
        self.events: list[Row] = [dict(event) for event in events]
        self.policy = dict(policy or {})
        self.packaged = tuple(packaged)
        settings = {key for key, value in self.policy.items() if key in DEFAULTS or not isinstance(value, Mapping)}
        if unknown := settings - set(DEFAULTS):
            raise ValueError(f"policies {sorted(unknown)}: expected some of {sorted(DEFAULTS)}")
        self.blocks: dict[str, list[Row]] = {}
        for row in self.rows("number_blocks"):
            self.blocks.setdefault(row["npa_nxx"], []).append(row)
        self.zones: dict[str, str] = {}
        for row in self.rows("agreements"):
            self.zones.setdefault(row["state"], row["time_zone"])
        self.agreements: dict[str, Row] = {row["agreement"]: row for row in self.rows("agreements")}
        self.kinds: dict[str, str] = {row["party"]: row["kind"] for row in self.rows("parties")}

    @classmethod
    def read(cls, path: Path) -> "World":
        """Return the world of a workspace folder."""
        tables: dict[str, list[dict[str, Any]]] = {}
        for name in TABLES:
            file = path / "reference" / f"{name}.csv"
            if file.is_file():
                with file.open(encoding="utf-8-sig", newline="") as text:
                    tables[name] = list(csv.DictReader(text))
        log = path / "events.ndjson"
        lines = log.read_bytes().splitlines() if log.is_file() else []
        file = path / "ratestream.toml"
        settings = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        terms = settings.get("terms", {})
        if terms.get("include"):
            raise ValueError(f"{file}: include {terms['include']}: this twin knows the packaged instruments only")
        return cls(
            tables,
            [orjson.loads(line) for line in lines if line.strip()],
            settings.get("policy", {}),
            terms.get("packaged", PACKAGED),
        )

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows, none where it is missing."""
        return self.tables[table] or []

    def known(self, table: str, as_known_at: date) -> list[Row] | None:
        """Return the rows known on a day (column ``known_from``); None where the table is missing."""
        rows = self.tables[table]
        if rows is None:
            return None
        return [row for row in rows if row["known_from"] is None or row["known_from"] <= as_known_at]

    def events_known(self, as_known_at: date) -> list[Row]:
        """Return the events known on a day, in order of their becoming known, then as in the file."""
        known = [(to_date(event.get("known_at") or event["on"]), event) for event in self.events]
        return [event for day, event in sorted(known, key=lambda pair: str(pair[0])) if day and day <= as_known_at]

    def switch(self, name: str, agreement: str, as_known_at: date = FOREVER) -> Any:
        """Return a policy's value: event for the agreement, event for all, file likewise, default (section 5)."""
        sets = [e for e in self.events_known(as_known_at) if e["event"] == "policy_set" and e["policy"] == name]
        if name == "rate_date":
            sets = []  # a call is cut when it is rated: nothing that is known later reaches it
        for scope in (agreement, None):
            values = [event["value"] for event in sets if event.get("agreement") == scope]
            if values:
                return values[-1]
        own = self.policy.get(agreement, {})
        return own[name] if name in own else self.policy.get(name, DEFAULTS[name])

    def party_of(self, ocn: str, day: date) -> str | None:
        """Return whose an OCN is on a day."""
        return next((row["party"] for row in self.rows("ocns") if row["ocn"] == ocn and in_force(row, day)), None)


def _parsed(row: Mapping[str, Any]) -> Row:
    dates = {column: to_date(row.get(column)) for column in ("from", "through", "known_from")}
    return {**{column: "" if value is None else value for column, value in row.items()}, **dates}
