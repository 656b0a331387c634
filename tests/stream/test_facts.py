"""What is held of usage while many months are valued."""

from rating.names import Names
from stream.facts import Recent
from tests.rating.facts import WISCONSIN, facts, usage


def test_the_tables_read_last_are_held_up_to_so_many_rows() -> None:
    read: list[str] = []

    def table(name: str, rows: int) -> list[int]:
        read.append(name)
        return [0] * rows

    recent: Recent[list[int]] = Recent(10)
    for name, rows in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("b", 4), ("large", 99), ("large", 99)):
        assert len(recent.get(("", name), lambda name=name, rows=rows: table(name, rows))) == rows  # type: ignore[misc]
    assert read == ["a", "b", "c", "b", "large"]


def test_what_is_forgotten_is_derived_again_alike() -> None:
    names = Names()
    known = facts(names, [usage(names, "2004-07-06", 60_000)])
    before = known.timeline(WISCONSIN.agreement)
    known.memo["month_rows"] = {(WISCONSIN.agreement, "2004-07"): [], ("another", "2004-07"): []}
    known.memo["deot", WISCONSIN.agreement] = {}
    known.forget(WISCONSIN.agreement)
    assert list(known.memo["month_rows"]) == [("another", "2004-07")]
    assert ("deot", WISCONSIN.agreement) not in known.memo
    assert known.timeline(WISCONSIN.agreement) is not before
    assert known.timeline(WISCONSIN.agreement).intervals == before.intervals
