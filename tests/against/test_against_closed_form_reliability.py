"""Failures against closed forms of reliability theory.

Sources: Rausand and Hoyland, System Reliability Theory (2nd ed., 2004): exponential and Weibull survival (ch. 2),
parallel and standby systems of two (ch. 4), steady availability (ch. 9), the beta-factor model (ch. 6). Tolerance:
four standard deviations of the share that so many runs can show; with fixed seeds the figure does not change between
runs. A step of an hour against means of 1000 h moves a share by 0.0005 at most, which is added.
"""

import math

import numpy as np
import pytest

from life_scene import element, life, station
from moonstation.simulation.life import live_many

RUNS = 6000
HOURS = 800
RATE = 1e-3
STEP = 0.0005
T = RATE * HOURS

CASES = {
    "one": ({}, math.exp(-T)),
    "two at work": ({"units": 2, "needed": 1}, 2 * math.exp(-T) - math.exp(-2 * T)),
    "one in cold standby": ({"units": 2, "needed": 1, "dormancy": 0.0}, math.exp(-T) * (1 + T)),
    "two of three": ({"units": 3, "needed": 2}, 3 * math.exp(-2 * T) - 2 * math.exp(-3 * T)),
    "common cause": (
        {"units": 2, "needed": 1, "common_cause": 0.3},
        math.exp(-0.3 * T) * (2 * math.exp(-0.7 * T) - math.exp(-1.4 * T)),
    ),
    "Weibull wear": (
        {"law": "weibull", "shape": 3.0},
        math.exp(-((T * math.gamma(1 + 1 / 3)) ** 3)),
    ),
    "early failures": (
        {"law": "weibull", "shape": 0.6},
        math.exp(-((T * math.gamma(1 + 1 / 0.6)) ** 0.6)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_survival(name: str) -> None:
    keys, expected = CASES[name]
    table = {"id": "breaks", "element": "unit", "mtbf": "1000 h", **keys}
    one = life(station([element("unit")], [table], [{"id": "work", "needs": ["unit"]}]), HOURS)
    lives = live_many(one, seed=11, first=0, runs=RUNS)
    survived = float(np.mean(np.isinf(lives.first_lost[:, 0])))
    assert survived == pytest.approx(expected, abs=4.0 * math.sqrt(expected * (1 - expected) / RUNS) + STEP)


def test_steady_availability() -> None:
    """Mean time up over mean time up and down, detection included."""
    table = {
        "id": "breaks",
        "element": "unit",
        "mtbf": "100 h",
        "detection": "4 h",
        "repair": "16 h",
        "spares": 100_000,
    }
    one = life(station([element("unit")], [table], [{"id": "work", "needs": ["unit"]}]), 8766 * 4)
    lives = live_many(one, seed=12, first=0, runs=40)
    later = lives.up[:, 0, 1:]  # the first year begins with a new unit
    share = float(np.sum(later)) / (later.size * 8766.0)
    # a failure is met at the end of its step: half an hour more of work in a hundred
    expected = 100.5 / 120.5
    spread = float(np.std(np.mean(later / 8766.0, axis=1))) / math.sqrt(40)
    assert spread < 0.002
    assert share == pytest.approx(expected, abs=4.0 * spread)


def test_failures_in_a_row_are_poisson() -> None:
    table = {"id": "breaks", "element": "unit", "mtbf": "100 h", "repair": "1 h", "spares": 100_000}
    one = life(station([element("unit")], [table], []), 2000)
    count = live_many(one, seed=13, first=0, runs=3000).failures[:, 0]
    expected = 2000.0 / 101.5  # an hour of repair and half a step on the mean
    assert float(np.mean(count)) == pytest.approx(expected, abs=4.0 * math.sqrt(expected / 3000))
    assert float(np.var(count)) == pytest.approx(expected, rel=0.12)
