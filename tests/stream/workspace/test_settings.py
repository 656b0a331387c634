"""Settings: defaults, the file, the environment, and what each says of a mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

from rating.policy import Rounding, Unidentified
from stream.errors import BadInput
from stream.workspace.settings import (
    Settings,
    effective,
    find_workspace,
    read_settings,
    refuse_unknown_agreements,
    variable_of,
)
from tests.stream.workspace.worlds import write

FILE = """\
# whose books
[company]
self = "kmc"

[terms]
packaged = ["sbc-kmc-wi-isp"]
include = ["terms/mine.toml"]

[policy]
cap_2003 = "ceiling"
unidentified = { threshold = "0.8" }

[policy.sbc-kmc-wi]
rounding = "per_call_up(6000)"
sa_over_xa = false

[store]
url = "postgresql://books:hunter2@db.example:5432/books?sslpassword=abc&x=1"

[kafka]
bootstrap = "a:9092,b:9092"
partitions = 8
[kafka.topics]
calls = "wi.calls"
carrier-status = "status"
[kafka.client]
security.protocol = "SASL_SSL"
"sasl.password" = "hunter2"
"ssl.key.location" = "/etc/key.pem"
"socket.keepalive.enable" = true

[limits]
max_line_bytes = 4096
"""


def read(tmp_path: Path, text: str | None, **environ: str) -> Settings:
    if text is not None:
        (tmp_path / "ratestream.toml").write_bytes(text.encode())
    return read_settings(tmp_path, environ)


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, None)
    assert settings.terms.packaged == (
        "sprint-icg-mo-1",
        "icg-stock-purchase-1",
        "sbc-kmc-second",
        "sbc-kmc-wi-isp",
    )
    assert (settings.terms.include, settings.policy, settings.agreement_policy) == ((), {}, {})
    assert (settings.store.url, settings.company.self_) == ("sqlite:///books.db", None)
    kafka, limits = settings.kafka, settings.limits
    assert (kafka.bootstrap, kafka.group, kafka.partitions, kafka.client) == ("127.0.0.1:9092", "ratestream", 4, {})
    assert all(topic == name for topic, name in kafka.topics.items()) and len(kafka.topics) == 14
    assert (limits.max_line_bytes, limits.max_duration_ms) == (1 << 20, 86_400_000)
    assert {origin for _, _, origin in effective(settings)} == {"default"}


@pytest.mark.parametrize("text", [FILE, "\ufeff" + FILE.replace("\n", "\r\n")])
def test_reads_every_table(tmp_path: Path, text: str) -> None:
    settings = read(tmp_path, text)
    assert settings.company.self_ == "kmc"
    assert settings.terms.packaged == ("sbc-kmc-wi-isp",) and settings.terms.include == ("terms/mine.toml",)
    assert settings.policy["cap_2003"] == "ceiling"
    assert isinstance(settings.policy["unidentified"], Unidentified)
    assert settings.agreement_policy == {"sbc-kmc-wi": {"rounding": Rounding("per_call_up", 6000), "sa_over_xa": False}}
    assert settings.kafka.topics["calls"] == "wi.calls" and settings.kafka.topics["rated"] == "rated"
    assert settings.kafka.client == {
        "security.protocol": "SASL_SSL",
        "sasl.password": "hunter2",
        "ssl.key.location": "/etc/key.pem",
        "socket.keepalive.enable": True,
    }
    assert (settings.kafka.partitions, settings.limits.max_line_bytes) == (8, 4096)


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        FILE,
        RATESTREAM_STORE_URL="sqlite:////tmp/x.db",
        RATESTREAM_KAFKA_PARTITIONS="16",
        RATESTREAM_KAFKA_TOPICS_CARRIER_STATUS="st",
        RATESTREAM_KAFKA_CLIENT_SASL_PASSWORD="other",
        RATESTREAM_LIMITS_BATCH_BYTES="8192",
        RATESTREAM_COMPANY_SELF="sbc",
        RATESTREAM_WORKSPACE="/somewhere",
        RATESTREAM_ELSEWHERE="another program's",
        HOME="/root",
    )
    assert (settings.store.url, settings.kafka.partitions) == ("sqlite:////tmp/x.db", 16)
    assert settings.kafka.topics["carrier-status"] == "st"
    assert settings.kafka.client["sasl.password"] == "other"
    assert (settings.limits.batch_bytes, settings.company.self_) == (8192, "sbc")
    origins = {key: origin for key, _, origin in effective(settings)}
    assert origins["store.url"] == "environment RATESTREAM_STORE_URL"
    assert origins["kafka.client.sasl.password"] == "environment RATESTREAM_KAFKA_CLIENT_SASL_PASSWORD"
    assert origins["kafka.bootstrap"] == "file ratestream.toml"
    assert origins["kafka.group"] == "default"
    assert variable_of("kafka.topics.carrier-status") == "RATESTREAM_KAFKA_TOPICS_CARRIER_STATUS"


def test_what_is_shown_hides_secrets(tmp_path: Path) -> None:
    rows = effective(read(tmp_path, FILE))
    shown = {key: value for key, value, _ in rows}
    assert shown["store.url"] == "postgresql://books:****@db.example:5432/books?sslpassword=****&x=1"
    assert shown["kafka.client.sasl.password"] == shown["kafka.client.ssl.key.location"] == "****"
    assert shown["kafka.client.security.protocol"] == "SASL_SSL"
    assert shown["policy.cap_2003"] == "ceiling" and shown["policy.deot_onset"] == "second_month"
    assert shown["policy.sbc-kmc-wi.rounding"] == "per_call_up(6000)"
    assert shown["policy.unidentified"] == {
        "measure": "calls",
        "threshold": "0.8",
        "strict": True,
        "spread_over": ["local", "virtual_fx", "mandatory_eas", "optional_eas", "intralata_toll"],
    }
    origins = {key: origin for key, _, origin in rows}
    assert origins["policy.cap_2003"] == origins["policy.sbc-kmc-wi.sa_over_xa"] == "file ratestream.toml"
    assert origins["policy.deot_onset"] == "default"
    assert "hunter2" not in str(rows)


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("[store]\nurl = \n", 2, None, "found no TOML"),
        ("[store\n", 1, None, "found no TOML"),
        ("\n[storr]\nurl = 'sqlite:///x'\n", 2, "storr", "found an unknown table, expected 'store' perhaps"),
        ("store = 'sqlite:///x'\n", 1, "store", "expected a table"),
        ("[store]\n\nulr = 'sqlite:///x'\n", 3, "store.ulr", "expected 'store.url' perhaps"),
        ("[store]\nurl = 'books.db'\n", 2, "store.url", "found 'books.db', expected the address of a database"),
        ("[kafka]\npartition = 3\n", 2, "kafka.partition", "expected 'kafka.partitions' perhaps"),
        ("[kafka]\npartitions = true\n", 2, "kafka.partitions", "found True, expected an integer from 1"),
        ("[kafka]\npartitions = 0\n", 2, "kafka.partitions", "found 0"),
        ("[kafka]\nbootstrap = 'localhost'\n", 2, "kafka.bootstrap", "expected HOST:PORT"),
        ("[kafka.topics]\ncall = 'x'\n", 2, "kafka.topics.call", "expected 'kafka.topics.calls' perhaps"),
        ("[kafka.topics]\ncalls = 'a b'\n", 2, "kafka.topics.calls", "expected the name of a topic"),
        ("[kafka.topics]\ncalls = 'rated'\n", None, "kafka.topics.calls", "found 'rated' for rated too"),
        ("[kafka.client]\n'a.b' = [1]\n", 2, "kafka.client.a.b", "expected a text, an integer, true or false"),
        ("[limits]\nmax_duration_ms = 86400001\n", 2, "limits.max_duration_ms", "from 1 to 86400000"),
        ("[limits]\nmax_line_bytes = 2_000_000\nbatch_bytes = 1_999_999\n", None, "limits.batch_bytes", "at least"),
        ("[terms]\npackaged = 'x'\n", 2, "terms.packaged", "expected a list of ids"),
        ("[terms]\npackaged = ['x', 'x']\n", 2, "terms.packaged", "expected each once"),
        ("[company]\nself = ''\n", 2, "company.self", "expected a party"),
        ("[policy]\nsa_over_xb = true\n", 2, "policy.sa_over_xb", "expected 'sa_over_xa' perhaps"),
        ("[policy]\nsa_over_xa = 'yes'\n", 2, "policy.sa_over_xa", "found 'yes', expected true or false"),
        ("[policy.a]\n\ncap_2003 = 'x'\n", 3, "policy.a.cap_2003", "expected 'compensable' or 'ceiling'"),
        ("[policy.'a b']\ncap = 1\n", 1, "policy.a b.cap", "found no switch 'cap'"),
        ("[policy.unidentified]\nmeasure = 'x'\n", 1, "policy.unidentified", "measure: found 'x'"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str, line: int | None, field: str | None, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    error = caught.value
    assert message in error.message
    assert (error.file, error.field) == (str(tmp_path / "ratestream.toml"), field)
    if field != "policy.a b.cap":  # a quoted name loses its blanks where lines are looked for
        assert error.line == line


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("RATESTREAM_KAFKA_PARTITIONS", "many", "found 'many', expected an integer from 1"),
        ("RATESTREAM_KAFKA_PARTITION", "4", "expected RATESTREAM_KAFKA_PARTITIONS perhaps"),
        ("RATESTREAM_STORE_ZZZZ_QQQQ_XXXX", "4", "found an unknown setting, expected "),
        ("RATESTREAM_POLICY_CAP_2003", "ceiling", "expected what moves money in ratestream.toml alone"),
        ("RATESTREAM_TERMS_PACKAGED", "x", "expected what moves money in ratestream.toml alone"),
        ("RATESTREAM_STORE_URL", "", "expected the address of a database"),
    ],
)
def test_mistakes_in_the_environment(tmp_path: Path, variable: str, text: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, None, **{variable: text})
    assert (caught.value.file, caught.value.field) == (None, variable)
    assert message in caught.value.message


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "ratestream.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(BadInput, match="expected UTF-8"):
        read_settings(tmp_path, {})


def test_policies_of_agreements_that_do_not_exist(tmp_path: Path) -> None:
    settings = read(tmp_path, FILE)
    refuse_unknown_agreements(settings, ["sbc-kmc-wi"])
    with pytest.raises(BadInput, match=r"ratestream.toml:13: policy.sbc-kmc-wi: .*expected 'sbc-kmc-il' perhaps"):
        refuse_unknown_agreements(settings, ["sbc-kmc-il"])


def test_finds_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other, third = (write(tmp_path / name) for name in ("one", "other", "third"))
    monkeypatch.chdir(third)
    assert find_workspace(one, {"RATESTREAM_WORKSPACE": str(other)}) == one
    assert find_workspace(None, {"RATESTREAM_WORKSPACE": str(other)}) == other
    assert find_workspace(None, {}) == third
    monkeypatch.setenv("RATESTREAM_WORKSPACE", str(other))
    assert find_workspace(None) == other
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadInput, match=r"not a workspace: .*`ratestream init .*empty` makes one"):
        find_workspace(empty, {})


def test_the_conformance_settings_load(shared: Path) -> None:
    for folder in sorted((shared / "conformance" / "cases").iterdir()):
        assert len(read_settings(folder, {}).terms.packaged) == 4


def test_reading_a_workspace_imports_nothing_large() -> None:
    code = (
        "import sys, stream.workspace.settings, stream.workspace.tables, stream.workspace.events\n"
        "large = {'numpy', 'numba', 'pyarrow', 'faust', 'sqlalchemy', 'confluent_kafka'} & set(sys.modules)\n"
        "sys.exit(', '.join(large) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
