"""Every key of ``ratestream.toml`` outside of its policies: default, what it may be, what is secret."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["CLIENT", "KEYS", "PACKAGED_BY_DEFAULT", "SECTIONS", "TOPICS", "Key", "masked"]

PACKAGED_BY_DEFAULT: Final = ("sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-second", "sbc-kmc-wi-isp")

TOPICS: Final = (
    "calls",
    "rated",
    "suspended",
    "rejected",
    "archive",
    "usage",
    "identities",
    "commands",
    "reference",
    "totals",
    "carrier-status",
    "advisories",
    "statements",
    "ledger",
)

SECTIONS: Final = ("terms", "store", "kafka", "limits", "checks", "company")

_DAY_MS: Final = 86_400_000
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its default, how a value of the file is checked and a variable's text is read.

    Both raise ValueError that says what was found and what was expected.
    """

    default: object
    check: Callable[[object], object]
    from_text: Callable[[str], object]


def _text(default: str | None, expected: str, pattern: str = r"\S.*") -> Key:
    def check(raw: object) -> str:
        if isinstance(raw, str) and re.fullmatch(pattern, raw):
            return raw
        raise ValueError(f"found {raw!r}, expected {expected}")

    return Key(default, check, check)


def _whole(default: int, least: int, most: int) -> Key:
    def check(raw: object) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
            return raw
        raise ValueError(f"found {raw!r}, expected an integer from {least} to {most}")

    def from_text(text: str) -> int:
        return check(int(text) if re.fullmatch(r"[0-9]{1,18}", text) else text)

    return Key(default, check, from_text)


def _texts(default: tuple[str, ...], what: str) -> Key:
    def check(raw: object) -> tuple[str, ...]:
        if isinstance(raw, list | tuple) and all(isinstance(item, str) and item for item in raw):
            if len(set(raw)) == len(raw):
                return tuple(raw)
            raise ValueError(f"found {list(raw)!r}, expected each once")
        raise ValueError(f"found {raw!r}, expected a list of {what}")

    return Key(default, check, lambda text: check(text.split(",")))


def _client_value(raw: object) -> str | int | bool:
    if isinstance(raw, str | int):
        return raw
    raise ValueError(f"found {raw!r}, expected a text, an integer, true or false")


KEYS: Final[Mapping[str, Key]] = MappingProxyType(
    {
        "terms.packaged": _texts(PACKAGED_BY_DEFAULT, "ids of packaged instruments"),
        "terms.include": _texts((), "paths of instrument files"),
        "store.url": _text("sqlite:///books.db", "the address of a database, as sqlite:///books.db", r"[a-z0-9+]+:.*"),
        "kafka.bootstrap": _text("127.0.0.1:9092", "HOST:PORT, several by commas", r"[^\s,]+:[0-9]+(,[^\s,]+:[0-9]+)*"),
        "kafka.group": _text("ratestream", "the name of a consumer group"),
        "kafka.partitions": _whole(4, 1, 10_000),
        **{f"kafka.topics.{topic}": _text(topic, "the name of a topic", r"[A-Za-z0-9._-]{1,249}") for topic in TOPICS},
        "limits.max_line_bytes": _whole(_MIB, 256, 64 * _MIB),
        # A longer call would touch more days than a call is cut into.
        "limits.max_duration_ms": _whole(_DAY_MS, 1, _DAY_MS),
        "limits.batch_bytes": _whole(8 * _MIB, 4096, 1024 * _MIB),
        "limits.batch_ms": _whole(200, 1, 5_000),
        "checks.gap_weeks": _whole(8, 2, 104),
        "checks.gap_calls": _whole(50, 1, 1_000_000_000),
        "checks.gap_percent": _whole(5, 1, 100),
        "company.self": _text(None, "a party"),
    }
)
"""Every key by its dotted name, in the order in which it is shown."""

CLIENT: Final = Key(None, _client_value, str)
"""Any key of ``[kafka.client]``: the client library judges those."""

_MASK: Final = "****"
_SECRET: Final = re.compile(r"password|secret|key|token", re.IGNORECASE)
_URL_PASSWORD: Final = re.compile(r"(://[^/:@\s]*:)[^/\s]+(?=@)")
_QUERY_SECRET: Final = re.compile(r"([?&][^=&\s]*(?:password|secret|key|token)[^=&\s]*=)[^&\s]+", re.IGNORECASE)


def masked(key: str, value: object) -> object:
    """Return a value as it may be shown: a secret by the key's name, or a password in an address, masked."""
    name = key.removeprefix("kafka.client.") if key.startswith("kafka.client.") else key.rpartition(".")[2]
    if _SECRET.search(name) and value is not None:
        return _MASK
    if isinstance(value, str):
        return _QUERY_SECRET.sub(rf"\g<1>{_MASK}", _URL_PASSWORD.sub(rf"\g<1>{_MASK}", value))
    return value
