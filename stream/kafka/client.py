"""The client library: what of the settings it is given, and one line for whatever it meets.

Imports the library, and so is itself imported by what talks to a broker alone.
"""

import re
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from stream.errors import BadInput, StoreUnreachable
from stream.workspace.keys import masked
from stream.workspace.settings import Settings, setting_fault

__all__ = ["Link", "checked_client", "scrubbed"]

_Result = TypeVar("_Result")

_OURS: Final[Mapping[str, str]] = {
    "bootstrap.servers": "kafka.bootstrap says it",
    "metadata.broker.list": "kafka.bootstrap says it",
    "group.id": "kafka.group says it",
    **dict.fromkeys(
        (
            *("transactional.id", "enable.idempotence", "acks", "request.required.acks"),
            *("isolation.level", "enable.auto.commit", "enable.auto.offset.store"),
        ),
        "every record counts exactly once by it",
    ),
    "default.topic.config": "its keys stand by themselves",
}
"""What the settings may not hand to the library, and why."""

_PROPERTY: Final = re.compile(r'property:? "([^"]+)"|(ssl\.[a-z.]+) failed')
_STATE: Final = re.compile(r" \(after \d+ms in state [A-Z_]+[^)]*\)")
_SLICE_S: Final = 0.5
_PASSING: Final = frozenset({
    KafkaError._TRANSPORT,  # noqa: SLF001  (the library's own errors are named so)
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.BROKER_NOT_AVAILABLE,
})  # fmt: skip


def checked_client(settings: Settings) -> dict[str, Any]:
    """Return ``[kafka.client]`` as the library is given it, with the address.

    Raises
    ------
    BadInput
        For a key that is not the settings' to choose, with where it came from.
    """
    for name in settings.kafka.client:
        why = "no text can be one" if name == "logger" or name.endswith("_cb") else _OURS.get(name)
        if why is not None:
            message = f"found it set, expected it to be left alone: {why}"
            raise setting_fault(settings, f"kafka.client.{name}", message)
    return {**settings.kafka.client, "bootstrap.servers": settings.kafka.bootstrap}


def scrubbed(text: str, client: Mapping[str, object]) -> str:
    """Return a text without the values of settings that are secret."""
    for name, value in client.items():
        secret = str(value)
        if secret and masked(f"kafka.client.{name}", value) != value:
            text = text.replace(secret, "****")
    return " ".join(text.split())


class Link:
    """A client for topics and settings of the broker, with one allowance of time for all that it asks.

    Keep it until its last answer has come: the library gives up what is pending when its client is gone.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    timeout_s : float
        How long the broker may take in all, from now.

    Raises
    ------
    BadInput
        If the library refuses a setting.
    """

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._until = time.monotonic() + timeout_s
        self._failures: dict[str, str] = {}
        self._refused = ""
        client = checked_client(settings)
        # Failures are told by us, and once.
        quiet: dict[str, Any] = {} if "debug" in client or "log_level" in client else {"log_level": 0}
        try:
            callback: Any = self._note  # which its hints leave out
            self.admin = AdminClient({**quiet, **client, "error_cb": callback})
        except (KafkaException, TypeError, ValueError, AttributeError) as error:
            raise self._bad_setting(error) from None  # its own words may hold a secret

    def left_s(self) -> float:
        """Return what is left of the time, in seconds."""
        return max(0.0, self._until - time.monotonic())

    def cluster(self) -> ClusterMetadata:
        """Return the brokers, as soon as one answers.

        Raises
        ------
        StoreUnreachable
            If none does in time, or it does not let us in; with what was tried and for how long.
        """
        while True:
            try:
                return self.admin.list_topics(timeout=max(0.05, min(_SLICE_S, self.left_s())))
            except KafkaException as error:
                self.admin.poll(0)  # hands over what failed meanwhile
                if self._refused:
                    raise self._unreachable("lets us not in", self._refused) from None
                told = error.args[0]
                if told.code() not in _PASSING:
                    raise self._unreachable("does not answer as a broker", told.str()) from None
            if not self.left_s():
                tried = "; ".join(self._failures.values()) or "nothing was refused, and nothing came back"
                raise self._unreachable(f"did not answer within {self._timeout_s:g} s", tried)

    def answer(self, future: "Future[_Result]") -> _Result | KafkaError:
        """Return what was asked for, or the broker's refusal of it.

        Raises
        ------
        StoreUnreachable
            If no answer comes in time.
        """
        try:
            return future.result(timeout=self.left_s() + 1)
        except FutureTimeout:
            told = ""
        except KafkaException as error:
            refusal: KafkaError = error.args[0]
            if refusal.code() not in _PASSING:
                return refusal
            told = refusal.str()
        self.admin.poll(0)
        tried = "; ".join([told, *self._failures.values()]).strip("; ")
        raise self._unreachable(f"did not answer within {self._timeout_s:g} s", tried)

    def words(self, refusal: KafkaError) -> str:
        """Return what a refusal says, in one line without secrets."""
        return scrubbed(refusal.str(), self._settings.kafka.client)

    def _note(self, error: KafkaError) -> None:
        """Keep the last failure of each address; called by the library, from inside `poll`."""
        if error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001
            self._refused = error.str()
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  (the others say which and why)
            address = error.str().partition(": ")[0]
            self._failures[address] = _STATE.sub("", error.str()).replace("/bootstrap:", ":")

    def _unreachable(self, what: str, why: str) -> StoreUnreachable:
        kafka = self._settings.kafka
        return StoreUnreachable(f"the broker at {kafka.bootstrap} {what}: {scrubbed(why, kafka.client)}")

    def _bad_setting(self, error: Exception) -> BadInput:
        refusal = error.args[0]
        told = refusal.str() if isinstance(refusal, KafkaError) else str(error)
        named = _PROPERTY.search(told)
        key = f"kafka.client.{named[1] or named[2]}" if named else "kafka.client"
        message = f"the client library refuses it: {scrubbed(told, self._settings.kafka.client)}"
        return setting_fault(self._settings, key, message)
