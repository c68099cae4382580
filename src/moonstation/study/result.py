"""What a study hands on: one record that the report, the files and the caller read."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.formats.provenance import DataSource
from moonstation.links.contacts import Contact
from moonstation.orbits.propagation import Trajectory
from moonstation.simulation.data import DataRuns
from moonstation.simulation.power import PowerRun
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.ground import Ground
from moonstation.study.link_rates import LinkRates
from moonstation.study.missions import MissionFlight
from moonstation.study.relays import RelayRole
from moonstation.study.requirements import Verdict
from moonstation.sunlight.light import SiteLight
from moonstation.sunlight.statistics import LightStatistics
from moonstation.terrain.horizons import Horizon


@dataclass(frozen=True, eq=False)
class LightRun:
    """Light at a site, at the height at which it is quoted.

    Attributes
    ----------
    light : SiteLight
        Where the Sun and the Earth stand.
    fraction, earth_fraction : ndarray, shape (n,)
        Visible share of the Sun's and of the Earth's disc, 0 to 1.
    earth_visible : float
        Share of time in which the Earth's centre is above the horizon.
    statistics : LightStatistics
        Of the Sun.
    monthly : pandas.DataFrame
        Light of the Sun by calendar month.
    """

    light: SiteLight
    fraction: FloatArray
    earth_fraction: FloatArray
    earth_visible: float
    statistics: LightStatistics
    monthly: pd.DataFrame


@dataclass(frozen=True, eq=False)
class StudyResult:
    """Every analysis of one station over one span.

    Attributes
    ----------
    station : Station
        The station as loaded.
    start, stop : Epoch
        The span studied.
    step_s : float
        Step of the series [s].
    series : xarray.Dataset
        All series on dimension ``time`` (UTC), with ``units`` and ``long_name``; as in ``timeseries.nc``.
    grounds : dict of str to Ground
        Each site with its horizon.
    lights : dict of str to LightRun
        Light by site.
    contact_list : list of Contact
        Every window between two ends.
    contacts : pandas.DataFrame
        The same as a table with rate, volume and light time; as in ``contacts.csv``.
    rates : LinkRates
        What the links carry, and where their rates come from.
    trajectories : dict of str to Trajectory
        Orbiters' motion.
    keeping : dict of str to float
        What it costs to keep those orbiters that do not stay by themselves [m/s a year], by id.
    power : dict of str to PowerRun
        By bus.
    data : DataRuns
        By site and orbiter.
    relay_roles : list of RelayRole
        What each relay does for each site.
    arrivals : list of MissionFlight
        How the missions get to the Moon that say when they depart.
    metrics : dict of str to float
        Every figure that a requirement can name, SI units; nan where it has no meaning.
    verdicts : list of Verdict
        The requirements, each with value, limit and margin.
    sources : list of DataSource
        Data files behind the figures.
    notes : list of str
        Limits to be told beside the figures.
    relief : tuple or None
        Elevations [m] about the pole for the map, shape (n, n), and the map's half width [m].
    software : dict of str to str
        Versions of what computed this.
    timings_s : dict of str to float
        Wall-clock seconds by stage.
    """

    station: Station
    start: Epoch
    stop: Epoch
    step_s: float
    series: xr.Dataset
    grounds: dict[str, Ground]
    lights: dict[str, LightRun]
    contact_list: list[Contact]
    contacts: pd.DataFrame
    rates: LinkRates
    trajectories: dict[str, Trajectory]
    keeping: dict[str, float]
    power: dict[str, PowerRun]
    data: DataRuns
    relay_roles: list[RelayRole]
    arrivals: list[MissionFlight]
    metrics: dict[str, float]
    verdicts: list[Verdict]
    sources: list[DataSource]
    notes: list[str]
    relief: tuple[Any, float] | None = None
    software: dict[str, str] = field(default_factory=dict)
    timings_s: dict[str, float] = field(default_factory=dict)

    @property
    def horizons(self) -> dict[str, Horizon]:
        """Terrain horizon by site."""
        return {name: ground.horizon for name, ground in self.grounds.items()}

    @property
    def met(self) -> bool:
        """Whether every requirement is met."""
        return all(verdict.verdict == "met" for verdict in self.verdicts)
