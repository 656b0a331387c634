"""The live price of a segment, at the margin: provisional, for the rated record only.

A statement never reads these prices; it is computed from cells.
"""

from numba import njit

__all__ = ["price"]

COMPENSABLE, BILL_AND_KEEP, EXCLUDED, TERMS_MISSING, NONE = 1, 2, 3, 5, 0
TRANSIT, ORIGINATING_8YY = 2, 3
R_ISP, R_OVER_CAP, R_NEW_MARKET, R_ON_NET = 1, 8, 9, 16


@njit(cache=True, nogil=True, _nrt=False)
def _interval(book, agreement, day):
    first = book.interval_first[agreement]
    for i in range(first, first + book.interval_count[agreement]):
        if book.interval_from[i] <= day <= book.interval_through[i]:
            return i
    return -1


@njit(cache=True, nogil=True, _nrt=False)
def price(
    book, placed, duration_ms, route, group, call, day, carried, used_ms, base_ms, other_isp, limit, out_code, out_money
):
    """Price segments in order of arrival, moving the positions of their months as it goes.

    Parameters
    ----------
    book : Book
        Terms as arrays (`stream.live`).
    placed : (16, n) int32
        The out-array of `classify`.
    duration_ms : (n,) int64
        Conversation time of the whole call: what it goes up by belongs to its last segment.
    route, group : (m,) int64
        By segment: how the call came (0, 1 direct, 2 tandem); its (agreement, month), a row of `base_ms`.
    call, day, carried, used_ms : (m,) int64
    base_ms : (g, 2) int64, in and out
        What each party (the agreement's first, its second) has terminated of the base classes in the month.
    other_isp, limit : (g, 2) int64
        ISP-bound time of the year's other months, and the year's limit (-1 none), by payee.
    out_code : (5, m) int64, out
        Settlement, reason, tariff (-1 none), interval (-1 none), payee's side of the pair (-1 none).
    out_money : (5, m) int64, out
        Rate in 1e-9 dollar a minute, charge in 1/60,000 of that, T, O, and time left under the cap (-1 none).
    """
    for r in range(call.size):
        i = call[r]
        agreement = placed[3, i]
        kind = placed[2, i]
        for k in range(5):
            out_code[k, r] = 0
            out_money[k, r] = 0
        out_code[2, r] = out_code[3, r] = out_code[4, r] = -1
        out_money[4, r] = -1
        if agreement == 0:
            out_code[0, r], out_code[1, r] = NONE, R_ON_NET
            continue
        at = _interval(book, agreement, day[r])
        out_code[3, r] = at
        tariff = -1
        settled, reason = TERMS_MISSING, book.class_reason[kind]
        if book.class_excluded[kind]:
            out_code[0, r], out_code[1, r] = EXCLUDED, reason
            continue
        if at >= 0:
            payee = placed[5, i]
            if kind == TRANSIT:
                payee = book.agreement_carrier[agreement]
            elif kind == ORIGINATING_8YY:
                payee = placed[4, i]
            side = 0 if payee == book.agreement_a[agreement] else 1
            tariff = book.interval_own[at, side, kind]
            if (book.interval_base[at] >> kind) & 1:
                g = group[r]
                base_ms[g, side] += used_ms[r]
                t, o = base_ms[g, side], base_ms[g, 1 - side]
                out_code[4, r] = side
                out_money[2, r], out_money[3, r] = t, o
                threshold = o * book.interval_ratio[at, 0] // book.interval_ratio[at, 1]
                over = t - max(threshold, book.interval_floor[at])
                capped = book.interval_cap[at] and limit[g, side] >= 0
                if capped:
                    out_money[4, r] = max(0, limit[g, side] - other_isp[g, side] - max(0, over))
                if over > 0:
                    tariff = book.interval_isp[at, side]
                    reason = R_ISP
                    if book.interval_market[at] and book.new_market[agreement, placed[9, i]]:
                        out_code[0, r], out_code[1, r] = BILL_AND_KEEP, R_NEW_MARKET
                        continue
                    if capped and other_isp[g, side] + over > limit[g, side]:
                        out_code[0, r], out_code[1, r] = BILL_AND_KEEP, R_OVER_CAP
                        continue
        if tariff >= 0:
            settled = COMPENSABLE
            reason = book.tariff_reason[tariff]
            if reason == 0:
                reason = book.class_reason[kind]
            across = placed[10, i]
            rate = book.tariff_per_minute[tariff, route[r], across]
            out_code[2, r] = tariff
            out_money[0, r] = rate
            billed_ms = used_ms[r]
            if book.interval_unit[at] > 0 and (r + 1 == call.size or call[r + 1] != i):
                billed_ms += -duration_ms[i] % book.interval_unit[at]
            out_money[1, r] = billed_ms * rate
            if carried[r] == 0 and used_ms[r] > 0:
                out_money[1, r] += book.tariff_per_call[tariff, route[r], across] * 60_000
        out_code[0, r], out_code[1, r] = settled, reason
