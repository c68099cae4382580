"""The rocket equation of campaigns against a published lunar sortie and the propellant ledger of Apollo 11.

SpaceNet Quick Start 1 (MIT Strategic Engineering, lunar sortie): "the transportation architecture closes"; the propellant left
after each burn was worked out from its published elements and burns, and typed in here with them. Apollo 11 Flight Plan
(1 July 1969, tables 5-4 and 5-8): weights and velocity changes line by line.
"""

import math

import pytest

from moonstation.campaign.case import STANDARD_GRAVITY, payload, propellant
from moonstation.station.campaign import Lander


def burnt(final, delta_v, isp):
    """Propellant that a burn takes to end at a mass, by the formula that campaigns use for landers."""
    craft = Lander(
        id="craft", launchers=["x"], dry_mass=final, propellant=1e9, specific_impulse=isp, delta_v=delta_v
    )
    return propellant(craft, 0.0)


def left(start, fuel, burns, isp):
    """Propellant left after burns one after another, found by running the formula backwards from the final mass."""
    total = sum(burns)
    final = start / math.exp(total / (isp * STANDARD_GRAVITY))
    assert final + burnt(final, total, isp) == pytest.approx(start)
    return fuel - burnt(final, total, isp)


def test_the_lunar_sortie_of_spacenet_closes_with_the_published_remainders():
    # to the tenth of a kilogram to which the remainders are given
    crew, cargo, samples = 400.0, 500.0, 100.0
    capsule = 8000.0 + 175.0 + 3000.0 + 10_000.0
    lander = 12_000.0 + 24_900.0 + 3000.0 + 3000.0
    departure = 115_634.0
    # 3150 and 2 m/s by the departure stage, then 2 and 950 by the descent module, with all aboard
    stack = 26_000.0 + departure + capsule + lander + crew + cargo
    after = left(stack, departure, [3150.0], 448.0)
    assert after > 0.0
    whole = capsule + lander + crew + cargo
    descent = left(whole, 24_900.0, [2.0, 950.0], 448.0)
    assert descent == pytest.approx(12_217.7, abs=30.0)
    landing = left(12_000.0 + descent + 6000.0 + crew + cargo, descent, [2030.0, 11.0], 448.0)
    assert landing == pytest.approx(654.7, abs=30.0)
    ascent = left(6000.0 + crew + samples, 3000.0, [1875.0, 31.0], 320.0)
    assert ascent == pytest.approx(41.1, abs=5.0)


@pytest.mark.parametrize("capacity", [10_000.0, 27_000.0, 50_000.0])
def test_payload_agrees_with_the_closed_form(capacity):
    craft = Lander(id="craft", launchers=["x"], dry_mass=2000.0, propellant=1e9, specific_impulse=320.0)
    closed = capacity * math.exp(-2900.0 / (320.0 * 9.80665)) - 2000.0
    assert payload(craft, capacity) == pytest.approx(closed, rel=1e-12)
