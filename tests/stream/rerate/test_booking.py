"""What a rerate changes is booked by the true-up, under a cause of its own; the parts sum to the whole."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from tests.stream.files.worlds import TABLES, call, ndjson, ok, sql, workspace

MONTH = "2004-07"
AGREEMENT = "sbc-kmc-wi"
MOVED = TABLES["number_blocks"].replace("262200,9327,RACINE", "262200,9327,MILWAUKEE")
HOURS_20 = 72_000_000
VALUE = Decimal("0.60")
"""Twenty hours at .0005 a minute."""


def long_call(number: int, calling: str) -> dict[str, Any]:
    return call(number, calling=calling, duration_ms=HOURS_20)


def rate(folder: Path, name: str, *calls: dict[str, Any]) -> None:
    ok("rate", ndjson(folder.parent / name, calls), "-w", folder)


def total(folder: Path) -> Decimal:
    document = ok("statement", AGREEMENT, MONTH, "--format", "json", "-w", folder).document
    return Decimal(next(way["total"] for way in document["directions"] if way["payee"] == "kmc"))


def true_up(folder: Path, *words: str) -> dict[str, Decimal]:
    """Run a true-up; return what the first party pays more, by cause."""
    [month] = ok("true-up", "-w", folder, "--json", *words).document
    return {cause: Decimal(sums["sbc pays kmc"]) for cause, sums in month["by_cause"].items()}


def test_late_usage_and_rerate_are_two_causes(tmp_path: Path) -> None:
    """Calls from Racine are toll, without a price here, and local at .0005 once their block is Milwaukee's."""
    folder = workspace(tmp_path / "w")
    rate(folder, "one.ndjson", *(long_call(n, "4142002000") for n in (1, 2)), long_call(3, "2622002000"))
    ok("close", MONTH, "-w", folder)
    booked = total(folder)
    assert booked == 2 * VALUE
    rate(folder, "late.ndjson", long_call(4, "4142002000"), *(long_call(n, "2622002000") for n in (5, 6)))
    workspace(folder, number_blocks=MOVED)
    ok("rerate", "-w", folder)
    assert total(folder) == 6 * VALUE

    wanted = {"late_usage": VALUE, "rerate": 3 * VALUE}
    assert true_up(folder, "--dry-run") == wanted
    assert sql(folder, "select count(*) from statements") == [(1,)]
    assert true_up(folder) == wanted
    assert booked + sum(wanted.values()) == total(folder)
    [(assurance,)] = sql(folder, "select assurance from statements order by id desc limit 1")
    assert orjson.loads(assurance)["corrections"] == ["rerate:1"]
    assert true_up(folder) == {}
    ok("ledger", "verify", "-w", folder)

    # The same layer is no cause again; what comes late now is late usage alone, and the next rerate the next cause.
    rate(folder, "later.ndjson", long_call(7, "2622002000"))
    assert true_up(folder) == {"late_usage": VALUE}
    workspace(folder)
    ok("rerate", "-w", folder)
    assert true_up(folder) == {"rerate": -4 * VALUE}
    ok("ledger", "verify", "-w", folder)


def test_what_was_decided_again_before_the_close_is_in_what_was_booked(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w")
    rate(folder, "one.ndjson", long_call(1, "4142002000"), long_call(2, "2622002000"))
    workspace(folder, number_blocks=MOVED)
    ok("rerate", "-w", folder)
    ok("close", MONTH, "-w", folder)
    assert total(folder) == 2 * VALUE
    assert true_up(folder) == {}
    rate(folder, "late.ndjson", long_call(3, "2622002000"))
    assert true_up(folder) == {"late_usage": VALUE}


def test_calls_that_wait_and_come_back_are_neither_late_nor_booked(tmp_path: Path) -> None:
    gone = TABLES["number_blocks"].replace("414200,9327,MILWAUKEE,356,WI,,,\n", "")
    folder = workspace(tmp_path / "w")
    rate(folder, "one.ndjson", long_call(1, "4142002000"), long_call(2, "4149992000"))
    ok("close", MONTH, "-w", folder)
    workspace(folder, number_blocks=gone)
    ok("rerate", "-w", folder)
    assert true_up(folder, "--dry-run") == {"rerate": -VALUE}
    # One comes back; the other waited from the first, and is late.
    workspace(folder, number_blocks=TABLES["number_blocks"] + "414999,9327,MILWAUKEE,356,WI,,,\n")
    assert ok("suspense", "recycle", "-w", folder, "--json").document["moved"] == {"rated": 2}
    assert true_up(folder) == {"late_usage": VALUE}
    assert ok("rerate", "-w", folder, "--json").document["layer"] is None
    assert sql(folder, "select distinct layer from cells order by layer") == [
        ("file:1",), ("recycle-2",), ("rerate:1",), ("rerate:recycle-2",),
    ]  # fmt: skip
    ok("ledger", "verify", "-w", folder)
