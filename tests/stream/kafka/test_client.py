"""What of the settings the client library is given, and what is said of a setting that it refuses."""

from pathlib import Path

import pytest

from stream.errors import BadInput
from stream.kafka.client import Link, checked_client, scrubbed
from stream.workspace.settings import Settings, read_settings
from tests.stream.files.worlds import cli, workspace


def settings(folder: Path, client: str, **environ: str) -> Settings:
    (folder / "ratestream.toml").write_text(f"[kafka]\nbootstrap = 'a:1'\n[kafka.client]\n{client}\n", encoding="utf-8")
    return read_settings(folder, environ)


def test_settings_are_passed_through(tmp_path: Path) -> None:
    loaded = settings(
        tmp_path, 'security.protocol = "ssl"\nsocket.keepalive.enable = true', RATESTREAM_KAFKA_CLIENT_CLIENT_ID="me"
    )
    assert checked_client(loaded) == {
        "bootstrap.servers": "a:1",
        "security.protocol": "ssl",
        "socket.keepalive.enable": True,
        "client.id": "me",
    }
    assert Link(loaded, 1).left_s() <= 1  # and the library takes them


@pytest.mark.parametrize(
    ("client", "field", "message"),
    [
        ("nope = 1", "kafka.client.nope", 'No such configuration property: "nope"'),
        ("security.protocol = 'x'", "kafka.client.security.protocol", 'Invalid value "x" for'),
        ("message.max.bytes = 10", "kafka.client.message.max.bytes", "outside allowed range"),
        ("error_cb = 'x'", "kafka.client.error_cb", "left alone: no text can be one"),
        (
            "ssl.key.location = '/none'\nsecurity.protocol = 'ssl'",
            "kafka.client.ssl.key.location",
            "ssl.key.location failed",
        ),
        ("bootstrap.servers = 'b:1'", "kafka.client.bootstrap.servers", "left alone: kafka.bootstrap says it"),
        ("group.id = 'g'", "kafka.client.group.id", "left alone: kafka.group says it"),
        (
            "enable.idempotence = false",
            "kafka.client.enable.idempotence",
            "every record counts exactly once",
        ),
        ("isolation.level = 'x'", "kafka.client.isolation.level", "every record counts exactly once"),
        ("logger = 'x'", "kafka.client.logger", "left alone: no text can be one"),
        ("default.topic.config = 'x'", "kafka.client.default.topic.config", "its keys stand by themselves"),
    ],
)
def test_a_refused_setting_is_named_with_its_line(tmp_path: Path, client: str, field: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        Link(settings(tmp_path, client), 1)
    error = caught.value
    assert (error.file, error.line, error.field) == (str(tmp_path / "ratestream.toml"), 4, field)
    assert message in error.message


def test_a_refused_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        Link(settings(tmp_path, "", RATESTREAM_KAFKA_CLIENT_NO_SUCH_KEY="1"), 1)
    assert (caught.value.file, caught.value.field) == (None, "RATESTREAM_KAFKA_CLIENT_NO_SUCH_KEY")


def test_secrets_stay_out_of_what_is_said() -> None:
    client = {
        "sasl.password": "hunter2",
        "ssl.key.pem": "-----BEGIN\nsecret",
        "client.id": "me",
        "ssl.key.password": "",
    }
    assert scrubbed("me: hunter2 and\nhunter2,  -----BEGIN\nsecret", client) == "me: **** and ****, ****"
    assert scrubbed('Invalid value "x y"', {"ssl.key.pem": "x y"}) == 'Invalid value "****"'


def test_commands_leave_with_3(tmp_path: Path) -> None:
    folder = workspace(tmp_path, "[kafka.client]\nnope = 1\n")
    for command in ("check", "create"):
        ran = cli("topics", command, "-w", folder)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"ratestream: {folder / 'ratestream.toml'}:2: kafka.client.nope: ")
