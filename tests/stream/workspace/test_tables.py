"""Reading the reference tables: what is taken, and what is refused with file, line and column."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rating.reference.check import check
from rating.reference.rows import BilledHistory, NumberBlock, Ocn, Tables
from stream.errors import BadInput
from stream.workspace.tables import NEEDED_TABLES, TABLE_NAMES, read_table, read_tables, stop_on_errors
from tests.stream.workspace.worlds import FULL, NEEDED, write


def refused(folder: Path, name: str, text: str) -> BadInput:
    """Read a workspace with one table replaced, and return what it stops with."""
    write(folder, NEEDED | {name: text})
    with pytest.raises(BadInput) as caught:
        read_tables(folder)
    assert caught.value.file == str(folder / "reference" / f"{name}.csv")
    return caught.value


def test_reads_the_needed_tables(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path))
    assert tables.ocns == (
        Ocn(ocn="9327", party="sbc", line=2),
        Ocn(ocn="2588", party="kmc", from_=date(2003, 1, 1), through=date(2004, 12, 31), line=3),
    )
    assert tables.number_blocks[0] == NumberBlock(
        npa_nxx="414200", ocn="9327", rate_center="MILWAUKEE", lata="356", state="WI", switch="MILWWI01DS0", line=2
    )
    assert tables.agreements[0].time_zone == "America/Chicago"
    assert all(getattr(tables, name) is None for name in TABLE_NAMES if name not in NEEDED_TABLES)


def test_reads_every_table(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path, FULL))
    assert [field.name for field in fields(Tables)] == list(TABLE_NAMES)
    assert all(getattr(tables, name) for name in TABLE_NAMES)
    assert tables.rate_centers is not None and tables.rate_centers[1].v is None
    assert tables.rate_centers[1].known_from == date(2004, 1, 2)
    assert tables.trunk_groups is not None and [row.trunks for row in tables.trunk_groups] == [24, None]
    assert tables.pois is not None and (tables.pois[1].v, tables.pois[1].through) == (5788, None)
    assert tables.usage_history is not None and tables.usage_history[0].isp_ms == 600_000_000_000
    assert tables.sources is not None and tables.sources[1].role == ""
    assert tables.billed_history is not None
    assert [row.amount for row in tables.billed_history] == [Decimal("-12.345"), Decimal("12.34")]
    assert [row.paid_amount for row in tables.billed_history] == [Decimal("-12.345"), Decimal("10.00")]
    assert not [finding for finding in check(tables) if finding.severity == "error"]


@pytest.mark.parametrize("paid", ["", "no", "false", "No"])
def test_nothing_paid(tmp_path: Path, paid: str) -> None:
    table = FULL["billed_history"].splitlines()[0] + f"\nsbc-kmc-wi,sbc,kmc,2003-06,local,60000,12.34,,{paid}\n"
    write(tmp_path, {"billed_history": table})
    row = read_table(tmp_path / "reference" / "billed_history.csv", "billed_history")[0]
    assert isinstance(row, BilledHistory)
    assert row.paid_amount == 0


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_mark_line_ends_blank_lines_and_extra_columns(tmp_path: Path, mark: str, end: str) -> None:
    lines = ["note, ocn ,party,from,through", "", '"a ""quoted"", note",9327, sbc ,,', "  ", "x,2588,kmc,2003-01-01,"]
    tables = read_tables(write(tmp_path, NEEDED | {"ocns": mark + end.join(lines)}))
    assert tables.ocns == (
        Ocn(ocn="9327", party="sbc", line=3),
        Ocn(ocn="2588", party="kmc", from_=date(2003, 1, 1), line=5),
    )


def test_a_quoted_cell_over_two_lines_counts_as_both(tmp_path: Path) -> None:
    text = 'party,kind,name\nsbc,ilec,"SBC\nCommunications"\nkmc,clec,KMC\n'
    assert [row.line for row in read_tables(write(tmp_path, NEEDED | {"parties": text})).parties] == [2, 4]


def test_dates_and_switch_may_be_no_columns(tmp_path: Path) -> None:
    tables = NEEDED | {"number_blocks": "npa_nxx,ocn,rate_center,lata,state\n262200,9327,OCONOMOWOC,356,WI\n"}
    block = read_tables(write(tmp_path, tables)).number_blocks[0]
    assert (block.from_, block.through, block.switch) == (None, None, "")


@pytest.mark.parametrize("name", NEEDED_TABLES)
def test_a_needed_table_is_missing(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / "reference" / f"{name}.csv").unlink()
    with pytest.raises(BadInput, match=f"{name}.csv: the file is missing, expected a needed"):
        read_tables(tmp_path)


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_a_needed_column_is_missing(tmp_path: Path, name: str) -> None:
    header, first, *_ = FULL[name].splitlines()
    column = header.split(",")[1]
    cut = "\n".join(",".join(line.split(",")[:1] + line.split(",")[2:]) for line in (header, first))
    error = refused(tmp_path, name, cut)
    assert (error.line, error.field) == (1, column)
    assert "expected this one too" in str(error)


@pytest.mark.parametrize(
    ("name", "line", "field", "cell", "expected"),
    [
        ("agreements", "x,sbc,kmc,sbc,Wisconsin,America/Chicago", "state", "Wisconsin", "two capital letters"),
        ("agreements", "x,sbc,kmc,sbc,WI,Central", "time_zone", "Central", "America/Chicago"),
        ("agreements", "x,sbc,kmc,sbc,WI,America", "time_zone", "America", "America/Chicago"),
        ("agreements", "x,sbc,kmc,sbc,WI,../etc", "time_zone", "../etc", "America/Chicago"),
        ("agreements", ",sbc,kmc,sbc,WI,America/Chicago", "agreement", "", "some text"),
        ("parties", "sbc,telco,SBC", "kind", "telco", "ilec, clec, ico, cmrs or ixc"),
        ("ocns", "932,sbc,,", "ocn", "932", "4 characters"),
        ("ocns", "9327,sbc,2003-02-29,", "from", "2003-02-29", "YYYY-MM-DD, or nothing"),
        ("ocns", "9327,sbc,20030201,", "from", "20030201", "YYYY-MM-DD"),
        ("ocns", "9327,sbc,,6/1/2003", "through", "6/1/2003", "YYYY-MM-DD"),
        ("number_blocks", "41420,9327,MILWAUKEE,356,WI,,,", "npa_nxx", "41420", "6 digits"),
        ("number_blocks", "41420O,9327,MILWAUKEE,356,WI,,,", "npa_nxx", "41420O", "6 digits"),
        ("number_blocks", "414200,9327,,356,WI,,,", "rate_center", "", "some text"),
        ("rate_centers", "WI,MILWAUKEE,57.88,3589,", "v", "57.88", "not negative, or nothing"),
        ("rate_centers", "WI,MILWAUKEE,5788,3589,soon", "known_from", "soon", "YYYY-MM-DD"),
        ("eas_pairs", "WI,A,WI,B,both,,", "kind", "both", "mandatory or optional"),
        ("trunk_groups", "d1,a,direct,T,E,-1,,", "trunks", "-1", "not negative"),
        ("trunk_groups", f"{'d' * 65},a,direct,T,E,,,", "trunk_group", "d" * 65, "1 to 64 printable"),
        ("pois", "a,kmc,Area,LAKE,,,,,", "kind", "Area", "area, tandem_option or mileage"),
        ("market_history", "a,356,all,2000-05-01", "traffic", "all", "isp or any"),
        ("market_history", "a,356,isp,", "first_exchanged", "", "YYYY-MM-DD"),
        ("usage_history", "a,kmc,2003,1", "period", "2003", "2001-Q1, 2001 or 2002"),
        ("usage_history", "a,kmc,2001,1e3", "isp_ms", "1e3", "not negative"),
        ("sources", "s,kmc,both,,,,", "role", "both", "billing, verification or nothing"),
        ("sources", "s,kmc,,inbound,,,", "direction", "inbound", "terminating, originating or nothing"),
        ("billed_history", "a,sbc,kmc,2003-13,local,1,1,,", "month", "2003-13", "YYYY-MM"),
        ("billed_history", "a,sbc,kmc,2003-06,isp,1,1,,", "class", "isp", "mandatory_eas"),
        ("billed_history", "a,sbc,kmc,2003-06,local,1,$1,,", "amount", "$1", "dollars"),
        ("billed_history", "a,sbc,kmc,2003-06,local,1.5,1,,", "ms", "1.5", "an integer"),
        ("billed_history", "a,sbc,kmc,2003-06,local,1,1,,maybe", "paid", "maybe", "yes or no"),
        ("billing_accounts", "a,KMC,1,KMM", "ocn", "KMC", "4 characters"),
    ],
)
def test_a_cell_says_what_it_may_not(
    tmp_path: Path, name: str, line: str, field: str, cell: str, expected: str
) -> None:
    good = FULL[name].splitlines()
    error = refused(tmp_path, name, "\n".join([*good, line]))
    assert (error.line, error.field) == (len(good) + 1, field)
    assert f"found {cell!r}" in str(error) or (cell == "" and "found nothing" in str(error))
    assert expected in str(error)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "found an empty file, expected the columns ocn, party"),
        ("ocn,party,ocn\n", 1, "ocn: found the column twice"),
        ("ocn,party\n9327,sbc,,\n", 2, "found 4 cells, expected 2"),
        ("ocn,party,from\n9327,sbc\n", 2, "found 2 cells, expected 3"),
        ('ocn,party\n9327,"sbc\n', 2, "found no readable CSV"),
        ('ocn,party\n9327,"sb"c\n', 2, "found no readable CSV"),
    ],
)
def test_a_file_is_no_table(tmp_path: Path, text: str, line: int, message: str) -> None:
    error = refused(tmp_path, "ocns", text)
    assert error.line == line
    assert message in str(error)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "reference" / "parties.csv").write_bytes(b"party,kind,name\nsbc,ilec,SBC\nx,clec,Caf\xe9\n")
    with pytest.raises(BadInput, match=r"parties.csv:3: found byte 0xe9, expected UTF-8"):
        read_tables(tmp_path)


def test_a_misspelled_table_would_switch_its_rule_off(tmp_path: Path) -> None:
    write(tmp_path, NEEDED | {"local_area": FULL["local_areas"], "notes": "a,b\n"})
    with pytest.raises(BadInput, match=r"local_area.csv: .* expected local_areas.csv perhaps"):
        read_tables(tmp_path)
    write(tmp_path, {"local_areas": FULL["local_areas"]})
    assert read_tables(tmp_path).local_areas


def test_errors_of_the_check_stop_and_warnings_do_not(tmp_path: Path) -> None:
    tables = read_tables(write(tmp_path, NEEDED | {"ocns": "ocn,party\n9327,sbc\n2588,kmc\n9327,kmc\n2588,sbc\n"}))
    with pytest.raises(BadInput, match=r"ocns.csv:4: 9327: .*lines 2 and 4.*\(and 1 more: ") as caught:
        stop_on_errors(check(tables), tmp_path)
    assert caught.value.exit_code == 3
    warned = read_tables(write(tmp_path / "other", NEEDED | {"ocns": "ocn,party\n9327,sbc\n"}))
    stop_on_errors(check(warned), tmp_path)


def test_the_real_plan_loads(shared: Path, tmp_path: Path) -> None:
    write(tmp_path, NEEDED | {"number_blocks": (shared / "data" / "number_plan" / "wi_mo.csv").read_text()})
    tables = read_tables(tmp_path)
    assert len(tables.number_blocks) == 6097
    assert not [finding for finding in check(tables) if finding.severity == "error"]


def test_the_conformance_workspaces_have_no_errors(shared: Path) -> None:
    folders = [path for path in sorted((shared / "conformance" / "cases").iterdir()) if path.is_dir()]
    assert folders
    for folder in folders:
        stop_on_errors(check(read_tables(folder)), folder)
