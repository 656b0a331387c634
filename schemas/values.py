"""Read one value of a call record and write it to its columns: what the scanner's kernel is made of.

Each function is part of the kernel in `schemas.scanner` and is never called by itself. `text` is a
pointer (see `schemas.words`); columns are rows of flat blocks, row `r` of record `i` being element
``r * count + i``. A string is read only if it is plain (printable ASCII, no escapes), a number only
if it has no exponent; whatever else there is, is left to the slow path.
"""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from schemas.words import WIDTH, digit_mask, digit_run, ordinary_run, word

if TYPE_CHECKING:
    from collections.abc import Callable

Bytes = NDArray[np.uint8]
Rows = NDArray[Any]

as_int64 = cast("Callable[[Any], int]", np.int64)
"""A byte widened: arithmetic on bytes themselves would overflow in plain Python."""

# Fields, in the order in which they are checked; UNKNOWN is any other key.
RECORD_ID, SOURCE, CONNECT_TIME, DURATION_MS, CALLED, CALLING, LRN, JIP = range(8)
TRUNK_GROUP, CIC, ROUTING_POINT, ISP, VOIP, ORIG_OCN, TERM_OCN, UNKNOWN = range(8, 16)

# Rows of the three blocks of columns.
RECORD_ID_AT, SOURCE_AT, TRUNK_GROUP_AT, ROUTING_POINT_AT, CALLED_AT = 0, 2, 4, 6, 8  # and each length one below
CONNECT_MS_ROW, DURATION_MS_ROW, CALLED_ROW, CALLING_ROW, LRN_ROW, ORIG_OCN_ROW, TERM_OCN_ROW = range(10, 17)
WIDE_ROWS = 17
JIP_ROW, CIC_ROW = range(2)
NARROW_ROWS = 2
VERDICT_ROW, CALLING_DIGITS_ROW, ISP_ROW, VOIP_ROW, EXTRA_ROW, SLOW_ROW = range(6)
SMALL_ROWS = 6

SHORT_CODE, INTERNATIONAL, OPERATOR, DIRECTORY_ASSISTANCE = range(24, 28)

# How a field's value was found.
VALID, NULL, BAD = range(3)

FIRST_MS, END_MS = 441_763_200_000, 4_102_444_800_000  # 1984-01-01, 2100-01-01

# LAST_BYTES[n] keeps the n last bytes of a word.
LAST_BYTES = (0, *(-(1 << 8 * (8 - n)) for n in range(1, 9)))
NULL_WORD, TRUE_WORD, FALS_WORD = (int.from_bytes(name, "little") for name in (b"null", b"true", b"fals"))
FOUR_BYTES = 0xFFFF_FFFF
DATE_DIGITS = sum(1 << place for place in (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18))
BEFORE_MONTH = (0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
MONTH_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DAYS_TO_1970 = 719_528  # from the first day of year 0


@njit(forceinline=True)
def _eight_digits(digits: int) -> int:
    """Return the value of eight bytes that are digits or zero bytes, the first one highest."""
    # Neighbours are joined two by two; no product leaves 63 bits.
    pairs = ((digits & 0x0F0F0F0F0F0F0F0F) * 10 + (digits >> 8 & 0x000F0F0F0F0F0F0F)) & 0x00FF00FF00FF00FF
    fours = (pairs * 100 + (pairs >> 16)) & 0x0000FFFF0000FFFF
    return (fours * 10_000 + (fours >> 32)) & FOUR_BYTES


@njit(forceinline=True)
def _number(text: Bytes, at: int, count: int) -> int:
    """Return the value of 1 to 18 digits; the eight bytes before their end must exist."""
    stop = at + count
    value = _eight_digits(word(text, stop - 8) & LAST_BYTES[min(count, 8)])
    if count > 8:
        value += 100_000_000 * _eight_digits(word(text, stop - 16) & LAST_BYTES[min(count - 8, 8)])
    if count > 16:
        value += 10_000_000_000_000_000 * _eight_digits(word(text, stop - 24) & LAST_BYTES[count - 16])
    return value


@njit(forceinline=True)
def _two_digits(text: Bytes, at: int) -> int:
    return as_int64(text[at]) * 10 + as_int64(text[at + 1]) - 528


@njit(forceinline=True)
def _is_space(byte: int) -> bool:
    return byte in (32, 9, 13, 10)


@njit(forceinline=True)
def past_space(text: Bytes, at: int, end: int) -> int:
    """Return where the white space from `at` on ends, `end` at most."""
    while at < end and _is_space(text[at]):
        at += 1
    return at


@njit(forceinline=True)
def string_length(text: Bytes, at: int, end: int) -> int:
    """Return the length of the plain string whose first byte is at `at`, or -1 if it is not plain or not closed."""
    stop = at
    run = ordinary_run(text, stop)
    while run == WIDTH and stop < end:
        stop += WIDTH
        run = ordinary_run(text, stop) if stop < end else 0
    stop += run
    if stop >= end or text[stop] != 34:
        return -1
    return stop - at


@njit(forceinline=True)
def past_other(text: Bytes, at: int) -> int:
    """Return where a null, true, false or plain number ends, or -1: anything else is left to the slow path."""
    first = word(text, at) & FOUR_BYTES
    if first in (NULL_WORD, TRUE_WORD):
        return at + 4
    if first == FALS_WORD and text[at + 4] == 101:
        return at + 5
    if text[at] == 45:
        at += 1
    run = digit_run(text, at)
    if run in (0, WIDTH) or (run > 1 and text[at] == 48):
        return -1
    at += run
    if text[at] == 46:
        run = digit_run(text, at + 1)
        if run in (0, WIDTH):
            return -1
        at += 1 + run
    return at


@njit(forceinline=True)
def _whole(text: Bytes, at: int) -> tuple[int, int]:
    """Return (where it ends, its value) of a whole number of up to 18 digits, or (-1, 0)."""
    first = at + 1 if text[at] == 45 else at
    run = digit_run(text, first)
    if run == 0 or run > 18 or (run > 1 and text[first] == 48):
        return -1, as_int64(0)
    value = as_int64(_number(text, first, run))
    return first + run, value if first == at else -value


@njit()
def _rfc_3339(text: Bytes, at: int, length: int) -> int:
    """Return epoch milliseconds, -1 if the string is no moment, -2 if the slow path should say."""
    if (
        length < 20
        or digit_mask(text, at) & DATE_DIGITS != DATE_DIGITS
        or text[at + 4] != 45
        or text[at + 7] != 45
        or text[at + 10] not in (84, 116)
        or text[at + 13] != 58
        or text[at + 16] != 58
    ):
        return -1
    year = _two_digits(text, at) * 100 + _two_digits(text, at + 2)
    month, day = _two_digits(text, at + 5), _two_digits(text, at + 8)
    hour, minute, second = _two_digits(text, at + 11), _two_digits(text, at + 14), _two_digits(text, at + 17)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return -1
    if not (1 <= day <= MONTH_DAYS[month] or (leap and month == 2 and day == 29)):
        return -1
    stop, ms = at + 19, as_int64(0)
    if text[stop] == 46:
        run = digit_run(text, stop + 1)
        if run == 0:
            return -1
        if run == WIDTH:
            return -2
        ms = _number(text, stop + 1, min(run, 3))
        ms *= 100 if run == 1 else 10 if run == 2 else 1
        stop += 1 + run
    left, offset = at + length - stop, as_int64(0)
    if left == 6 and text[stop] in (43, 45) and text[stop + 3] == 58 and digit_mask(text, stop) & 0b110110 == 0b110110:
        hours, minutes = _two_digits(text, stop + 1), _two_digits(text, stop + 4)
        if hours > 23 or minutes > 59:
            return -1
        offset = (hours * 60 + minutes) * (1 if text[stop] == 43 else -1)
    elif left != 1 or text[stop] not in (90, 122):
        return -1
    past = (year + 3) // 4 - (year + 99) // 100 + (year + 399) // 400  # leap days before this year
    days = 365 * year + past + BEFORE_MONTH[month] + (1 if leap and month > 2 else 0) + day - 1 - DAYS_TO_1970
    return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + ms


@njit(forceinline=True)
def _called(text: Bytes, at: int, length: int, i: int, count: int, wide: Rows, small: Rows) -> bool:
    """Write the dialed number and what filters it; return whether it is one at all."""
    if not 1 <= length <= 32 or digit_run(text, at) < length:
        return False
    number = as_int64(-1)
    verdict = 0
    if length == 10 and text[at] != 48:
        number = as_int64(_number(text, at, length))
        if number % 10_000_000 == 5_551_212:
            number, verdict = as_int64(-1), DIRECTORY_ASSISTANCE
    elif length == 3 and 50 <= text[at] <= 57 and text[at + 1] == 49 and text[at + 2] == 49:
        verdict = SHORT_CODE
    elif text[at] != 48:
        return False
    else:
        verdict = INTERNATIONAL if length >= 3 and text[at + 1] == 49 and text[at + 2] == 49 else OPERATOR
    wide[CALLED_ROW * count + i] = number
    wide[(CALLED_AT + 1) * count + i] = length
    small[VERDICT_ROW * count + i] = verdict
    return True


@njit(forceinline=True)
def text_value(
    field: int,
    text: Bytes,
    at: int,
    length: int,
    shift: int,
    i: int,
    count: int,
    wide: Rows,
    narrow: Rows,
    small: Rows,
) -> int:
    """Write a field whose value is a plain string; return VALID, BAD, or -1 for the slow path."""
    if field == CALLED:
        wide[CALLED_AT * count + i] = at + shift
        return VALID if _called(text, at, length, i, count, wide, small) else BAD
    if field in (RECORD_ID, SOURCE, TRUNK_GROUP, ROUTING_POINT):
        if field != ROUTING_POINT and not 1 <= length <= 64:
            return BAD
        row = (
            RECORD_ID_AT if field == RECORD_ID
            else SOURCE_AT if field == SOURCE
            else TRUNK_GROUP_AT if field == TRUNK_GROUP
            else ROUTING_POINT_AT
        )  # fmt: skip
        wide[row * count + i] = at + shift
        wide[(row + 1) * count + i] = length
        return VALID
    if field == CONNECT_TIME:
        ms = _rfc_3339(text, at, length)
        if ms == -2:
            return -1
        if not FIRST_MS <= ms < END_MS:
            return BAD
        wide[CONNECT_MS_ROW * count + i] = ms
        return VALID
    if field in (ORIG_OCN, TERM_OCN):
        if length != 4:
            return BAD
        high, low = as_int64(text[at]) * 256 + as_int64(text[at + 1]), as_int64(text[at + 2]) * 256
        wide[(ORIG_OCN_ROW if field == ORIG_OCN else TERM_OCN_ROW) * count + i] = (
            high * 65_536 + low + as_int64(text[at + 3])
        )
        return VALID
    if field in (DURATION_MS, ISP, VOIP) or digit_run(text, at) < length:
        return BAD
    if field == CALLING and length in (6, 10):
        wide[CALLING_ROW * count + i] = _number(text, at, length)
        small[CALLING_DIGITS_ROW * count + i] = length
    elif field == LRN and length == 10:
        wide[LRN_ROW * count + i] = _number(text, at, length)
    elif field == JIP and length == 6:
        narrow[JIP_ROW * count + i] = _number(text, at, length)
    elif field == CIC and length == 4:
        narrow[CIC_ROW * count + i] = _number(text, at, length)
    else:
        return BAD
    return VALID


@njit(forceinline=True)
def other_value(
    field: int, text: Bytes, at: int, max_duration: int, i: int, count: int, wide: Rows, small: Rows
) -> tuple[int, int]:
    """Write a field whose value is no string; return (where it ends or -1, VALID, NULL or BAD)."""
    first = word(text, at) & FOUR_BYTES
    if first == NULL_WORD:
        return at + 4, NULL
    if field in (DURATION_MS, CONNECT_TIME):
        after, value = _whole(text, at)
        if after >= 0 and text[after] != 46:
            if field == DURATION_MS:
                if not 0 <= value <= max_duration:
                    return after, BAD
                wide[DURATION_MS_ROW * count + i] = value
            else:
                if not FIRST_MS <= value < END_MS:
                    return after, BAD
                wide[CONNECT_MS_ROW * count + i] = value
            return after, VALID
    after = past_other(text, at)
    if field in (ISP, VOIP) and first in (TRUE_WORD, FALS_WORD):
        small[(ISP_ROW if field == ISP else VOIP_ROW) * count + i] = 1 if first == TRUE_WORD else 0
        return after, VALID
    return after, BAD
