"""Draw calls between two carriers: who calls whom, when, for how long and by which trunk group."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.demo.calls import Calls, Ints, blank
from stream.demo.clock import Curve, Length, Month, connects, lengths
from stream.demo.network import Network

__all__ = ["Drawn", "Exchange", "apportion"]

Floats = NDArray[np.float64]

_NO_NUMBERS: Final = (0, 1_110_000_000, 0, 1_234_567_890)
"""What switches send where no calling number came through; none can be a North American number."""


class Drawn(NamedTuple):
    """Calls and the rate center indexes of their two ends."""

    calls: Calls
    origin: Ints
    destination: Ints


@dataclass(frozen=True)
class Exchange:
    """One month's traffic in one state.

    Parameters
    ----------
    rng : numpy.random.Generator
    month : Month
    at : int
        The month's position in `MONTHS`, which calls carry.
    network : Network
        As of the month's first day.
    direct_share : mapping of trunk group name to float
        By tandem group: the share of an end office's calls on its own group, if it has one.

    """

    rng: np.random.Generator
    month: Month
    at: int
    network: Network
    direct_share: Mapping[str, float]

    def pull(
        self, origins: Mapping[str, float], destinations: Mapping[str, float], relations: Mapping[int, float]
    ) -> Floats:
        """Return weights of pairs of rate centers: lines here x lines there x how much such places talk.

        Parameters
        ----------
        origins, destinations : mapping of rate center to float
            Lines of the calling and of the called party.
        relations : mapping of relation to float
            `LOCAL` to `FAR`; a relation that is not named has no calls.

        """
        factors = np.array([relations.get(relation, 0.0) for relation in range(5)])
        here, there = self.network.lines(origins), self.network.lines(destinations)
        near = factors[self.network.relation]
        # People call their own town most.
        weights: Floats = here[:, None] * there * near * (1 + 2 * np.eye(here.size))
        return weights

    def draw(
        self,
        n: int,
        originator: str,
        terminator: str,
        weights: Floats,
        curve: Curve,
        length: Length,
        spread: float = 1.0,
    ) -> Drawn:
        """Draw calls from one party's subscribers to another's.

        Parameters
        ----------
        n : int
        originator, terminator : str
        weights : (c, c) float64
            Of pairs of rate centers, from `pull`.
        curve : Curve
        length : Length
        spread : float
            Share of the subscribers who make such calls at all.

        Raises
        ------
        ValueError
            If no two places of these parties have such calls.

        """
        reached = np.cumsum(weights.ravel())
        if not reached[-1] > 0:
            raise ValueError(f"{originator} to {terminator}: found no pair of rate centers with a pull")
        pair = np.searchsorted(reached, self.rng.random(n) * reached[-1], side="right")
        origin, destination = np.divmod(pair, weights.shape[0])
        calls = blank(n)
        calls["month"] = self.at
        calls["connect_ms"] = connects(self.rng, self.month, curve, n)
        calls["duration_ms"] = lengths(self.rng, length, n)
        calls["calling"] = self.network.numbers(self.rng, originator, origin, spread)
        calls["called"] = self.network.numbers(self.rng, terminator, destination)
        return Drawn(calls, origin, destination)

    def chance(self, n: int, share: float | Floats) -> NDArray[np.bool_]:
        """Return which of `n` calls something happens to."""
        return self.rng.random(n) < share

    def route(self, calls: Calls, offices: Ints, *, direct: bool) -> None:
        """Set trunk groups by the incumbent's end of each call.

        Parameters
        ----------
        calls : array of CALL
        offices : (n,) int64
            Rate center index of the incumbent's end office.
        direct : bool
            Whether direct end office groups carry such calls at all; transit and toll carriers' do not.

        """
        network = self.network
        tandem = np.array([network.tandem.get(i, -1) for i in range(len(network.centers))], np.int16)
        own = np.array([network.direct.get(i, -1) for i in range(len(network.centers))], np.int16)
        shares = np.array([self.direct_share.get(name, 0.0) for name in network.trunk_groups])
        by_tandem = tandem[offices]
        calls["trunk_group"] = by_tandem
        if direct:
            taken = (own[offices] >= 0) & self.chance(calls.size, np.where(by_tandem >= 0, shares[by_tandem], 0.0))
            calls["trunk_group"][taken] = own[offices][taken]

    def lose_numbers(self, calls: Calls, share: float | Floats) -> None:
        """Take the calling number, and what else names the caller, from a share of the calls."""
        lost = self.chance(calls.size, share)
        calls["calling"][lost] = self.rng.choice(_NO_NUMBERS, lost.sum())
        calls["jip"][lost] = -1
        calls["calling_digits"][lost & self.chance(calls.size, 0.65)] = 0

    def keep_switch_only(self, calls: Calls, switches: NDArray[np.int32], share: float) -> None:
        """Leave of a share of the callers nothing but the JIP of their own town's switch."""
        here = (calls["calling_digits"] == 10) & (switches > 0) & self.chance(calls.size, share)
        calls["calling_digits"][here] = 0
        calls["jip"][here] = switches[here]

    def keep_prefixes_only(self, calls: Calls, share: float) -> None:
        """Cut a share of the calling numbers to NPA-NXX, as some offices record them."""
        short = (calls["calling_digits"] == 10) & (calls["calling"] > 2_000_000_000) & self.chance(calls.size, share)
        calls["calling"][short] //= 10_000
        calls["calling_digits"][short] = 6


def apportion(n: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Split `n` over names by their shares; the sum is `n`, remainders go to the largest share."""
    whole = sum(shares.values())
    counts = {name: int(n * share / whole) for name, share in shares.items()}
    counts[max(shares, key=lambda name: shares[name])] += n - sum(counts.values())
    return counts
