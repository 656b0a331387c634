"""The classifying kernel alone, against the twin: the reason to wait, or the class (DOMAIN sections 2 and 3)."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, given, settings

from rating.codes import Reason, TrafficClass, name_of
from rating.kernel.classify import ABSENT, OUT_COLUMNS, UNKNOWN_PLACE, classify
from rating.names import Names
from schemas.columns import Limits
from schemas.decode import decode
from stream.rules import compile_rules
from stream.workspace.load import load_workspace
from tests import naive
from tests.worlds import World, worlds

EXAMPLES = int(os.environ.get("RATESTREAM_CLASSIFY_EXAMPLES", "100"))


def twin(line: bytes, world: naive.World) -> str:
    """Return the class or the reason, as the twin says it."""
    try:
        return naive.classify(naive.decode(line), world)
    except naive.SuspendedError as suspended:
        return suspended.reason


def kernel(lines: list[bytes], world: World, folder: Path) -> list[str]:
    """Return the same of the kernel, for records that are well-formed and not filtered."""
    names = Names()
    rules = compile_rules(load_workspace(world.write(folder)), names)
    buffer = np.frombuffer(b"".join(lines) + b"\n", np.uint8)
    length = np.array([len(line) for line in lines], np.int64)
    columns = decode(buffer, np.cumsum(length) - length, length, Limits())
    fields = [naive.decode(line) for line in lines]
    trunks = {name: code for code, name in enumerate(names.all("trunk_group")) if name}
    trunk = [ABSENT if f["trunk_group"] is None else trunks.get(f["trunk_group"], UNKNOWN_PLACE) for f in fields]
    place = [
        ABSENT if f["routing_point"] is None else rules.places.get(f["routing_point"], UNKNOWN_PLACE) for f in fields
    ]
    out = np.zeros((len(OUT_COLUMNS), len(lines)), np.int32)
    classify(
        rules.plan, 2**62, np.arange(len(lines)), columns.connect_ms, columns.called, columns.calling,
        columns.calling_digits, columns.lrn, columns.jip, columns.cic, columns.orig_ocn, columns.term_ocn,
        np.array(trunk, np.int64), np.array(place, np.int64), np.zeros(len(lines), np.int64), out,
    )  # fmt: skip
    return [
        name_of(Reason(reason)) if reason else name_of(TrafficClass(kind)) for reason, _, kind in out[:3].T.tolist()
    ]


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(worlds(dirty=False))
def test_kernel_classifies_as_the_twin(world: World) -> None:
    lines = []
    for line in world.lines:
        try:
            fields = naive.decode(line)
        except naive.RefusedError:  # an instant outside of the calendar, say
            continue
        if not naive.filtered(fields["called"]):
            lines.append(line.rstrip(b"\r"))
    with TemporaryDirectory() as name:
        got = kernel(lines, world, Path(name) / "workspace")
    assert dict(zip(lines, got, strict=True)) == {line: twin(line, world.naive()) for line in lines}
