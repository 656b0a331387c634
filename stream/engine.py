"""One batch through: decode, identity, place and class, cells, price, outcome. Knows no source and no sink.

`Engine.process` changes state that `Engine.commit` keeps and `Engine.abort` restores; file mode and
a stream differ only in where batches come from and in what commits them.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import Outcome, Reason, reason_named
from rating.hours import Hours
from rating.kernel import cells as cell_kernel
from rating.kernel import identity
from rating.kernel.classify import OUT_COLUMNS, classify
from rating.names import Names
from rating.usage import EMPTY, MEASURED, Cells
from schemas.columns import VERDICTS, Columns, Limits
from schemas.decode import decode
from stream.busy_hours import busy_hours
from stream.counting import count
from stream.identities import AGAIN, RATED, SUSPENDED, Identities
from stream.interning import NameTable
from stream.live import LivePrices, Position, Prices
from stream.rules import Rules
from stream.tally import Tally

__all__ = ["Batch", "Engine", "Result"]

Ints = NDArray[np.int64]

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
_NEW_AT_ONCE: Final = 4096


def _by_verdict() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Outcome and reason of each of the scanner's verdicts."""
    reasons = [Reason.NONE, *(reason_named(name) for name in VERDICTS[1:])]
    outcomes = [
        Outcome.RATED if r is Reason.NONE else Outcome.FILTERED if r >= Reason.SHORT_CODE else Outcome.REJECTED
        for r in reasons
    ]
    return np.array(outcomes, np.uint8), np.array(reasons, np.uint8)


_OUTCOME_OF, _REASON_OF = _by_verdict()


def _judge(placed: NDArray[np.int32], rows: Ints, outcome: NDArray[np.uint8], reason: NDArray[np.uint8]) -> Ints:
    """Write what placing made of `rows`; return those that have to wait."""
    why = placed[0, rows]
    waiting: Ints = rows[why != 0]
    outcome[waiting], reason[waiting] = Outcome.SUSPENDED, why[why != 0]
    outcome[rows[(why == 0) & (placed[1, rows] != 0)]] = Outcome.VERIFICATION
    return waiting


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in one buffer.

    buffer : (m,) uint8; line_at, line_len : (n,) int64, a record each; receipt_ms : when they were
    received, epoch milliseconds; partition : of the input, 0 in file mode.
    """

    buffer: NDArray[np.uint8]
    line_at: Ints
    line_len: Ints
    receipt_ms: int
    partition: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What was decided of a batch.

    columns : the decoded records. outcome, reason : (n,) uint8 codes. source, trunk : (n,) int64 codes of
    names. utc_day, fingerprint, digest : (n,) identity of the records that have one. placed : (16, n) int32,
    rows `rating.kernel.classify.OUT_COLUMNS`, of records that were placed. call, day, carried, used_ms :
    (m,) int64, the segments of the rated calls in order. prices : their live prices. cells, hours : the
    batch's usage. tally : what came in and what became of it. again : the records whose identity an
    earlier one had that was backed out.
    """

    columns: Columns
    outcome: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    source: Ints
    trunk: Ints
    utc_day: Ints
    fingerprint: NDArray[np.uint64]
    digest: NDArray[np.uint64]
    placed: NDArray[np.int32]
    call: Ints
    day: Ints
    carried: Ints
    used_ms: Ints
    prices: Prices
    cells: Cells
    hours: Hours
    tally: Tally
    again: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def rows(self, *outcomes: Outcome) -> Ints:
        """Return the records with one of the outcomes, in order."""
        return np.flatnonzero(np.isin(self.outcome, [int(o) for o in outcomes]))


class Engine:
    """Decides batches and keeps what deciding them needs: identities, names, live positions."""

    def __init__(
        self, rules: Rules, identities: Identities, live: LivePrices, limits: Limits, key: tuple[int, int]
    ) -> None:
        self._rules = rules
        self._identities = identities
        self._live = live
        self._limits = limits
        self._key = (np.uint64(key[0]), np.uint64(key[1]))
        self._sources = NameTable(rules.names.all("source"))
        self._trunks = NameTable(rules.names.all("trunk_group"))
        self._places = NameTable(list(rules.places))

    @property
    def names(self) -> Names:
        """The names that codes stand for."""
        return self._rules.names

    @property
    def identities(self) -> Identities:
        """The identity set."""
        return self._identities

    def moved_positions(self) -> list[tuple[Position, tuple[int, int]]]:
        """Return the live positions that moved since the last commit."""
        return list(self._live.changes())

    def position(self, agreement: int, cells: Cells) -> tuple[int, int]:
        """Return the live position that the cells of an agreement's month stand for."""
        return self._live.position(agreement, cells)

    def commit(self) -> None:
        """Keep what the batch changed: it is in the store now."""
        self._identities.commit()
        self._live.commit()
        self.names.mark_saved()

    def abort(self) -> None:
        """Undo what the batch changed. New names stay: a name without use is no harm."""
        self._identities.abort()
        self._live.abort()

    def process(self, batch: Batch, *, recycled: bool = False) -> Result:
        """Decide a batch.

        Parameters
        ----------
        batch : Batch
        recycled : bool
            The records are suspended ones tried again: their identity stands already, so they are
            neither offered nor duplicates.
        """
        columns = decode(batch.buffer, batch.line_at, batch.line_len, self._limits)
        outcome, reason = _OUTCOME_OF[columns.verdict], _REASON_OF[columns.verdict]
        source, trunk = self._named(columns)
        good = np.flatnonzero(columns.verdict == 0)
        utc_day, fingerprint, digest = self.identify(columns, good)
        fresh, again = good, good[:0]
        if not recycled:
            seen = self._identities.offer(good, utc_day, fingerprint, digest)
            outcome[good[seen[good] == identity.DUPLICATE]] = Outcome.DUPLICATE
            conflicts = good[seen[good] == identity.CONFLICT]
            outcome[conflicts], reason[conflicts] = Outcome.SUSPENDED, Reason.ID_CONFLICT
            again = good[seen[good] == AGAIN]
            fresh = good[(seen[good] == identity.NEW) | (seen[good] == AGAIN)]
        placed = self._place(batch.receipt_ms, columns, fresh, trunk, source)
        waiting = _judge(placed, fresh, outcome, reason)
        if recycled:
            self._identities.mark(fresh[placed[0, fresh] == 0], utc_day, fingerprint, RATED)
        else:
            self._identities.mark(waiting, utc_day, fingerprint, SUSPENDED)
        rated = np.flatnonzero(outcome == Outcome.RATED)
        call, day, carried, used_ms = self._split(columns, placed, rated)
        cells = self._add_up(columns, placed, trunk, call, day, carried, used_ms)
        hours = busy_hours(self._rules.plan, columns.connect_ms, placed, call, day, carried, used_ms)
        prices = self._live.price(placed, columns.duration_ms, trunk, call, day, carried, used_ms)
        tally = count(
            source,
            self.names.all("source"),
            outcome,
            reason,
            columns.duration_ms,
            batch.receipt_ms // _HOUR_MS,
            batch.partition,
        )
        tally.check()
        return Result(
            columns, outcome, reason, source, trunk, utc_day, fingerprint, digest, placed, call, day, carried,
            used_ms, prices, cells, hours, tally, again,
        )  # fmt: skip

    def decide_again(self, columns: Columns, receipt_ms: int) -> Result:
        """Decide records that have been decided before, under the tables as they are now.

        Nothing is offered, marked or counted, and no position moves: the result's tally is empty, and
        so are its prices until `price_again`.
        """
        source, trunk = self._named(columns)
        rows = np.arange(len(columns))
        utc_day, fingerprint, digest = self.identify(columns, rows)
        outcome, reason = _OUTCOME_OF[columns.verdict], _REASON_OF[columns.verdict]
        placed = self._place(receipt_ms, columns, rows, trunk, source)
        _judge(placed, rows, outcome, reason)
        call, day, carried, used_ms = self._split(columns, placed, np.flatnonzero(outcome == Outcome.RATED))
        cells = self._add_up(columns, placed, trunk, call, day, carried, used_ms)
        hours = busy_hours(self._rules.plan, columns.connect_ms, placed, call, day, carried, used_ms)
        unpriced = Prices(np.zeros((5, 0), np.int64), np.zeros((5, 0), np.int64))
        return Result(
            columns, outcome, reason, source, trunk, utc_day, fingerprint, digest, placed, call, day, carried,
            used_ms, unpriced, cells, hours, Tally(),
        )  # fmt: skip

    def price_again(self, result: Result, rows: Ints) -> Result:
        """Return a result of `decide_again` with the segments of some of its calls alone, and their live prices.

        They are priced at the margin of the positions as they stand; those do not move, for they hold these
        calls already.
        """
        kept = np.flatnonzero(np.isin(result.call, rows))
        segments = [column[kept] for column in (result.call, result.day, result.carried, result.used_ms)]
        prices = self._live.price(result.placed, result.columns.duration_ms, result.trunk, *segments)
        self._live.abort()
        call, day, carried, used_ms = segments
        return replace(result, call=call, day=day, carried=carried, used_ms=used_ms, prices=prices)

    def usage_of(self, result: Result, rows: Ints) -> Cells:
        """Return the cells of some of a result's calls."""
        kept = np.isin(result.call, rows)
        segments = [column[kept] for column in (result.call, result.day, result.carried, result.used_ms)]
        return self._add_up(result.columns, result.placed, result.trunk, *segments)

    def _named(self, columns: Columns) -> tuple[Ints, Ints]:
        """Return codes of the records' sources and trunk groups."""
        source = self._intern(self._sources, "source", columns, "source", grows=True)
        trunk = self._intern(
            self._trunks, "trunk_group", columns, "trunk_group", grows=not self._rules.plan.trunk_loaded
        )
        return source, trunk

    def _intern(self, table: NameTable, kind: str, columns: Columns, field: str, *, grows: bool) -> Ints:
        """Return codes of a field's names; new ones get codes where the list may grow."""
        at, length = getattr(columns, f"{field}_at"), getattr(columns, f"{field}_len")
        length = np.where(length > 0, length, -1)
        codes = table.codes(columns.text, at, length)
        while grows and (unknown := np.flatnonzero(codes == -1)).size:
            # A name that is new comes in many records: enter a few, look again.
            for row in unknown[:_NEW_AT_ONCE].tolist():
                self.names.code(kind, columns.cut(field, row).decode("ascii"))
            table.fill(self.names.all(kind))
            codes = table.codes(columns.text, at, length)
        return codes

    def identify(self, columns: Columns, rows: Ints) -> tuple[Ints, NDArray[np.uint64], NDArray[np.uint64]]:
        """Return UTC day, fingerprint and digest of the given records; those of others mean nothing."""
        utc_day = columns.connect_ms // _DAY_MS
        fingerprint, digest = np.zeros(len(columns), np.uint64), np.zeros(len(columns), np.uint64)
        identity.fingerprints(
            *self._key, columns.text, rows, columns.source_at, columns.source_len, columns.record_id_at,
            columns.record_id_len, utc_day, fingerprint,
        )  # fmt: skip
        identity.digests(
            *self._key, columns.text, rows, columns.connect_ms, columns.duration_ms, columns.called, columns.calling,
            columns.lrn, columns.jip, columns.cic, columns.calling_digits, columns.isp, columns.voip,
            columns.orig_ocn, columns.term_ocn, columns.trunk_group_at, columns.trunk_group_len,
            columns.routing_point_at, columns.routing_point_len, digest,
        )  # fmt: skip
        return utc_day, fingerprint, digest

    def _place(self, receipt_ms: int, columns: Columns, rows: Ints, trunk: Ints, source: Ints) -> NDArray[np.int32]:
        place = self._places.codes(columns.text, columns.routing_point_at, columns.routing_point_len)
        placed = np.zeros((len(OUT_COLUMNS), len(columns)), np.int32)
        classify(
            self._rules.plan, receipt_ms, rows, columns.connect_ms, columns.called, columns.calling,
            columns.calling_digits, columns.lrn, columns.jip, columns.cic, columns.orig_ocn, columns.term_ocn,
            trunk, place, source, placed,
        )  # fmt: skip
        return placed

    def _split(self, columns: Columns, placed: NDArray[np.int32], rows: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        out = np.empty((4, 3 * rows.size), np.int64)
        plan = self._rules.plan
        n = cell_kernel.split(
            plan.midnights, plan.agreement_by_connect, rows, columns.connect_ms, columns.duration_ms,
            placed[11], placed[3], out[0], out[1], out[2], out[3],
        )  # fmt: skip
        return out[0, :n], out[1, :n], out[2, :n], out[3, :n]

    def _add_up(
        self,
        columns: Columns,
        placed: NDArray[np.int32],
        trunk: Ints,
        call: Ints,
        day: Ints,
        carried: Ints,
        used_ms: Ints,
    ) -> Cells:
        if not call.size:
            return EMPTY
        slots = 8
        while slots < 2 * call.size:
            slots *= 2
        units = np.array(self._rules.units_ms, np.int64)
        keys, values = np.empty((call.size, 3), np.int64), np.empty((call.size, MEASURED + 2 * units.size), np.int64)
        n = cell_kernel.accumulate(
            placed,
            columns.isp,
            columns.voip,
            trunk,
            columns.duration_ms,
            units,
            call,
            day,
            carried,
            used_ms,
            np.full(slots, -1, np.int32),
            keys,
            values,
        )
        cells = Cells(keys[:n], values[:n], self._rules.units_ms)
        # What the kernel added up has to be what the records said: the cells are the books' only source.
        measured = int(columns.duration_ms[call[carried == 0]].sum())
        assert int(cells.ms.sum()) == measured, f"cells hold {int(cells.ms.sum())} ms of calls of {measured} ms"
        return cells
