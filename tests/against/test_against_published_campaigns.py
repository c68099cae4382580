"""The rocket equation of campaigns against a published lunar sortie and the propellant ledger of Apollo 11.

SpaceNet Quick Start 1 (MIT Strategic Engineering, lunar sortie): "the transportation architecture closes"; the
propellant left after each burn was worked out from its published elements and burns, and typed in here with them.
Apollo 11 Flight Plan (1 July 1969, tables 5-4 and 5-8): weights and velocity changes line by line.
"""

import json
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
    # remainders are given to a tenth of a kilogram, and each starts from that of the burn before it
    crew, cargo, samples = 400.0, 500.0, 100.0
    capsule = 8000.0 + 175.0 + 3000.0 + 10_000.0
    lander = 12_000.0 + 24_900.0 + 3000.0 + 3000.0
    whole = capsule + lander + crew + cargo
    # 115,634 kg are left in the departure stage after the ascent; 3150 m/s to the Moon are its last burn
    assert left(26_000.0 + 115_634.0 + whole, 115_634.0, [3150.0], 448.0) > 0.0
    descent = left(whole, 24_900.0, [2.0, 2.0, 950.0], 448.0)
    assert descent == pytest.approx(12_217.7, abs=0.06)
    landing = left(12_000.0 + 12_217.7 + 6000.0 + crew + cargo, 12_217.7, [2030.0, 11.0], 448.0)
    assert landing == pytest.approx(654.7, abs=0.06)
    ascent = left(6000.0 + crew + samples, 3000.0, [1875.0, 31.0], 320.0)
    assert ascent == pytest.approx(41.1, abs=0.06)
    home = left(capsule + crew + samples, 10_000.0, [612.3, 276.5, 333.6, 3.2, 3.2], 328.0)
    assert home == pytest.approx(3117.8, abs=0.06)


def test_the_propellant_ledger_of_apollo_11(truth):
    """Masses implied by consecutive burns agree within 1.3 %: the flight plan has no masses, and 314 s is assumed."""
    ledger = json.loads((truth / "campaign" / "apollo11_propellant.json").read_text(encoding="utf-8"))
    for stage in ("sps", "dps"):
        remains = ledger[stage]["loaded"]
        for name, used, after in ledger[stage]["lines"]:
            remains -= used
            assert remains == pytest.approx(after, abs=0.11), name
    used = {name.split()[0]: amount for name, amount, _ in ledger["sps"]["lines"]}
    feet = 0.3048

    def before(name, speed):
        """Mass before a burn [lb] by its propellant and velocity change: propellant is in proportion to mass."""
        final = used[name] / burnt(1.0, speed * feet, 314.0)
        return final + used[name]

    first, second = before("LOI-1", 2924.0), before("LOI-2", 157.8)
    assert first - used["LOI-1"] == pytest.approx(second, rel=0.013)
    home, after = before("TEI", 3292.7), before("flexibility", 900.0)
    assert home - used["TEI"] == pytest.approx(after, rel=0.013)


@pytest.mark.parametrize("capacity", [10_000.0, 27_000.0, 50_000.0])
def test_payload_agrees_with_the_closed_form(capacity):
    craft = Lander(id="craft", launchers=["x"], dry_mass=2000.0, propellant=1e9, specific_impulse=320.0)
    closed = capacity * math.exp(-2900.0 / (320.0 * 9.80665)) - 2000.0
    assert payload(craft, capacity) == pytest.approx(closed, rel=1e-12)
