"""Has this record been seen? Keyed fingerprints, digests of the decoded fields, and a table of both.

Identity is (source, record_id, UTC day of connect_time); DOMAIN section 2. An entry is 128 bits: a
64-bit keyed fingerprint of the identity, and 62 bits of digest of the decoded fields with 2 bits
of state. Sip hash with one round a word and three to finish: its key keeps a sender from making
records that collide. These kernels wrap around on purpose and run compiled only.
"""

import numpy as np
from numba import njit

__all__ = [
    "CONFLICT",
    "DUPLICATE",
    "NEW",
    "digests",
    "fingerprints",
    "info_of",
    "mark",
    "offer",
    "rehash",
    "remove",
    "state_of",
]

NEW, DUPLICATE, CONFLICT = 0, 1, 2

_U = np.uint64
_C0, _C1, _C2, _C3 = _U(0x736F6D6570736575), _U(0x646F72616E646F6D), _U(0x6C7967656E657261), _U(0x7465646279746573)
_13, _16, _17, _21, _32, _FF = _U(13), _U(16), _U(17), _U(21), _U(32), _U(0xFF)
_51, _48, _47, _43 = _U(51), _U(48), _U(47), _U(43)
_ZERO, _ONE, _TWO, _8 = _U(0), _U(1), _U(2), _U(8)


@njit(cache=True, nogil=True, inline="always")
def _round(v0, v1, v2, v3):
    v0 += v1
    v1 = ((v1 << _13) | (v1 >> _51)) ^ v0
    v0 = (v0 << _32) | (v0 >> _32)
    v2 += v3
    v3 = ((v3 << _16) | (v3 >> _48)) ^ v2
    v0 += v3
    v3 = ((v3 << _21) | (v3 >> _43)) ^ v0
    v2 += v1
    v1 = ((v1 << _17) | (v1 >> _47)) ^ v2
    v2 = (v2 << _32) | (v2 >> _32)
    return v0, v1, v2, v3


@njit(cache=True, nogil=True, inline="always")
def _word(v0, v1, v2, v3, word):
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ word, v1, v2, v3


@njit(cache=True, nogil=True)
def _bytes(v0, v1, v2, v3, text, at, length):
    """Absorb a span: its words, then its length, so that spans cannot run into each other."""
    whole = length - length % 8
    for start in range(at, at + whole, 8):
        word = _ZERO
        for k in range(8):
            word = (word << _8) | _U(text[start + k])
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, word)
    word = _ZERO
    for k in range(at + whole, at + length):
        word = (word << _8) | _U(text[k])
    v0, v1, v2, v3 = _word(v0, v1, v2, v3, word)
    return _word(v0, v1, v2, v3, _U(length))


@njit(cache=True, nogil=True)
def _finish(v0, v1, v2, v3):
    v2 ^= _FF
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@njit(cache=True, nogil=True)
def fingerprints(key0, key1, text, rows, source_at, source_len, id_at, id_len, utc_day, out):
    """Write the fingerprint of each of `rows` at its own place in `out` (n,); never 0, which marks an empty slot."""
    for i in rows:
        v0, v1, v2, v3 = key0 ^ _C0, key1 ^ _C1, key0 ^ _C2, key1 ^ _C3
        v0, v1, v2, v3 = _bytes(v0, v1, v2, v3, text, source_at[i], source_len[i])
        v0, v1, v2, v3 = _bytes(v0, v1, v2, v3, text, id_at[i], id_len[i])
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(utc_day[i]))
        value = _finish(v0, v1, v2, v3)
        out[i] = value if value != _ZERO else _ONE


@njit(cache=True, nogil=True)
def digests(
    key0,
    key1,
    text,
    rows,
    connect_ms,
    duration_ms,
    called,
    calling,
    lrn,
    jip,
    cic,
    calling_digits,
    isp,
    voip,
    orig_ocn,
    term_ocn,
    trunk_at,
    trunk_len,
    place_at,
    place_len,
    out,
):
    """Write the digest of each of `rows` (62 bits, the two low bits clear) at its own place in `out` (n,).

    Every decoded field goes in, absent ones as what stands for absent; of the routing point an
    absent one (length below 0) is other than an empty one.
    """
    for i in rows:
        v0, v1, v2, v3 = key1 ^ _C0, key0 ^ _C1, key1 ^ _C2, key0 ^ _C3
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(connect_ms[i]))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(duration_ms[i]))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(called[i]))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(calling[i]))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(lrn[i]))
        # jip has 20 bits, cic 14: with the small fields they share a word; 1 is added to what may be -1.
        small = ((np.int64(jip[i]) + 1) << 24) | ((np.int64(cic[i]) + 1) << 9)
        small |= (np.int64(calling_digits[i]) << 4) | ((np.int64(isp[i]) + 1) << 2) | np.int64(voip[i])
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(small))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(orig_ocn[i]))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(term_ocn[i]))
        v0, v1, v2, v3 = _bytes(v0, v1, v2, v3, text, trunk_at[i], max(trunk_len[i], 0))
        v0, v1, v2, v3 = _bytes(v0, v1, v2, v3, text, place_at[i], max(place_len[i], 0))
        v0, v1, v2, v3 = _word(v0, v1, v2, v3, _U(1 if place_len[i] >= 0 else 0))
        out[i] = _finish(v0, v1, v2, v3) & ~_U(3)


@njit(cache=True, nogil=True, inline="always")
def _start(fingerprint, slots):
    return np.int64(((fingerprint >> _32) * _U(slots)) >> _32)


@njit(cache=True, nogil=True)
def offer(table, info, rows, fingerprint, digest, verdict):
    """Look each of `rows` up in arrival order and enter what is new; return how many were.

    table, info : (slots,) uint64
        Fingerprints (0 an empty slot) and digest | state. The caller has made room: at most 80% full
        afterwards.
    verdict : (n,) int8, out
        NEW, DUPLICATE or CONFLICT.
    """
    slots = table.size
    entered = 0
    for i in rows:
        at = _start(fingerprint[i], slots)
        while table[at] != _ZERO and table[at] != fingerprint[i]:
            at += 1
            if at == slots:
                at = 0
        if table[at] == _ZERO:
            table[at] = fingerprint[i]
            info[at] = digest[i]
            verdict[i] = NEW
            entered += 1
        else:
            verdict[i] = DUPLICATE if (info[at] & ~_U(3)) == digest[i] else CONFLICT
    return entered


@njit(cache=True, nogil=True)
def _find(table, fingerprint):
    slots = table.size
    at = _start(fingerprint, slots)
    while table[at] != fingerprint:
        if table[at] == _ZERO:
            return -1
        at += 1
        if at == slots:
            at = 0
    return at


@njit(cache=True, nogil=True)
def mark(table, info, fingerprint, state):
    """Set the state (0 to 3) of entries that are there; return how many were not found."""
    missing = 0
    for i in range(fingerprint.size):
        at = _find(table, fingerprint[i])
        if at < 0:
            missing += 1
        else:
            info[at] = (info[at] & ~_U(3)) | _U(state[i])
    return missing


@njit(cache=True, nogil=True)
def state_of(table, info, fingerprint, out):
    """Write each entry's state, or -1 where there is none."""
    for i in range(fingerprint.size):
        at = _find(table, fingerprint[i])
        out[i] = -1 if at < 0 else np.int64(info[at] & _U(3))


@njit(cache=True, nogil=True)
def info_of(table, info, fingerprint, out):
    """Write each entry's digest and state, 0 where there is none."""
    for i in range(fingerprint.size):
        at = _find(table, fingerprint[i])
        out[i] = _ZERO if at < 0 else info[at]


@njit(cache=True, nogil=True)
def remove(table, info, fingerprint):
    """Take entries out again (a batch that is not committed), closing the gaps they leave."""
    slots = table.size
    for i in range(fingerprint.size):
        hole = _find(table, fingerprint[i])
        if hole < 0:
            continue
        at = hole
        while True:
            at += 1
            if at == slots:
                at = 0
            if table[at] == _ZERO:
                break
            home = _start(table[at], slots)
            # An entry may move back to the hole unless its home lies between the hole and itself.
            between = (hole < home <= at) if hole <= at else (home > hole or home <= at)
            if not between:
                table[hole], info[hole] = table[at], info[at]
                hole = at
        table[hole] = _ZERO
        info[hole] = _ZERO


@njit(cache=True, nogil=True)
def rehash(old_table, old_info, table, info):
    """Enter all entries of one table into another, larger one; of a fingerprint given twice the last stands."""
    slots = table.size
    entered = 0
    for i in range(old_table.size):
        if old_table[i] == _ZERO:
            continue
        at = _start(old_table[i], slots)
        while table[at] != _ZERO and table[at] != old_table[i]:
            at += 1
            if at == slots:
                at = 0
        if table[at] == _ZERO:
            entered += 1
        table[at], info[at] = old_table[i], old_info[i]
    return entered
