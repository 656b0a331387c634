"""Dated look-ups in a `Plan`: one small step each, inlined into the kernels that place a call.

Kernels that take a plan, or call one another with arrays, are compiled without reference counting
(``_nrt=False``; they allocate nothing): the counts on the plan's fifty arrays at every call cost
1,000 ns a call where the work itself is 90.
"""

from numba import njit

__all__ = ["block_row", "block_row_on", "day_of", "ocn_code", "party_of", "relation", "trunk_row"]

RATE_CENTERS = 1 << 24


@njit(cache=True, nogil=True, _nrt=False)
def day_of(midnights, zone, at_ms):
    """Return the local day that holds the instant: the position of its midnight.

    A day is 24 h but for clock changes: guess, then step (4 ns a call, binary search 64 ns).
    """
    row = midnights[zone]
    d = min((at_ms - row[0]) // 86_400_000, row.size - 2)
    while row[d] > at_ms:
        d -= 1
    while row[d + 1] <= at_ms:
        d += 1
    return d


@njit(cache=True, nogil=True, _nrt=False)
def _row_at(plan, group, at_ms):
    first = plan.group_first[group]
    for row in range(first, first + plan.group_count[group]):
        day = day_of(plan.midnights, plan.state_zone[plan.row_state[row]], at_ms)
        if plan.row_from[row] <= day <= plan.row_through[row]:
            return row
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def _row_on(plan, group, day):
    first = plan.group_first[group]
    for row in range(first, first + plan.group_count[group]):
        if plan.row_from[row] <= day <= plan.row_through[row]:
            return row
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def _fine_group(plan, group, thousand):
    """Return the group of a thousands-block, or -1; `thousand` is -1 where only six digits are known."""
    if thousand < 0 or plan.group_thousands[group] < 0:
        return -1
    return plan.thousands[plan.group_thousands[group] + thousand]


@njit(cache=True, nogil=True, _nrt=False)
def block_row(plan, prefix, thousand, at_ms):
    """Return the number-block row in force for an NPA-NXX that gives a call its state, or -1.

    `thousand` is the seventh digit, or -1 where only six are known; the longest match in force
    wins. A row is dated by the local day of its own state (DOMAIN section 2, State and agreement).
    """
    group = plan.block[prefix]
    if group < 0:
        return -1
    fine = _fine_group(plan, group, thousand)
    row = _row_at(plan, fine, at_ms) if fine >= 0 else -1
    return row if row >= 0 else _row_at(plan, group, at_ms)


@njit(cache=True, nogil=True, _nrt=False)
def block_row_on(plan, prefix, thousand, day):
    """Return the number-block row in force on a day for any other NPA-NXX of a call, or -1.

    The day is the local day of connect in the call's state, wherever the block itself is.
    """
    group = plan.block[prefix]
    if group < 0:
        return -1
    fine = _fine_group(plan, group, thousand)
    row = _row_on(plan, fine, day) if fine >= 0 else -1
    return row if row >= 0 else _row_on(plan, group, day)


@njit(cache=True, nogil=True, _nrt=False)
def ocn_code(plan, packed):
    """Return the code of a packed OCN, or -1: a binary search, made only where a record names an OCN."""
    low, high = 0, plan.ocn_packed.size
    while low < high:
        middle = (low + high) // 2
        if plan.ocn_packed[middle] < packed:
            low = middle + 1
        else:
            high = middle
    if low < plan.ocn_packed.size and plan.ocn_packed[low] == packed:
        return plan.ocn_packed_code[low]
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def party_of(plan, ocn, day):
    """Return whose OCN it is on a day, or -1."""
    if ocn < 0:
        return -1
    first = plan.ocn_first[ocn]
    for row in range(first, first + plan.ocn_count[ocn]):
        if plan.ocn_from[row] <= day <= plan.ocn_through[row]:
            return plan.ocn_party[row]
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def trunk_row(plan, trunk, day):
    """Return the trunk group's row in force on a day, or -1."""
    if trunk < 0 or trunk >= plan.trunk_first.size:
        return -1
    first = plan.trunk_first[trunk]
    for row in range(first, first + plan.trunk_count[trunk]):
        if plan.trunk_from[row] <= day <= plan.trunk_through[row]:
            return row
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def relation(plan, a, b, day):
    """Return the kinds of relation (bits) in which two different rate centers stand on a day."""
    slots = plan.relation_slot.size
    key = a * RATE_CENTERS + b
    at = (((key ^ (key >> 24)) & 0xFF_FFFF) * 40_503 >> 4) & (slots - 1)
    while plan.relation_slot[at] >= 0:
        if plan.relation_slot[at] == key:
            kinds = 0
            first = plan.relation_first[at]
            for row in range(first, first + plan.relation_count[at]):
                if plan.relation_from[row] <= day <= plan.relation_through[row]:
                    kinds |= plan.relation_kind[row]
            return kinds
        at = (at + 1) & (slots - 1)
    return 0
