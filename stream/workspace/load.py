"""A workspace as a whole: settings, instruments, tables and events, read and checked."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec

from rating.policy import Policy, Reading, Rounding, parse_value, readings, resolve
from rating.reference.check import Finding, check
from rating.reference.rows import Tables
from rating.terms.events import Event, PolicySet
from rating.terms.model import Instrument
from rating.terms.model import Rounding as RoundingTerm
from stream.errors import BadInput
from stream.terms.load import load_file, load_packaged
from stream.workspace.events import names_from, read_events
from stream.workspace.settings import Settings, find_workspace, read_settings, refuse_unknown_agreements
from stream.workspace.tables import read_tables, stop_on_errors

__all__ = ["Workspace", "load_instruments", "load_workspace"]


@dataclass(frozen=True)
class Workspace:
    """Everything to price with. `findings` holds the warnings and what is off; errors stop the loading."""

    folder: Path
    settings: Settings
    instruments: tuple[Instrument, ...]
    tables: Tables
    events: tuple[Event, ...]
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def policy(self, agreement: str, as_known_at: date) -> Policy:
        """Return the readings in force for an agreement, as known on a day."""
        sets = [event for event in self.events if isinstance(event, PolicySet)]
        return resolve(self.settings.policy, self.settings.agreement_policy, sets, agreement, as_known_at)

    def readings(self, agreement: str, as_known_at: date) -> dict[str, Reading]:
        """Return the same readings with who chose each."""
        sets = [event for event in self.events if isinstance(event, PolicySet)]
        return readings(self.settings.policy, self.settings.agreement_policy, sets, agreement, as_known_at)

    @cached_property
    def rounding_units(self) -> tuple[int, ...]:
        """Every unit, in milliseconds, that settings, events or terms round calls to, whenever they are known."""
        settings = [self.settings.policy, *self.settings.agreement_policy.values()]
        said: list[object] = [values["rounding"] for values in settings if "rounding" in values]
        said += [event.value for event in self.events if isinstance(event, PolicySet) and event.policy == "rounding"]
        effects = [e for i in self.instruments for clause in i.clause for e in clause.effects]
        said += [effect.method for effect in effects if isinstance(effect, RoundingTerm)]
        roundings = [parse_value("rounding", raw) for raw in said]
        return tuple(sorted({r.unit_ms for r in roundings if isinstance(r, Rounding) and r.unit_ms is not None}))

    @cached_property
    def digests(self) -> dict[str, str]:
        """Digests of what a statement is made from, apart from usage."""
        encode = msgspec.json.Encoder(order="deterministic").encode
        return {
            "terms": sha256(encode(self.instruments)).hexdigest(),
            "events": sha256(encode(self.events)).hexdigest(),
            "policy": sha256(repr((self.settings.policy, self.settings.agreement_policy)).encode()).hexdigest(),
            "reference": _tables_digest(self.folder / "reference"),
        }


def _tables_digest(folder: Path) -> str:
    """Digest of the tables' bytes, by name."""
    digest = sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(f"{path.name}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def load_instruments(settings: Settings) -> tuple[Instrument, ...]:
    """Load the packaged instruments that the settings name, those they include, and ``terms/*.toml``."""
    packaged = load_packaged(settings.terms.packaged)
    own = sorted((settings.folder / "terms").glob("*.toml"))
    included = [settings.folder / name for name in settings.terms.include]
    files = dict.fromkeys([*(path.resolve() for path in own), *(path.resolve() for path in included)])
    instruments = [*packaged, *(load_file(path) for path in files)]
    seen: set[str] = set()
    for instrument in instruments:
        if instrument.id in seen:
            raise BadInput(
                f"instrument {instrument.id!r} is there twice, expected one of each id", file=settings.folder
            )
        seen.add(instrument.id)
    return tuple(instruments)


def load_workspace(folder: Path | None) -> Workspace:
    """Read a workspace and check it; BadInput at the first error that would make a decision or a price wrong."""
    root = find_workspace(folder)
    settings = read_settings(root)
    tables = read_tables(root)
    findings = check(tables)
    stop_on_errors(findings, root)
    refuse_unknown_agreements(settings, [row.agreement for row in tables.agreements])
    instruments = load_instruments(settings)
    events = read_events(root / "events.ndjson", names_from(tables, instruments))
    return Workspace(root, settings, instruments, tables, events, tuple(findings))
