"""Slow, obvious, exact twins of the whole judgement, written from the contracts and for reading."""

from tests.naive.decide import Decision, Rater, classify, epoch_ms
from tests.naive.decode import RefusedError, decode, filtered
from tests.naive.eligibility import Eligibility
from tests.naive.isp import cap_use, isp_time, payable, pieces_of
from tests.naive.midnights import local_day, midnight_ms, split_at_midnights
from tests.naive.places import SuspendedError
from tests.naive.rounding import up
from tests.naive.settle import statement, statements
from tests.naive.shares import apportion, cap_limit, cents, charge, presume
from tests.naive.terms import Terms
from tests.naive.world import FOREVER, World

__all__ = [
    "FOREVER",
    "Decision",
    "Eligibility",
    "Rater",
    "RefusedError",
    "SuspendedError",
    "Terms",
    "World",
    "apportion",
    "cap_limit",
    "cap_use",
    "cents",
    "charge",
    "classify",
    "decode",
    "epoch_ms",
    "filtered",
    "isp_time",
    "local_day",
    "midnight_ms",
    "payable",
    "pieces_of",
    "presume",
    "split_at_midnights",
    "statement",
    "statements",
    "up",
]
