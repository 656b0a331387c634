"""Bills that are not in order: the error says file, line, field, what was found and what was expected."""

from pathlib import Path

import pytest

from tests.stream.desk.reconcile.bills import HEADINGS, JULY, write
from tests.stream.files import worlds

MEGABYTE = "x" * (1 << 20)


@pytest.mark.parametrize(
    ("headings", "lines", "words"),
    [
        (
            "class,lata,minutes",
            ["local,356,1.0"],
            (":1: amount: found the columns class, lata, minutes", "expected 'amount'"),
        ),
        (
            HEADINGS,
            [JULY, "Total,,,,,,$76.00"],
            (":3: amount: found '$76.00', expected $75.00, the sum of the lines above",),
        ),
        (HEADINGS, [JULY.replace("$", "€")], (":2: amount: found '€75.00', expected an amount in $, not in €",)),
        (
            HEADINGS,
            [JULY.replace("$75.00", '"7.5,00"')],
            (":2: amount: found '7.5,00', expected a number as 1,234.50",),
        ),
        (HEADINGS, [JULY.replace("150000.0", '"1,50000"')], (":2: minutes: found '1,50000', expected a number",)),
        (HEADINGS, [JULY.replace("local", "=SUM(A1:A9)")], (":2: class: found '=SUM(A1:A9)', expected one of",)),
        (HEADINGS, [JULY.replace("$75.00", "=1+1")], (":2: amount: found '=1+1', expected a number",)),
        (HEADINGS, [JULY.replace("local", "lcoal")], (":2: class: found 'lcoal', expected 'local' perhaps",)),
        (
            HEADINGS,
            [JULY.replace("local", MEGABYTE)],
            (":2: class: found 1,048,576 characters, expected a line of at most",),
        ),
        (
            HEADINGS,
            [JULY.replace("2004-07-31", "07/31/2004")],
            (":2: through: found '07/31/2004', expected a day as 2003-06-14",),
        ),
        (
            HEADINGS,
            [JULY.replace("2004-07-31", "2004-06-30")],
            (":2: through: found '2004-06-30', expected a day from 2004-07-01 on",),
        ),
        (HEADINGS, [JULY.replace("2004-07-31", "")], (":2: through: found nothing, expected a day",)),
        (HEADINGS, [JULY.replace(".000500", "-.000500")], (":2: rate: found '-.000500', expected dollars a minute",)),
        (HEADINGS, [JULY + ",more"], (":2: found 8, expected 7 cells as the headings have",)),
        (HEADINGS, [], (":2: found nothing, expected lines under the headings",)),
        (
            HEADINGS,
            [JULY.replace("2004-07-31", "2004-08-14")],
            (":2: from, through: found '2004-07-01 to 2004-08-14', expected days from",),
        ),
        (
            HEADINGS,
            [JULY.replace("2004-07", "2004-05")],
            ("from, through: found '2004-05-01 to 2004-05-31', expected lines on days from 2004-07-01",),
        ),
        (HEADINGS + ",payer", [JULY + ",kcm"], (":2: payer: found 'kcm', expected 'kmc' perhaps",)),
    ],
)
def test_an_error_says_where_and_what(
    rated: Path, tmp_path: Path, headings: str, lines: list[str], words: tuple[str, ...]
) -> None:
    bill = write(tmp_path / "bill.csv", *lines, headings=headings)
    window = ("--from", "2004-07-01", "--through", "2004-07-31")
    ran = worlds.cli("reconcile", bill, "-w", rated, "--biller", "sbc", *window)
    assert ran.code == 3, ran
    assert ran.out == ""
    assert len(ran.err) < 1000
    for word in (str(bill), *words):
        assert word in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfeclass", "found the byte 0xff, expected UTF-8"),
        (b"", ":1: found nothing, expected a line of headings"),
        (b'class,amount,minutes\n"local,1,1\n', "is no CSV"),
    ],
)
def test_a_file_that_is_no_csv(rated: Path, tmp_path: Path, content: bytes, words: str) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_bytes(content)
    ran = worlds.cli("reconcile", bill, "-w", rated, "--biller", "sbc")
    assert (ran.code, words in ran.err) == (3, True), ran


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ("{}", "expected a statement as schemas say"),
        ('{"agreement":"x","directions":[]}', "agreement: found 'x', expected a statement of sbc-kmc-wi"),
        (
            '{"agreement":"sbc-kmc-wi","directions":[{"payer":"kmc","payee":"sbc","lines":[],"total":"1.00"}]}',
            "kmc pays sbc: total: found '1.00', expected 0.00, the sum of its lines",
        ),
    ],
)
def test_a_file_that_is_no_statement(rated: Path, tmp_path: Path, content: str, words: str) -> None:
    bill = tmp_path / "bill.json"
    bill.write_text(content)
    ran = worlds.cli("reconcile", bill, "-w", rated, "--biller", "sbc")
    assert (ran.code, words in ran.err) == (3, True), ran


def test_a_map_says_what_columns_and_classes_are_called(rated: Path, tmp_path: Path) -> None:
    (tmp_path / "sbc.toml").write_text(
        'delimiter = ";"\ndate = "%m/%d/%Y"\ntotal = "invoice total"\n[columns]\nclass = "Usage Type"\n'
        'minutes = ["MOU", "Minutes of Use"]\namount = "Charge"\nfrom = "From"\nthrough = "Thru"\n'
        '[classes]\n"LOC" = "local"\n'
    )
    bill = write(
        tmp_path / "bill.csv",
        "LOC;07/01/2004;07/31/2004;150,000.0;$75.00",
        "Invoice Total;;;;$75.00",
        headings="Usage Type;From;Thru;Minutes of Use;Charge",
    )
    words = ("reconcile", bill, "-w", rated, "--biller", "sbc", "--map", tmp_path / "sbc.toml", "--json")
    found = worlds.ok(*words, "--as-known-at", "2004-12-01").document
    [row] = [row for row in found["lines"] if row["payer"] == "kmc"]
    assert (row["class"], row["what"], row["there"]) == ("local", "same", "75.00")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("colums = 1", "colums: found 'colums', expected 'columns' perhaps"),
        ("[columns]\nclas = 'x'", "columns.clas: found 'clas', expected 'class' perhaps"),
        ("[classes]\nLOC = 'lcoal'", "classes.LOC: found 'lcoal', expected 'local' perhaps"),
        ("[columns]\nclass = 7", "columns.class: found 7, expected a heading in quotes"),
        ("delimiter = 'ab'", "delimiter: found 'ab', expected one character"),
        ("[", "is no TOML"),
    ],
)
def test_a_map_that_is_none(rated: Path, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "map.toml").write_text(content)
    bill = write(tmp_path / "bill.csv", JULY)
    ran = worlds.cli("reconcile", bill, "-w", rated, "--biller", "sbc", "--map", tmp_path / "map.toml")
    assert (ran.code, words in ran.err) == (3, True), ran


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--biller", "tds"), "--agreement"),
        (("--agreement", "sbc-kmc-il"), "--agreement: found 'sbc-kmc-il', expected 'sbc-kmc-wi' perhaps"),
        (("--from", "2004-7"), "--from: found '2004-7', expected a day"),
        (("--from", "2004-08-01", "--through", "2004-07-31"), "--through: found 2004-07-31, expected a day from"),
    ],
)
def test_a_command_line_that_asks_for_what_is_not_there(
    rated: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    ran = worlds.cli("reconcile", write(tmp_path / "bill.csv", JULY), "-w", rated, *words)
    assert (ran.code, said in ran.err) == (2, True), ran


def test_a_bill_without_days_asks_for_its_period(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", "local,1.0,1.00", headings="class,minutes,amount")
    ran = worlds.cli("reconcile", bill, "-w", rated, "--biller", "sbc")
    assert ran.code == 2
    assert "--from and --through" in ran.err
