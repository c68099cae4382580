"""The Shapley value against its axioms and against games whose solution is published.

Published: Shapley & Shubik (1954), doi:10.2307/1951053, for the UN Security Council (of eleven members then; figures
of the council of fifteen from Straffin, Game Theory and Strategy, 1993: 0.1963 and 0.001865) and for weighted votes;
Littlechild & Owen (1973), doi:10.1287/mnsc.20.3.370, for the airport game; the glove game as in Osborne & Rubinstein
(1994, example 292.1). All are rational numbers, met here to rounding.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.partners.shapley import shapley_drawn, shapley_of_table, shapley_value


def table_of(players, value):
    """Worth of every coalition."""
    return np.array(
        [value({i for i in range(players) if mask >> i & 1}) for mask in range(1 << players)], float
    )


def by_all_orders(players, value):
    """The definition itself: the mean over all orders, in exact fractions."""
    sums = [Fraction(0)] * players
    for order in itertools.permutations(range(players)):
        coalition, before = set(), Fraction(value(set()))
        for player in order:
            coalition.add(player)
            after = Fraction(value(coalition))
            sums[player] += after - before
            before = after
    return [float(total / math.factorial(players)) for total in sums]


def council(coalition):
    """UN Security Council: nine of fifteen votes, the five permanent members (0 to 4) among them."""
    return float(len(coalition) >= 9 and {0, 1, 2, 3, 4} <= coalition)


def test_glove_game():
    # two left gloves, one right glove; a pair is worth 1
    shares = shapley_of_table(table_of(3, lambda s: min(len(s & {0, 1}), len(s & {2}))))
    np.testing.assert_allclose(shares, [1 / 6, 1 / 6, 2 / 3], rtol=1e-14)


def test_airport_game_in_closed_form():
    # a runway for the largest aeroplane serves the smaller ones: each pays its part of every stretch that it uses
    costs = np.array([1.0, 1.0, 3.0, 4.5, 10.0, 10.0, 21.0, 30.0])
    shares = shapley_of_table(table_of(8, lambda s: max((costs[i] for i in s), default=0.0)))
    stretches = np.diff(costs, prepend=0.0) / np.arange(8, 0, -1)
    np.testing.assert_allclose(shares, np.cumsum(stretches), rtol=1e-13)


def test_un_security_council():
    shares = shapley_of_table(table_of(15, council))
    assert shares[:5] == pytest.approx(421 / 2145, rel=1e-12)
    assert shares[5:] == pytest.approx(4 / 2145, rel=1e-12)
    assert (round(shares[0], 4), round(shares[-1], 6)) == (0.1963, 0.001865)


@pytest.mark.parametrize(
    ("weights", "quota", "shares"),
    [
        ((50, 49, 1), 51, (2 / 3, 1 / 6, 1 / 6)),
        ((4, 3, 2, 1), 6, (5 / 12, 1 / 4, 1 / 4, 1 / 12)),
        # the Council of the European Communities of 1958: Germany, France, Italy, the Netherlands, Belgium, Luxembourg
        ((4, 4, 4, 2, 2, 1), 12, (14 / 60, 14 / 60, 14 / 60, 9 / 60, 9 / 60, 0.0)),
    ],
)
def test_weighted_voting(weights, quota, shares):
    found = shapley_of_table(table_of(len(weights), lambda s: float(sum(weights[i] for i in s) >= quota)))
    np.testing.assert_allclose(found, shares, atol=1e-14)


@pytest.mark.parametrize("players", [1, 2, 4, 6])
def test_any_game_is_its_mean_over_all_orders(players):
    random = np.random.default_rng(players)
    table = random.integers(-50, 50, 1 << players).astype(float)

    def value(coalition):
        return int(table[sum(1 << i for i in coalition)])

    np.testing.assert_allclose(shapley_of_table(table), by_all_orders(players, value), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_axioms(seed):
    random = np.random.default_rng(seed)
    players = 7
    first, second = random.normal(size=(2, 1 << players))
    one, two = shapley_of_table(first), shapley_of_table(second)
    # efficiency
    assert one.sum() == pytest.approx(first[-1] - first[0], abs=1e-12)
    # additivity, and scale
    np.testing.assert_allclose(shapley_of_table(3.0 * first + second), 3.0 * one + two, atol=1e-12)
    # null player: player 2 adds nothing anywhere
    masks = np.arange(1 << players)
    assert shapley_of_table(first[masks & ~4])[2] == pytest.approx(0.0, abs=1e-14)
    # symmetry: players 0 and 1 are worth the same in every coalition
    swapped = (masks & ~3) | ((masks & 1) << 1) | ((masks & 2) >> 1)
    even = shapley_of_table(first + first[swapped])
    assert even[0] == pytest.approx(even[1], abs=1e-12)


def test_drawn_orders_come_to_the_exact_shares_within_their_error():
    division = shapley_drawn(
        15, lambda mask: council({i for i in range(15) if mask >> i & 1}), orders=20_000, seed=3
    )
    exact = np.array([421 / 2145] * 5 + [4 / 2145] * 10)
    assert not division.exact
    # 15 shares: none further off than 4 standard errors, and about two thirds of them within one
    off = np.abs(division.shares - exact) / division.errors
    assert off.max() < 4.0
    assert 0.3 < np.mean(off < 1.0) <= 1.0
    assert division.shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert division.errors.max() < 0.005


def test_errors_shrink_with_the_root_of_the_orders():
    def value(mask):
        return float(mask % 11)

    few = shapley_drawn(14, value, orders=400, seed=1).errors
    many = shapley_drawn(14, value, orders=40_000, seed=1).errors
    assert np.mean(few / many) == pytest.approx(10.0, rel=0.2)


def test_the_same_seed_draws_the_same_orders():
    def value(mask):
        return float(mask % 11)

    one, two, other = (shapley_drawn(13, value, orders=50, seed=seed).shares for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, two)
    assert np.any(one != other)


def test_few_players_are_exact_and_many_are_drawn():
    asked = []

    def value(mask):
        asked.append(mask)
        return float(mask.bit_count() >= 3)

    exact = shapley_value(12, value)
    assert exact.exact
    assert sorted(asked) == list(range(4096))
    np.testing.assert_allclose(exact.shares, 1 / 12)
    assert not shapley_value(13, value, orders=10).exact


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: shapley_value(0, float), "nobody brings anything"),
        (lambda: shapley_drawn(3, float, orders=2), "--orders 2"),
        (lambda: shapley_drawn(3, float, orders=10, seed=-1), "--seed -1"),
        (lambda: shapley_drawn(63, float, orders=10), "63 players"),
        (lambda: shapley_of_table(np.zeros(6)), "6 coalitions"),
    ],
)
def test_what_is_no_game_is_refused(call, words):
    with pytest.raises(RequestError, match=words):
        call()
