"""Codes for names: one each, for good, and as many as a cell's key has room for."""

from unittest.mock import patch

import pytest

from rating.names import KINDS, Names, NameSpaceFullError


def test_the_empty_name_is_code_0_and_the_rest_follow() -> None:
    names = Names()
    assert [names.code("party", name) for name in ("", "sbc", "kmc", "sbc")] == [0, 1, 2, 1]
    assert [names.find("party", name) for name in ("", "kmc", "third")] == [0, 2, -1]
    assert (names.name("party", 2), names.all("party"), names.count("party")) == ("kmc", ["", "sbc", "kmc"], 3)
    assert [names.count(kind) for kind in KINDS if kind != "party"] == [1] * (len(KINDS) - 1)


def test_what_is_kept_comes_back_and_what_is_new_is_named() -> None:
    names = Names([("party", 2, "kmc"), ("ocn", 1, "2588"), ("party", 1, "sbc")])
    assert names.all("party") == ["", "sbc", "kmc"]
    assert names.find("ocn", "2588") == 1
    assert names.unsaved() == []
    assert names.code("party", "third") == 3
    names.code("state", "WI")
    assert names.unsaved() == [("party", 3, "third"), ("state", 1, "WI")]
    names.mark_saved()
    assert names.unsaved() == []
    names.code("state", "IL")
    assert names.unsaved() == [("state", 2, "IL")]


def test_a_code_out_of_turn_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^name 'kmc' of kind party has code 2, expected 1$"):
        Names([("party", 2, "kmc")])


def test_no_more_names_than_a_key_tells_apart() -> None:
    with patch.dict("rating.names.LIMITS", {"party": 3}):
        names = Names()
        assert [names.code("party", name) for name in ("sbc", "kmc")] == [1, 2]
        with pytest.raises(NameSpaceFullError, match=r"^more than 2 names of kind party; the next is 'third'$"):
            names.code("party", "third")
        assert names.code("party", "kmc") == 2
