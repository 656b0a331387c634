"""Archived calls read back are what was decoded; a record made of one is read as the same call."""

from dataclasses import fields

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from schemas.columns import Columns, Limits
from schemas.decode import decode, split_lines
from stream.errors import InvariantBroken
from stream.explain.call import decode_line, from_archive
from stream.rerate.columns import columns_of
from stream.rerate.waiting import raw_of
from tests.driving import drive
from tests.worlds import World, call, worlds

NOT_KEPT = {"called_at", "called_len", "line_at", "line_len", "extra", "slow", "text"}
LIMITS = Limits()


def decoded(lines: list[bytes]) -> Columns:
    buffer = np.frombuffer(b"\n".join(lines) + b"\n", np.uint8)
    return decode(buffer, *split_lines(buffer, 0, buffer.size), LIMITS)


@settings(max_examples=20)
@given(worlds(conflicts=False))
def test_columns_come_back_from_the_archive(world: World) -> None:
    with drive(world) as driven:
        files = sorted((driven.workspace.folder / "archive").rglob("*.parquet"))
        for path in files:
            for rows in pq.ParquetFile(path).iter_batches(7):
                found = columns_of(rows)
                lines = [raw_of(row) for row in rows.to_pylist()]
                wanted = decoded(lines)
                for field in fields(Columns):
                    if field.name in NOT_KEPT or field.name.endswith(("_at", "_len")):
                        continue
                    there, here = getattr(wanted, field.name), getattr(found, field.name)
                    assert here.dtype == there.dtype, field.name
                    assert here.tolist() == there.tolist(), field.name
                for name in ("record_id", "source", "trunk_group", "routing_point"):
                    for row in range(len(found)):
                        assert found.cut(name, row) == wanted.cut(name, row)


FULL = {
    "record_id": 'r"1\\', "source": "mke 1", "connect_time": 1055653170000, "duration_ms": 0, "called": "4142000001",
    "calling": "414300", "lrn": "4142000000", "jip": "414200", "trunk_group": "a~ b", "cic": "0288",
    "routing_point": "ÉTÉ", "isp": False, "voip": True, "orig_ocn": 'a"\\!', "term_ocn": "2588",
}  # fmt: skip


def test_a_record_with_every_field_is_written_as_it_would_be_read() -> None:
    wanted, _ = decode_line(call(**FULL), LIMITS)
    assert wanted is not None
    row = {**FULL, "connect_ms": FULL["connect_time"], "calling_digits": 6, "raw": None}
    row |= {name: int(str(FULL[name])) for name in ("called", "calling", "lrn", "jip", "cic")}
    assert from_archive(row) == wanted
    assert decode_line(raw_of(row), LIMITS) == (wanted, "ok")
    with pytest.raises(InvariantBroken, match="duration_ms"):
        raw_of({**row, "raw": call(**{**FULL, "duration_ms": 5})})
