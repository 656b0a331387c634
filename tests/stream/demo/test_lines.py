from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.demo.calls import Calls, blank
from stream.demo.lines import FORMATS, Names, write_lines

NAMES = Names(("wi-d1", "a-much-longer-group"), ("HARBORMILL", "FOX"), ("2588", "X401"))
CENTRAL = ZoneInfo("America/Chicago")
MAYBE = st.integers(-1, 1)
CALL = st.fixed_dictionaries(
    {
        "connect_ms": st.integers(1_051_765_200_000, 1_057_035_599_999),
        "duration_ms": st.integers(0, 86_400_000),
        "serial": st.integers(0, 9_999),
        "called": st.integers(0, 10**14),
        "called_digits": st.integers(1, 18),
        "calling": st.integers(0, 10**10 - 1),
        "calling_digits": st.sampled_from([0, 6, 10]),
        "lrn": st.integers(-1, 10**10 - 1),
        "jip": st.integers(-1, 999_999),
        "cic": st.integers(-1, 9_999),
        "trunk_group": MAYBE,
        "routing_point": MAYBE,
        "orig_ocn": MAYBE,
        "term_ocn": MAYBE,
        "isp": MAYBE,
        "voip": MAYBE,
    }
)


def columns(rows: list[dict[str, int]]) -> Calls:
    calls = blank(len(rows))
    for at, row in enumerate(rows):
        for name, value in row.items():
            calls[name][at] = value
    return calls


def expected(row: dict[str, int], source: str) -> dict[str, Any]:
    """Return the record by plain string formatting."""
    form = FORMATS[source]
    wall = datetime.fromtimestamp(row["connect_ms"] // 1000, UTC).astimezone(CENTRAL)
    wall = wall.replace(microsecond=row["connect_ms"] % 1000 * 1000)
    text = wall.isoformat(timespec="milliseconds")
    written = {"epoch": row["connect_ms"], "ms": text, "s": text[:19] + text[23:], "tenths": text[:21] + text[23:]}
    out: dict[str, Any] = {
        "record_id": f"{form.identity}{row['serial']:06d}",
        "source": source,
        "connect_time": written[form.clock],
        "duration_ms": row["duration_ms"],
        "called": f"{row['called']:018d}"[18 - row["called_digits"] :],
    }
    if row["calling_digits"]:
        out["calling"] = f"{row['calling']:010d}"[10 - row["calling_digits"] :]
    for name, digits in (("lrn", 10), ("jip", 6), ("cic", 4)):
        if row[name] >= 0:
            out[name] = f"{row[name]:0{digits}d}"
    for name, words in (
        ("trunk_group", NAMES.trunk_groups),
        ("routing_point", NAMES.rate_centers),
        ("orig_ocn", NAMES.ocns),
        ("term_ocn", NAMES.ocns),
        ("isp", (False, True)),
        ("voip", (False, True)),
    ):
        if row[name] >= 0:
            out[name] = words[row[name]]
    return out | ({"call_code": "119"} if form.constant else {})


@pytest.mark.parametrize("source", FORMATS)
@given(rows=st.lists(CALL, max_size=5))
def test_lines_say_what_the_columns_hold(source: str, rows: list[dict[str, int]]) -> None:
    written = write_lines(columns(rows), source, NAMES, 6)
    lines = [written.data[start:end] for start, end in zip(written.starts, written.starts[1:], strict=False)]
    assert b"".join(lines) == written.data
    assert [orjson.loads(line) for line in lines] == [expected(row, source) for row in rows]
    assert all(line.endswith(b"}\n") for line in lines)


def test_offices_write_their_fields_in_orders_of_their_own() -> None:
    calls = blank(1)
    calls[["connect_ms", "duration_ms", "serial", "called", "calling"]] = (1_055_653_170_000, 1, 1, 1, 1)
    firsts = {source: tuple(orjson.loads(write_lines(calls, source, NAMES, 4).data)) for source in FORMATS}
    assert len(set(firsts.values())) == len(FORMATS)


def test_no_calls_are_no_bytes() -> None:
    assert write_lines(blank(0), "mke-1", NAMES, 4).data == b""
    assert np.array_equal(write_lines(blank(0), "mke-1", NAMES, 4).starts, [0])
