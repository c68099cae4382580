"""What is asked of a set of relays, and how its cost is counted."""

from dataclasses import dataclass
from typing import Literal

from moonstation.errors import RequestError
from moonstation.study.relay_orbits import RelayOrbit
from moonstation.transfers.launch import mass_after

Measure = Literal["mass", "delta-v", "number"]
MEASURES: tuple[Measure, ...] = ("mass", "delta-v", "number")
UNITS = {"mass": "kg", "delta-v": "m/s", "number": "relays"}

MOST_RELAYS = 12

YEAR = 365.25 * 86_400.0


@dataclass(frozen=True)
class Price:
    """How the cost of a relay is counted.

    Attributes
    ----------
    measure : str
        "mass": sent on its way to the Moon [kg]; "delta-v": of insertion and keeping [m/s]; "number": 1 each.
    life : float
        Time over which it is kept [s].
    dry_mass : float
        Without propellant [kg].
    isp : float
        Specific impulse [s].
    margin : float
        Share added to an insertion that is computed.
    """

    measure: Measure = "mass"
    life: float = 8.0 * YEAR
    dry_mass: float = 1200.0
    isp: float = 315.0
    margin: float = 0.05

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise RequestError(f"--cost {self.measure[:20]}: give one of {', '.join(MEASURES)}")
        for value, name, low, high in (
            (self.life / YEAR, "life [yr]", 0.0, 100.0),
            (self.dry_mass, "dry mass [kg]", 1.0, 1e6),
            (self.isp, "specific impulse [s]", 50.0, 5000.0),
            (self.margin, "margin", 0.0, 1.0),
        ):
            if not low <= value <= high:
                raise RequestError(f"cost of relays: {name} {value:g}; give {low:g} to {high:g}")

    def delta_v(self, relay: RelayOrbit) -> float:
        """Insertion with margin, and keeping over the life [m/s]."""
        extra = self.margin if relay.computed else 0.0
        return relay.insertion * (1.0 + extra) + relay.keeping * self.life / YEAR

    def mass(self, relay: RelayOrbit) -> float:
        """Mass sent on its way to the Moon [kg] (Tsiolkovsky)."""
        return self.dry_mass / mass_after(1.0, self.delta_v(relay), isp=self.isp)

    def of(self, relay: RelayOrbit) -> float:
        """Cost in the measure."""
        if self.measure == "number":
            return 1.0
        return self.mass(relay) if self.measure == "mass" else self.delta_v(relay)

    def told(self) -> str:
        """The measure in words."""
        if self.measure == "number":
            return "number of relays"
        parts = (
            f"delta-v of insertion (computed ones + {100.0 * self.margin:g} %) and of keeping for "
            f"{self.life / YEAR:g} years"
        )
        if self.measure == "delta-v":
            return f"{parts}, summed over the relays"
        return (
            f"mass sent on its way to the Moon, by the rocket equation from {self.dry_mass:g} kg dry each, specific "
            f"impulse {self.isp:g} s, {parts}"
        )


@dataclass(frozen=True)
class RelayWish:
    """What is asked of a set of relays.

    Attributes
    ----------
    most : int
        Relays at most.
    fold : int
        2: only times count at which two relays serve a site at once.
    direct : bool
        Whether times count at which a site sees a ground station itself.
    at_least : float or None
        Share of time wanted at every site.
    gap_at_most : float or None
        Longest gap allowed at any site [s].
    price : Price
        How cost is counted.
    seed : int
        Of the starts of the search and of the solver.
    """

    most: int = 4
    fold: int = 1
    direct: bool = False
    at_least: float | None = None
    gap_at_most: float | None = None
    price: Price = Price()
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.most <= MOST_RELAYS:
            raise RequestError(f"--most {self.most}: give 1 to {MOST_RELAYS} relays")
        if self.fold not in (1, 2):
            raise RequestError(f"--fold {self.fold}: give 1 (any relay) or 2 (two at once)")
        if self.at_least is not None and not 0.0 < self.at_least <= 1.0:
            raise RequestError(f"--at-least {self.at_least:g}: give a share above 0 and up to 100 %")
        if self.gap_at_most is not None and not self.gap_at_most >= 0.0:
            raise RequestError(f"--gap-at-most {self.gap_at_most:g} s: give 0 s or more")
