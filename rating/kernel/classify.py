"""Place a call: whose it is, under which agreement, in which class, or why it has to wait.

The order of the tests is that of DOMAIN section 2 ("Order of tests"), the order of the classes
that of section 3. Codes of reasons and classes stand in `rating.codes`; a test holds them equal.
"""

from numba import njit

from rating.kernel.lookup import block_row, block_row_on, day_of, ocn_code, party_of, relation, trunk_row

__all__ = ["ABSENT", "OUT_COLUMNS", "UNKNOWN_PLACE", "classify"]

ABSENT = -2
"""Routing point or trunk group: the record does not name one."""
UNKNOWN_PLACE = -1
"""Routing point or trunk group: named, but no reference table knows the name."""

OUT_COLUMNS = (
    "reason",
    "verification",
    "traffic_class",
    "agreement",
    "originator",
    "terminator",
    "orig_ocn",
    "term_ocn",
    "orig_rate_center",
    "lata",
    "jurisdiction",
    "zone",
    "state",
    "term_rate_center",
    "cell_agreement",
    "end_office",
)
"""The rows of the out-array, in order. `cell_agreement` is `agreement`, and for an on-net call on
a trunk group of an agreement that agreement: so the exception on_net_on_trunk can be counted. `end_office`
is the switch of the incumbent's block, 0 where none is known (`rating.kernel.hours`)."""

NONE, FUTURE, NO_CALLED, NO_CALLING, NO_OCN, NO_AGREEMENT, NO_TRUNK = 0, 41, 42, 43, 44, 45, 46
ON_NET, TRANSIT, TOLL_FREE, UNIDENTIFIED, INTERLATA, IXC, LOCAL, VIRTUAL, MANDATORY, OPTIONAL, INTRALATA = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)


@njit(cache=True, nogil=True, _nrt=False)
def _usable(npa_nxx):
    """Neither NPA nor NXX begins with 0 or 1 (DOMAIN section 2, Parties and place)."""
    return npa_nxx // 100_000 >= 2 and (npa_nxx // 100) % 10 >= 2


@njit(cache=True, nogil=True, _nrt=False)
def _caller_digits(calling, digits, jip):
    """Return (NPA-NXX, seventh digit or -1) of what places the caller: CPN, else JIP; (-1, -1) without either."""
    if digits > 0:
        prefix = calling if digits == 6 else calling // 10_000
        if _usable(prefix):
            return prefix, -1 if digits == 6 else (calling // 1000) % 10
    return (jip, -1) if jip >= 0 else (-1, -1)


@njit(cache=True, nogil=True, _nrt=False)
def _pair(plan, a, b, state):
    """Return the agreement of two parties in a state, or 0; walk the shorter of the two lists."""
    if plan.pair_count[a, state] > plan.pair_count[b, state]:
        a, b = b, a
    first = plan.pair_first[a, state]
    for row in range(first, first + plan.pair_count[a, state]):
        agreement = plan.pair_agreement[row]
        if plan.agreement_a[agreement] == b or plan.agreement_b[agreement] == b:
            return agreement
    return 0


@njit(cache=True, nogil=True, _nrt=False)
def _carried_for(plan, party, other, state):
    """Return the first agreement of a party in a state whose incumbent is neither of the two, or 0."""
    first = plan.pair_first[party, state]
    for row in range(first, first + plan.pair_count[party, state]):
        agreement = plan.pair_agreement[row]
        incumbent = plan.agreement_incumbent[agreement]
        if incumbent not in (party, other):
            return agreement
    return 0


@njit(cache=True, nogil=True, _nrt=False)
def _transit(plan, originator, terminator, state, trunk_agreement):
    """Return the agreement whose incumbent carried the call between two others, or 0."""
    if trunk_agreement > 0 and plan.agreement_state[trunk_agreement] == state:
        incumbent = plan.agreement_incumbent[trunk_agreement]
        a, b = plan.agreement_a[trunk_agreement], plan.agreement_b[trunk_agreement]
        other = b if a == incumbent else a
        if incumbent not in (originator, terminator) and other in (originator, terminator):
            return trunk_agreement
    agreement = _carried_for(plan, originator, terminator, state)
    return agreement if agreement > 0 else _carried_for(plan, terminator, originator, state)


@njit(cache=True, nogil=True, _nrt=False)
def _other_party(plan, terminator, state, trunk_agreement):
    """Return who originated a call without a caller's number, or -1.

    The other party of the trunk group's agreement, else of the terminator's only agreement in the state.
    """
    agreement = 0
    if trunk_agreement > 0 and terminator in (plan.agreement_a[trunk_agreement], plan.agreement_b[trunk_agreement]):
        agreement = trunk_agreement
    elif plan.pair_count[terminator, state] == 1:
        agreement = plan.pair_agreement[plan.pair_first[terminator, state]]
    if agreement == 0:
        return -1
    a, b = plan.agreement_a[agreement], plan.agreement_b[agreement]
    return b if a == terminator else a


@njit(cache=True, nogil=True, _nrt=False)
def _state_of_trunk(plan, trunk, at_ms):
    """Return the state of the agreement that a trunk group is of on the day in that state, or 0."""
    if trunk < 0 or trunk >= plan.trunk_first.size:
        return 0
    first = plan.trunk_first[trunk]
    for row in range(first, first + plan.trunk_count[trunk]):
        state = plan.agreement_state[plan.trunk_agreement[row]]
        day = day_of(plan.midnights, plan.state_zone[state], at_ms)
        if plan.trunk_from[row] <= day <= plan.trunk_through[row]:
            return state
    return 0


@njit(cache=True, nogil=True, _nrt=False)
def _place_class(plan, caller, called, caller_lata, called_lata, cic, routing, day):
    """Classes 5 to 11, for a caller and a called place that are both known."""
    same_lata = caller_lata == called_lata
    if cic >= 0:
        return IXC if same_lata else INTERLATA
    kinds = 1 if caller == called else relation(plan, caller, called, day)
    if kinds & 1:
        if routing == ABSENT or routing == caller:
            return LOCAL
        if routing >= 0 and relation(plan, caller, routing, day) & 1:
            return LOCAL
        return VIRTUAL
    if kinds & 2:
        return MANDATORY
    if kinds & 4:
        return OPTIONAL
    return INTRALATA if same_lata else INTERLATA


@njit(cache=True, nogil=True, _nrt=False)
def _end_office(plan, agreement, originator, terminator, network, jip_row, caller, day):
    """Return the switch of the block on the incumbent's side, or 0.

    That of the called number's network where the incumbent terminates (a ported number's LRN names it),
    that of the JIP or else of the caller where it originates. A block that is not the incumbent's on the
    day, for instance where the record's own OCNs stand over the plan, says nothing of its switches.
    """
    incumbent = plan.agreement_incumbent[agreement]
    row = -1
    if agreement > 0 and terminator == incumbent:
        row = network
    elif agreement > 0 and originator == incumbent:
        row = jip_row if jip_row >= 0 else caller
    if row < 0 or plan.row_switch[row] == 0 or party_of(plan, plan.row_ocn[row], day) != incumbent:
        return 0
    return plan.row_switch[row]


@njit(cache=True, nogil=True, _nrt=False)
def _verifies(plan, source, originator, terminator, trunk, day):
    """Whether the recording verifies instead of billing (DOMAIN section 14).

    The row that names the trunk group wins, then one that names a direction; of equals the first.
    """
    if not plan.sources_loaded:
        return False
    if source >= plan.source_first.size:
        return True
    best, rank = -1, -1
    first = plan.source_first[source]
    for row in range(first, first + plan.source_count[source]):
        if not plan.source_from[row] <= day <= plan.source_through[row]:
            continue
        named = plan.source_trunk[row]
        if named > 0 and named != trunk:
            continue
        direction = plan.source_direction[row]
        party = plan.source_party[row]
        if (direction == 1 and party != terminator) or (direction == 2 and party != originator):
            continue
        weight = (2 if named > 0 else 0) + (1 if direction > 0 else 0)
        if weight > rank:
            best, rank = row, weight
    if best < 0:
        return True
    role = plan.source_role[best]
    if role == 0:
        return plan.source_party[best] != terminator
    return role == 2


@njit(cache=True, nogil=True, _nrt=False)
def classify(
    plan,
    receipt_ms,
    rows,
    connect_ms,
    called,
    calling,
    calling_digits,
    lrn,
    jip,
    cic,
    orig_ocn,
    term_ocn,
    trunk,
    place,
    source,
    out,
):
    """Decide place, parties, agreement and class of the given records.

    Parameters
    ----------
    plan : Plan
    receipt_ms : int64
        When the records were received, epoch milliseconds; 24 h beyond it is future-dated.
    rows : (m,) int64
        The records to decide: well-formed, not filtered, not duplicates.
    connect_ms, called, calling, lrn : (n,) int64; jip, cic : (n,) int32; calling_digits : (n,) uint8
        As the scanner decoded them, -1 where absent.
    orig_ocn, term_ocn : (n,) int64
        Packed OCNs of the record, -1 where absent.
    trunk, place, source : (n,) int64
        Codes of the trunk group, the routing point's name (`Plan.place_rate_center`) and the
        source; `ABSENT` and `UNKNOWN_PLACE` for the first two.
    out : (16, n) int32
        `OUT_COLUMNS`; only the columns of `rows` are written.
    """
    for i in rows:
        at = connect_ms[i]
        for column in range(16):
            out[column, i] = 0
        if at > receipt_ms + 86_400_000:
            out[0, i] = FUTURE
            continue

        # The dialed block names the state, and the state's day dates every other row; an 8YY call has
        # the caller's state, else that of the trunk group's agreement.
        caller_prefix, caller_thousand = _caller_digits(calling[i], calling_digits[i], jip[i])
        known_trunk = trunk[i]
        toll_free = plan.toll_free[called[i] // 10_000_000]
        dialed = -1 if toll_free else block_row(plan, called[i] // 10_000, (called[i] // 1000) % 10, at)
        # The caller is a row of the plan, -1 in no block, -2 without a number.
        caller = -2
        if dialed >= 0:
            state = plan.row_state[dialed]
        elif toll_free:
            if caller_prefix >= 0:
                caller = block_row(plan, caller_prefix, caller_thousand, at)
            state = plan.row_state[caller] if caller >= 0 else _state_of_trunk(plan, known_trunk, at)
        else:
            out[0, i] = NO_CALLED
            continue
        zone = plan.state_zone[state]
        day = day_of(plan.midnights, zone, at)

        # The terminating network where the number is ported.
        network = dialed
        if term_ocn[i] < 0:
            if lrn[i] >= 0:
                network = block_row_on(plan, lrn[i] // 10_000, (lrn[i] // 1000) % 10, day)
            if network < 0:
                out[0, i] = NO_CALLED
                continue

        if dialed >= 0 and caller_prefix >= 0:
            caller = block_row_on(plan, caller_prefix, caller_thousand, day)
        if caller == -1:
            out[0, i] = NO_CALLING
            continue
        jip_row = block_row_on(plan, jip[i], -1, day) if jip[i] >= 0 else -1

        row = trunk_row(plan, known_trunk, day)
        trunk_agreement = plan.trunk_agreement[row] if row >= 0 else 0

        # Parties: the record's own OCNs win over the plan.
        term = ocn_code(plan, term_ocn[i]) if term_ocn[i] >= 0 else plan.row_ocn[network]
        terminator = party_of(plan, term, day)
        if orig_ocn[i] >= 0:
            orig = ocn_code(plan, orig_ocn[i])
            originator = party_of(plan, orig, day)
        elif jip_row >= 0:
            orig = plan.row_ocn[jip_row]
            originator = party_of(plan, orig, day)
        elif caller >= 0:
            orig = plan.row_ocn[caller]
            originator = party_of(plan, orig, day)
        else:
            orig = 0
            originator = -2
        if originator == -1 or terminator == -1:
            out[0, i] = NO_OCN
            continue
        if originator == -2:
            originator = _other_party(plan, terminator, state, trunk_agreement)
            if originator < 0:
                out[0, i] = NO_AGREEMENT
                continue

        # The agreement, and what kind of call it makes of this one.
        agreement = 0
        carried = False
        if originator != terminator:
            agreement = _pair(plan, originator, terminator, state)
            if agreement == 0:
                agreement = _transit(plan, originator, terminator, state, trunk_agreement)
                carried = True
            if agreement == 0:
                out[0, i] = NO_AGREEMENT
                continue
        if plan.trunk_loaded and known_trunk != ABSENT and row < 0:
            out[0, i] = NO_TRUNK
            continue

        if agreement == 0:
            kind = ON_NET
        elif carried:
            kind = TRANSIT
        elif toll_free:
            kind = TOLL_FREE
        elif caller < 0:
            kind = UNIDENTIFIED
        else:
            routing = place[i]
            if routing >= 0:
                routing = plan.place_rate_center[routing, state]
            kind = _place_class(
                plan,
                plan.row_rate_center[caller],
                plan.row_rate_center[dialed],
                plan.row_lata[caller],
                plan.row_lata[dialed],
                cic[i],
                routing,
                day,
            )

        here = caller if dialed < 0 else dialed
        out[1, i] = _verifies(plan, source[i], originator, terminator, known_trunk, day)
        out[2, i] = kind
        out[3, i] = agreement
        out[4, i] = originator
        out[5, i] = terminator
        out[6, i] = orig
        out[7, i] = term
        out[8, i] = plan.row_rate_center[caller] if caller >= 0 else 0
        out[9, i] = plan.row_lata[here] if here >= 0 else 0
        if caller >= 0 and dialed >= 0:
            out[10, i] = 1 if plan.row_state[caller] == plan.row_state[dialed] else 2
        out[11, i] = zone
        out[12, i] = state
        out[13, i] = plan.row_rate_center[dialed] if dialed >= 0 else 0
        out[14, i] = trunk_agreement if kind == ON_NET else agreement
        out[15, i] = _end_office(plan, agreement, originator, terminator, network, jip_row, caller, day)
