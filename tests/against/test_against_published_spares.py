"""Spares against the published demand of ISS-like life support.

Source: Do, Owens, Ho, Schreiner, de Weck, Acta Astronautica 120 (2016) 192-228, data of the authors: mean time between
failures, life and count of 70 components, cumulative spares over ten missions of 19 000 h, each with a habitat more,
system probability 0.99 split evenly over 155 component instances. Tolerance: equal in at least 695 of 700 cells, the
others one too many: the paper does not say how long a repair takes. 12 h are taken, which is the order of a day's work;
without any 693 cells are equal.
"""

import csv
import math
from pathlib import Path

import pytest

from moonstation.errors import RequestError
from moonstation.simulation.spares import shared_confidence, spares_for

DAY = 86_400.0
HOUR = 3600.0
BETWEEN = 19_000 * HOUR
ONE_SET = ("9", "10")
"""Groups of which later missions bring no more."""


def demand_of(
    rate: float, units: int, life: float, missions: int, confidence: float, *, grows: bool = True
) -> int:
    """Spares used up to a mission: each brings a habitat more, so in the k-th k of them are at work."""
    at_work = BETWEEN * (missions * (missions + 1) / 2 if grows else missions)
    chance = spares_for(rate, at_work, units=units, confidence=confidence, repair=12 * HOUR)
    worn = sum(spares_for(0.0, k * BETWEEN, units=units, life=life) for k in range(1, missions + 1))
    return max(chance, worn)


def test_demand_over_ten_missions(truth: Path) -> None:
    with (truth / "reliability" / "acta_componentData_noBPS.csv").open() as file:
        parts = list(csv.DictReader(file))
    with (truth / "reliability" / "acta_noBPS_netCumulativeDemand.csv").open() as file:
        demand = [[int(float(cell)) for cell in row] for row in csv.reader(file) if row]
    assert (len(parts), len(demand), len(demand[0])) == (70, 70, 10)
    each = shared_confidence(0.99, 155)
    assert each == pytest.approx(0.9999352, abs=1e-7)
    equal = 0
    for part, row in zip(parts, demand, strict=True):
        life = float(part["Life Limit [d]"]) * DAY if part["Life Limit [d]"] else math.inf
        rate, units = 1.0 / (float(part["MTBF [d]"]) * DAY), int(part["# in Primary System"])
        group = part["Group ID"]
        units *= 4 if group == "3" else 1  # "CCAA x4" in the table
        for mission, expected in enumerate(row, start=1):
            found = demand_of(rate, units, life, mission, each, grows=group not in ONE_SET)
            assert found - expected in (0, 1)
            equal += found == expected
    assert equal >= 695


@pytest.mark.parametrize(
    ("mtbf_d", "life_d", "missions", "spares"),
    [(2576.9, 91.25, 3, 51), (12362.55, 2190.0, 1, 2), (5767.0, math.inf, 10, 20)],
)
def test_some_cells(mtbf_d: float, life_d: float, missions: int, spares: int) -> None:
    """Cells of the same table, typed in: hydrogen sensor, deionising bed, purge unit."""
    each = shared_confidence(0.99, 155)
    assert demand_of(1.0 / (mtbf_d * DAY), 1, life_d * DAY, missions, each) == spares


def test_nonsense_is_refused() -> None:
    with pytest.raises(RequestError, match="confidence"):
        spares_for(1.0, 1.0, confidence=1.0)
    with pytest.raises(RequestError, match="rate"):
        spares_for(-1.0, 1.0)
