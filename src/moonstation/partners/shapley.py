"""The Shapley value: what each player adds to a game, on average over all orders in which the players may come.

It is the only division that shares out the whole, treats equal players alike, gives nothing to a player that never
adds anything, and adds up over games (L. S. Shapley, A value for n-person games, 1953). Coalitions are bit masks:
player i is in coalition m if bit i of m is set.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError

MOST_EXACT = 12
"""Players up to which all coalitions are looked at: 4096."""

MOST_IN_TABLE = 24
"""Players whose coalitions fit into a table: 128 MiB."""

Value = Callable[[int], float]
"""What a coalition, a bit mask, is worth."""


@dataclass(frozen=True, eq=False)
class Division:
    """What each player of a game is given.

    Attributes
    ----------
    shares : (n,) array
        Shapley values, in the unit of the game.
    errors : (n,) array
        Standard errors; 0 where all coalitions were looked at.
    nobody, whole : float
        Worth of no player and of all; the shares add up to the difference.
    orders : int
        Orders that were drawn; 0 where all coalitions were looked at.
    coalitions : int
        Coalitions that were looked at.
    """

    shares: FloatArray
    errors: FloatArray
    nobody: float
    whole: float
    orders: int
    coalitions: int

    @property
    def exact(self) -> bool:
        """Whether nothing was drawn at random."""
        return self.orders == 0


def shapley_value(
    players: int,
    value: Value,
    *,
    most_exact: int = MOST_EXACT,
    orders: int = 2000,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Division:
    """Divide the worth of all players, exactly for few of them and by drawn orders beyond.

    Parameters
    ----------
    players : int
        How many.
    value : callable
        Worth of a coalition, a bit mask; asked once for each.
    most_exact : int
        Players up to which all coalitions are looked at.
    orders : int
        Orders drawn beyond, see `shapley_drawn`.
    seed : int
        Of the orders.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If there is no player, or a number makes no sense.
    """
    if players < 1:
        raise RequestError("nobody brings anything, so there is nothing to divide; give elements a partner")
    if players > most_exact:
        return shapley_drawn(players, value, orders=orders, seed=seed, progress=progress)
    size = 1 << players
    table = np.empty(size)
    for mask in range(size):
        table[mask] = value(mask)
        if progress is not None:
            progress((mask + 1) / size)
    shares = shapley_of_table(table)
    return Division(shares, np.zeros(players), float(table[0]), float(table[-1]), 0, size)


def shapley_of_table(table: FloatArray) -> FloatArray:
    """Shapley values of a game given by the worth of every coalition.

    With n players and |S| of them in coalition S, player i gets the sum over all S without i of
    |S|! (n - |S| - 1)! / n! (v(S with i) - v(S)) (Shapley 1953, eq. 13).

    Parameters
    ----------
    table : (2**n,) array
        Worth by bit mask, 1 to `MOST_IN_TABLE` players.

    Returns
    -------
    (n,) array

    Raises
    ------
    RequestError
        If the table is of no such size.
    """
    players = table.size.bit_length() - 1
    if table.size != 1 << players or not 1 <= players <= MOST_IN_TABLE:
        raise RequestError(
            f"a table of {table.size} coalitions is that of no game; give 2**n of them, n from 1 to {MOST_IN_TABLE}"
        )
    masks = np.arange(table.size, dtype=np.int64)
    members = np.zeros(table.size, dtype=np.int64)
    for player in range(players):
        members += (masks >> player) & 1
    weight = np.array([1.0 / (players * math.comb(players - 1, size)) for size in range(players)])
    shares = np.empty(players)
    for player in range(players):
        without = masks[(masks >> player) & 1 == 0]
        shares[player] = np.sum(weight[members[without]] * (table[without | (1 << player)] - table[without]))
    return shares


def shapley_drawn(
    players: int,
    value: Value,
    *,
    orders: int,
    seed: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Division:
    """Estimate Shapley values from random orders in which the players come.

    Each order is followed by its reverse, and the pair counts as one draw: a player that comes early in one comes late
    in the other, which spares draws (Castro, Gomez & Tejada 2009, doi:10.1016/j.cor.2008.04.004, and antithetic pairs).
    The shares of each order add up to the whole, and so do the estimates.

    Parameters
    ----------
    players : int
        How many, 62 at most.
    value : callable
        Worth of a coalition, a bit mask; asked once for each that is met.
    orders : int
        How many, reverses counted; 4 or more, rounded up to even.
    seed : int
        0 or more; the same seed gives the same orders.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError
        If a number makes no sense.
    """
    if not 1 <= players <= 62:
        raise RequestError(f"{players} players cannot be ordered; give 1 to 62")
    if orders < 4:
        raise RequestError(f"--orders {orders}: give 4 or more, so that an error can be told")
    if seed < 0:
        raise RequestError(f"--seed {seed}: give 0 or more")
    known: dict[int, float] = {}

    def worth(mask: int) -> float:
        if mask not in known:
            known[mask] = value(mask)
        return known[mask]

    random = np.random.default_rng(seed)
    pairs = -(-orders // 2)
    draws = np.empty((pairs, players))
    for pair in range(pairs):
        order = random.permutation(players)
        draws[pair] = 0.5 * (_added(order, worth) + _added(order[::-1], worth))
        if progress is not None:
            progress((pair + 1) / pairs)
    errors = np.std(draws, axis=0, ddof=1) / math.sqrt(pairs)
    full = (1 << players) - 1
    return Division(np.mean(draws, axis=0), errors, worth(0), worth(full), 2 * pairs, len(known))


def _added(order: np.ndarray, worth: Value) -> FloatArray:
    """What each player adds to those before it."""
    added = np.empty(order.size)
    mask, before = 0, worth(0)
    for player in order:
        mask |= 1 << int(player)
        after = worth(mask)
        added[player] = after - before
        before = after
    return added
