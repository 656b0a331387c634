"""A workspace's settings: ``ratestream.toml``, over it the environment, under it the defaults.

What moves money, the instruments (``[terms]``) and the readings (``[policy]``), comes from the file
alone: a variable of some shell must not change what is owed.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rating.policy import SWITCHES, PolicyValue, parse_value, shown
from stream.errors import BadInput
from stream.workspace import keys
from stream.workspace.keys import KEYS, SECTIONS, TOPICS
from stream.workspace.nearest import nearest, one_of

__all__ = [
    "Checks",
    "Company",
    "Kafka",
    "Limits",
    "Settings",
    "Store",
    "TermsFiles",
    "effective",
    "find_workspace",
    "read_settings",
    "refuse_unknown_agreements",
    "setting_fault",
]

FILE_NAME: Final = "ratestream.toml"
PREFIX: Final = "RATESTREAM_"
WORKSPACE_VARIABLE: Final = "RATESTREAM_WORKSPACE"
_CLIENT: Final = "kafka.client."


@dataclass(frozen=True)
class TermsFiles:
    """Instruments to load: ids of packaged ones, and further files by path from the workspace."""

    packaged: tuple[str, ...]
    include: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """Where the books are; a relative SQLite path is one from the workspace."""

    url: str


@dataclass(frozen=True)
class Kafka:
    """The broker, our names on it, and what goes to the client library as it is."""

    bootstrap: str
    group: str
    partitions: int
    topics: Mapping[str, str]
    client: Mapping[str, str | int | bool]


@dataclass(frozen=True)
class Limits:
    """Limits of a record, in bytes and milliseconds, and of what is taken at a time."""

    max_line_bytes: int
    max_duration_ms: int
    batch_bytes: int
    batch_ms: int


@dataclass(frozen=True)
class Checks:
    """When an hour of a source is a gap, before a close.

    gap_weeks : how many weeks before it the same hour is looked at; half of them have to be there.
    gap_calls : the least median of those that is looked at; gap_percent : the share of it that is missed
    where an hour has fewer calls.
    """

    gap_weeks: int
    gap_calls: int
    gap_percent: int


@dataclass(frozen=True)
class Company:
    """Whose books these are; None for nobody's."""

    self_: str | None


@dataclass(frozen=True)
class Settings:
    """The settings in force and, by dotted key, where each came from."""

    folder: Path
    terms: TermsFiles
    policy: Mapping[str, PolicyValue]
    agreement_policy: Mapping[str, Mapping[str, PolicyValue]]
    store: Store
    kafka: Kafka
    limits: Limits
    checks: Checks
    company: Company
    origins: Mapping[str, str]


def find_workspace(flag: Path | None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the workspace: by flag, else RATESTREAM_WORKSPACE, else the current folder.

    Raises
    ------
    BadInput
        If that folder is no workspace: it has no ``reference/agreements.csv``.
    """
    named = (os.environ if environ is None else environ).get(WORKSPACE_VARIABLE)
    folder = flag or (Path(named) if named else Path.cwd())
    if not (folder / "reference" / "agreements.csv").is_file():
        message = f"not a workspace: found no reference/agreements.csv in it (`ratestream init {folder}` makes one)"
        raise BadInput(message, file=folder)
    return folder


def read_settings(folder: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a workspace; without the file, all of them have their defaults.

    Parameters
    ----------
    folder : Path
        The workspace.
    environ : mapping, optional
        Variables, those of the process by default. ``RATESTREAM_STORE_URL`` is ``[store] url``;
        ``RATESTREAM_KAFKA_CLIENT_SASL_PASSWORD`` is ``sasl.password`` of ``[kafka.client]``.

    Raises
    ------
    BadInput
        For a file that is no TOML, an unknown key (naming the nearest known one), a value that a key
        cannot have, and a variable that would set what only the file may set.
    """
    source = _File(folder / FILE_NAME)
    values: dict[str, object] = {key: known.default for key, known in KEYS.items()}
    origins = dict.fromkeys(KEYS, "default")
    policies = _Policies(source)
    for section, content in source.content.items():
        if section not in (*SECTIONS, "policy"):
            raise source.fault(f"found an unknown table, expected {one_of(section, [*SECTIONS, 'policy'])}", section)
        if not isinstance(content, dict):
            raise source.fault(f"found {content!r}, expected a table", section)
        if section == "policy":
            policies.read(content)
        else:
            for key, value in _flat(section, content):
                values[key] = source.value(key, value)
                origins[key] = f"file {FILE_NAME}"
    for variable, key, text in _variables(os.environ if environ is None else environ):
        try:
            values[key] = _known_key(key).from_text(text)
        except ValueError as error:
            raise BadInput(str(error), field=variable) from error
        origins[key] = f"environment {variable}"
    return _settings(folder, values, policies, origins | dict.fromkeys(policies.keys(), f"file {FILE_NAME}"))


class _File:
    """The settings file: its content, and the line on which a key stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""
        if path.is_file():
            try:
                self.text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            except UnicodeDecodeError as error:
                raise BadInput(f"found byte {error.start} not to be UTF-8, expected UTF-8", file=path) from error
        try:
            self.content: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(at[1]) if at else self.text.count("\n") + 1
            raise BadInput(f"found no TOML: {error}", file=path, line=line) from error

    def fault(self, message: str, key: str) -> BadInput:
        """Return the error for a dotted key of this file."""
        return BadInput(message, file=self.path, line=self._line(key), field=key)

    def value(self, key: str, raw: object) -> object:
        """Return the value of a known key, checked."""
        known = KEYS.get(key) or (keys.CLIENT if key.startswith(_CLIENT) else None)
        if known is None:
            section = key.rpartition(".")[0]
            siblings = [other for other in KEYS if other.rpartition(".")[0] == section]
            raise self.fault(f"found an unknown key, expected {one_of(key, siblings or KEYS)}", key)
        try:
            return known.check(raw)
        except ValueError as error:
            raise self.fault(str(error), key) from error

    def _line(self, key: str) -> int | None:
        """Return the line of a key, or of the nearest thing around it that has one; the parser keeps none."""
        header = ""
        lines: dict[str, int] = {}
        for number, text in enumerate(self.text.split("\n"), start=1):
            if table := re.match(r"\s*\[([^\[\]]+)\]", text):
                header = _unquoted(table[1])
                lines.setdefault(header, number)
            elif entry := re.match(r"""\s*([A-Za-z0-9_."'-]+)\s*=""", text):
                lines.setdefault(f"{header}.{_unquoted(entry[1])}".lstrip("."), number)
        while key:
            if key in lines:
                return lines[key]
            key = key.rpartition(".")[0]
        return None


def _unquoted(name: str) -> str:
    return re.sub(r"""["'\s]""", "", name)


class _Policies:
    """The readings that the file chooses, for all agreements and for single ones."""

    def __init__(self, source: _File) -> None:
        self.source = source
        self.for_all: dict[str, PolicyValue] = {}
        self.by_agreement: dict[str, dict[str, PolicyValue]] = {}

    def read(self, content: Mapping[str, object]) -> None:
        for name, raw in content.items():
            if isinstance(raw, dict) and name not in SWITCHES:
                own = self.by_agreement.setdefault(name, {})
                for inner, value in raw.items():
                    own[inner] = self._value(f"policy.{name}.{inner}", inner, value)
            else:
                self.for_all[name] = self._value(f"policy.{name}", name, raw)

    def _value(self, key: str, name: str, raw: object) -> PolicyValue:
        try:
            return parse_value(name, raw)
        except ValueError as error:
            raise self.source.fault(str(error), key) from error

    def keys(self) -> list[str]:
        """Return the dotted keys of what is chosen."""
        own = [f"policy.{agreement}.{name}" for agreement, names in self.by_agreement.items() for name in names]
        return [*(f"policy.{name}" for name in self.for_all), *own]


def _flat(section: str, content: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return a section's entries by dotted key; the client's own keys have dots and may be written as tables."""
    out: list[tuple[str, object]] = []
    for name, value in content.items():
        key = f"{section}.{name}"
        tables = key in ("kafka.topics", "kafka.client") or key.startswith(_CLIENT)
        if tables and isinstance(value, dict):
            out += _flat(key, value)
        else:
            out.append((key, value))
    return out


def _known_key(key: str) -> keys.Key:
    return KEYS.get(key, keys.CLIENT)


def _variables(environ: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (variable, dotted key, text) of the settings in the environment."""
    by_variable = {variable_of(key): key for key in KEYS if not key.startswith("terms.")}
    client = variable_of(_CLIENT)
    out = []
    for variable in sorted(environ):
        if variable in by_variable:
            out.append((variable, by_variable[variable], environ[variable]))
        elif variable.startswith(client) and len(variable) > len(client):
            name = variable.removeprefix(client).lower().replace("_", ".")
            out.append((variable, _CLIENT + name, environ[variable]))
        else:
            _refuse_variable(variable, by_variable)
    return out


def variable_of(key: str) -> str:
    """Return the environment variable of a dotted key."""
    return PREFIX + key.upper().replace(".", "_").replace("-", "_")


def _refuse_variable(variable: str, known: Mapping[str, str]) -> None:
    """Raise for a variable of a section that is no setting; others under the prefix are not settings."""
    if variable.startswith((f"{PREFIX}POLICY_", f"{PREFIX}TERMS_")):
        message = f"found it in the environment, expected what moves money in {FILE_NAME} alone"
        raise BadInput(message, field=variable)
    if variable.startswith(tuple(f"{PREFIX}{section.upper()}_" for section in SECTIONS)):
        near = nearest(variable.lower(), (name.lower() for name in known))
        expected = f"{near.upper()} perhaps" if near else f"one of {', '.join(sorted(known))}"
        raise BadInput(f"found an unknown setting, expected {expected}", field=variable)


def _settings(folder: Path, values: dict[str, Any], policies: _Policies, origins: dict[str, str]) -> Settings:
    topics = {topic: values[f"kafka.topics.{topic}"] for topic in TOPICS}
    for topic, name in topics.items():
        twins = [other for other in TOPICS if topics[other] == name and other != topic]
        if twins:
            message = f"found {name!r} for {twins[0]} too, expected a topic of its own"
            raise BadInput(message, file=folder / FILE_NAME, field=f"kafka.topics.{topic}")
    if values["limits.batch_bytes"] < values["limits.max_line_bytes"]:
        message = f"found {values['limits.batch_bytes']}, expected at least max_line_bytes, a whole line"
        raise BadInput(message, file=folder / FILE_NAME, field="limits.batch_bytes")
    return Settings(
        folder=folder,
        terms=TermsFiles(values["terms.packaged"], values["terms.include"]),
        policy=policies.for_all,
        agreement_policy=policies.by_agreement,
        store=Store(values["store.url"]),
        kafka=Kafka(
            bootstrap=values["kafka.bootstrap"],
            group=values["kafka.group"],
            partitions=values["kafka.partitions"],
            topics=topics,
            client={key.removeprefix(_CLIENT): value for key, value in values.items() if key.startswith(_CLIENT)},
        ),
        limits=Limits(
            max_line_bytes=values["limits.max_line_bytes"],
            max_duration_ms=values["limits.max_duration_ms"],
            batch_bytes=values["limits.batch_bytes"],
            batch_ms=values["limits.batch_ms"],
        ),
        checks=Checks(
            gap_weeks=values["checks.gap_weeks"],
            gap_calls=values["checks.gap_calls"],
            gap_percent=values["checks.gap_percent"],
        ),
        company=Company(values["company.self"]),
        origins=origins,
    )


def setting_fault(settings: Settings, key: str, message: str) -> BadInput:
    """Return the error for a dotted key, with where its value came from: file and line, or variable."""
    origin = settings.origins.get(key, "default")
    if origin.startswith("environment "):
        return BadInput(message, field=origin.removeprefix("environment "))
    return _File(settings.folder / FILE_NAME).fault(message, key)


def refuse_unknown_agreements(settings: Settings, agreements: list[str]) -> None:
    """Raise BadInput for a ``[policy.AGREEMENT]`` whose agreement does not exist."""
    for name in settings.agreement_policy:
        if name not in agreements:
            choices = [*agreements, *SWITCHES]
            message = f"found neither a switch nor an agreement, expected {one_of(name, choices)}"
            source = _File(settings.folder / FILE_NAME)
            raise source.fault(message, f"policy.{name}")


def effective(settings: Settings) -> list[tuple[str, object, str]]:
    """Return each setting as (dotted key, value, origin), secrets masked, in a fixed order.

    The origin is ``default``, ``file ratestream.toml`` or ``environment VARIABLE``. Values are as JSON
    can hold them; a secret is ``****``, and so is the password of an address.
    """
    values: dict[str, object] = {
        "terms.packaged": list(settings.terms.packaged),
        "terms.include": list(settings.terms.include),
        "store.url": settings.store.url,
        "kafka.bootstrap": settings.kafka.bootstrap,
        "kafka.group": settings.kafka.group,
        "kafka.partitions": settings.kafka.partitions,
        **{f"kafka.topics.{topic}": name for topic, name in settings.kafka.topics.items()},
        **{f"{_CLIENT}{name}": value for name, value in sorted(settings.kafka.client.items())},
        "limits.max_line_bytes": settings.limits.max_line_bytes,
        "limits.max_duration_ms": settings.limits.max_duration_ms,
        "limits.batch_bytes": settings.limits.batch_bytes,
        "limits.batch_ms": settings.limits.batch_ms,
        "checks.gap_weeks": settings.checks.gap_weeks,
        "checks.gap_calls": settings.checks.gap_calls,
        "checks.gap_percent": settings.checks.gap_percent,
        "company.self": settings.company.self_,
    }
    rows = [(key, keys.masked(key, value), settings.origins[key]) for key, value in values.items()]
    for name, switch in SWITCHES.items():
        value = settings.policy.get(name, switch.default)
        rows.append((f"policy.{name}", shown(value), settings.origins.get(f"policy.{name}", "default")))
    for agreement, own in settings.agreement_policy.items():
        rows += [
            (f"policy.{agreement}.{name}", shown(value), settings.origins[f"policy.{agreement}.{name}"])
            for name, value in own.items()
        ]
    return rows
