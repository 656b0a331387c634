"""The tests of the class table in their order, each with what it looked at (DOMAIN section 3)."""

from datetime import date

from rating.reference.rows import Agreement, NumberBlock
from stream.explain.call import Call
from stream.explain.lookups import Lookups, is_toll_free, place_name, where
from stream.explain.model import Known
from stream.explain.words import needed

__all__ = ["class_of"]


def class_of(
    lookups: Lookups,
    call: Call,
    day: date,
    state: str,
    caller: NumberBlock | None,
    dialed: NumberBlock | None,
    agreement: Agreement | None,
    *,
    carried: bool,
    originator: str,
    terminator: str,
) -> tuple[str, tuple[Known, ...]]:
    """Return a call's class and the tests up to the one that matched, which is the last of them.

    Parameters
    ----------
    day, state : date, str
        The local day of connect, and the state whose day it is.
    caller, dialed : NumberBlock or None
        Where the caller and the called number are; None where that is not known.
    carried : bool
        Whether the agreement is that of an incumbent which only carried the call.
    """
    tests = [Known("same party", _yes(originator == terminator, f"{originator} and {terminator}"))]
    if originator == terminator:
        return "on_net", tuple(tests)
    incumbent = agreement.incumbent if agreement is not None else ""
    tests.append(
        Known("only carried", _yes(carried, f"{incumbent} is {'neither end' if carried else 'one of the ends'}"))
    )
    if carried:
        return "transit", tuple(tests)
    toll_free = is_toll_free(call.called)
    tests.append(Known("toll-free", _yes(toll_free, f"NPA {call.called[:3]}")))
    if toll_free:
        return "originating_8yy", tuple(tests)
    tests.append(
        Known(
            "no caller's place",
            _yes(caller is None, "number or JIP serves" if caller is not None else "neither number nor JIP serves"),
        )
    )
    if caller is None:
        return "unidentified", tuple(tests)
    known = needed(dialed, f"record {call.record_id}: {call.called} is in no block and was not suspended")
    return _by_place(lookups, call, day, state, caller, known, tests)


def _by_place(
    lookups: Lookups, call: Call, day: date, state: str, caller: NumberBlock, dialed: NumberBlock, tests: list[Known]
) -> tuple[str, tuple[Known, ...]]:
    """Make tests 5 to 11, for two known places."""
    a, b = f"{caller.state}|{caller.rate_center}", f"{dialed.state}|{dialed.rate_center}"
    latas = f"LATA {caller.lata}" if caller.lata == dialed.lata else f"LATAs {caller.lata} and {dialed.lata}"
    same_lata = caller.lata == dialed.lata
    blocks = where("number_blocks", caller, dialed)
    tests.append(
        Known("carrier, other LATA", _yes(call.cic is not None and not same_lata, f"{_cic(call)}, {latas}"), blocks)
    )
    if call.cic is not None and not same_lata:
        return "interlata_toll", tuple(tests)
    tests.append(Known("carrier, same LATA", _yes(call.cic is not None, _cic(call))))
    if call.cic is not None:
        return "ixc_intralata_toll", tuple(tests)
    near, said, rows = _local(lookups, a, b, day)
    tests.append(Known("local", _yes(near, said), rows))
    if near:
        return _routed(lookups, call, day, state, a, tests)
    for kind in ("mandatory", "optional"):
        pairs = [row for row in lookups.eas(a, b, day) if row.kind == kind] if a != b else []
        found = _yes(bool(pairs), f"{place_name(a)} and {place_name(b)}")
        tests.append(
            Known(
                f"{kind} EAS",
                found,
                where("eas_pairs", *pairs) if pairs else _table(lookups.tables.eas_pairs, "eas_pairs"),
            )
        )
        if pairs:
            return f"{kind}_eas", tuple(tests)
    tests.append(Known("same LATA", _yes(same_lata, latas), blocks))
    if same_lata:
        return "intralata_toll", tuple(tests)
    tests.append(Known("otherwise", "yes (no other test matched)"))
    return "interlata_toll", tuple(tests)


def _local(lookups: Lookups, a: str, b: str, day: date) -> tuple[bool, str, str]:
    """Return whether two rate centers are local to each other, why, and the rows that say so."""
    if a == b:
        return True, f"both in rate center {place_name(a)}", ""
    rows = lookups.shared_areas(a, b, day)
    if not rows:
        return (
            False,
            f"{place_name(a)} and {place_name(b)} share no local area",
            _table(lookups.tables.local_areas, "local_areas"),
        )
    areas = ", ".join(dict.fromkeys(row.area for row in rows))
    return True, f"{place_name(a)} and {place_name(b)} are both in {areas}", where("local_areas", *rows)


def _routed(
    lookups: Lookups, call: Call, day: date, state: str, a: str, tests: list[Known]
) -> tuple[str, tuple[Known, ...]]:
    """Tell local from virtual foreign exchange by the routing point (SA 5.1)."""
    if call.routing_point is None:
        return "local", tuple(tests)
    point = f"{state}|{call.routing_point}"
    near, said, rows = _local(lookups, a, point, day)
    tests.append(Known("routed elsewhere", _yes(not near, f"routing point: {said}"), rows))
    return ("local" if near else "virtual_fx"), tuple(tests)


def _cic(call: Call) -> str:
    return f"CIC {call.cic}" if call.cic is not None else "no CIC"


def _table(rows: object, name: str) -> str:
    return f"{name}.csv" if rows is not None else f"no {name}.csv"


def _yes(answer: bool, detail: str) -> str:  # noqa: FBT001  (it writes an answer)
    return f"{'yes' if answer else 'no'} ({detail})"
