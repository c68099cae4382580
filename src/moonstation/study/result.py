"""What a study hands on: one record that the report, the files and the caller read."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from moonstation.formats.provenance import DataSource
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.requirements import Verdict
from moonstation.terrain.horizons import Horizon


@dataclass(frozen=True)
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
    horizons : dict of str to Horizon
        Terrain horizon by site.
    sites : dict of str to dict
        Light and link figures by site, SI units (see `moonstation.study.summary`).
    monthly : dict of str to pandas.DataFrame
        Light by calendar month and site.
    contacts : pandas.DataFrame
        Every window between two ends; as in ``contacts.csv``.
    trajectories : dict of str to Trajectory
        Orbiters' motion.
    energy, data : dict of str to dict
        Figures by bus and by site or orbiter, SI units.
    metrics : dict of str to float
        Every figure that a requirement can name, SI units.
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
    horizons: dict[str, Horizon]
    sites: dict[str, dict[str, Any]]
    monthly: dict[str, pd.DataFrame]
    contacts: pd.DataFrame
    trajectories: dict[str, Trajectory]
    energy: dict[str, dict[str, Any]]
    data: dict[str, dict[str, Any]]
    metrics: dict[str, float]
    verdicts: list[Verdict]
    sources: list[DataSource]
    notes: list[str]
    relief: tuple[Any, float] | None = None
    software: dict[str, str] = field(default_factory=dict)
    timings_s: dict[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether every requirement is met."""
        return all(verdict.verdict == "met" for verdict in self.verdicts)
