"""Batteries of lithium-ion cells: capacity by temperature, and how fast time and cycles take it.

- Capacity: 60, 80, 100 and 100 % at -10, 0, 25 and 40 C, straight lines in between: the default of the battery model of
  NREL's System Advisor Model (DiOrio et al., NREL/TP-6A20-64641, 2015) for lithium-ion.
- Ageing: Xu, Oudalov, Ulbig, Andersson, Kirschen, IEEE Trans. Smart Grid 9 (2018) 1131, doi:10.1109/TSG.2016.2578950,
  with their figures for cells of manganese oxide. Damage is the sum of ``k_t S_T S_sigma`` a second and of
  ``S_delta S_T S_sigma`` a cycle; what is left is ``a exp(-b d) + (1 - a) exp(-d)``. Cells of other make last from half
  to three times as long: give their cycle and calendar life, or a range.

Limits: one temperature throughout, no effect of current, no sudden end ("knee") but the one set by ``battery_retires``.
"""

import math

import numpy as np

from moonstation.simulation._ageing_kernels import SEI_SHARE, cycle_damage

TEMPERATURES = (263.15, 273.15, 298.15, 313.15)
CAPACITIES = (0.6, 0.8, 1.0, 1.0)
REFERENCE = 298.15
"""Temperature at which the laws' factors are one [K]."""

TIME_RATE = 4.14e-10
"""Damage of time at half charge and 25 C [1/s] (Xu et al. 2018, k_t)."""

WARMTH_RATE = 6.93e-2
"""How fast ageing grows with temperature [1/K] (k_T)."""

LEFT = 0.8
"""Capacity left at the end of the lives that makers state."""

DAMAGE_TO_LEFT = -math.log(LEFT / (1.0 - SEI_SHARE))
"""Damage after which `LEFT` of the capacity is left; the first film is long complete then."""


def capacity_at(temperature: float | None) -> float:
    """Capacity at a temperature [K] as share of that at 25 C; 1 where none is given."""
    if temperature is None:
        return 1.0
    return float(np.interp(temperature, TEMPERATURES, CAPACITIES))


def warmth_stress(temperature: float | None) -> float:
    """Factor on ageing by temperature [K]: ``exp(k_T (T - T0) T0 / T)``; 1 where none is given."""
    if temperature is None:
        return 1.0
    return math.exp(WARMTH_RATE * (temperature - REFERENCE) * REFERENCE / temperature)


def calendar_rate(*, life: float | None, temperature: float | None) -> float:
    """Damage of time at half charge [1/s].

    Parameters
    ----------
    life : float or None
        Time at half charge and 25 C to 80 % [s]; that of Xu et al. if not given.
    temperature : float or None
        [K]
    """
    rate = TIME_RATE if life is None else DAMAGE_TO_LEFT / life
    return rate * warmth_stress(temperature)


def cycle_factor(*, life: float | None, temperature: float | None) -> float:
    """Factor on the damage of cycles that the law gives at 25 C.

    Parameters
    ----------
    life : float or None
        Whole cycles of full depth at 25 C to 80 %; that of Xu et al. if not given.
    temperature : float or None
        [K]
    """
    given = 1.0 if life is None else DAMAGE_TO_LEFT / (life * cycle_damage(0.0, 1.0))
    return given * warmth_stress(temperature)
