"""Which data files stand behind a study."""

from collections.abc import Iterable
from dataclasses import replace

from moonstation.formats.provenance import DataSource, file_sha256
from moonstation.orbits.gravity import load_gravity
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import LEAP_SECONDS_FILE, leap_seconds
from moonstation.station.model import Station
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import Horizon

LOWEST_DEGREE = 2


def packaged_sources() -> list[DataSource]:
    """Every data file that serves a study unless the user names another."""
    return _distinct(
        [
            *default_ephemeris().sources,
            _leap_seconds_source(),
            replace(load_gravity(LOWEST_DEGREE).source, resolution="to degree 1200 (4.5 km half wavelength)"),
            *ElevationModel.packaged().sources,
        ]
    )


def study_sources(
    station: Station, trajectories: Iterable[Trajectory], horizons: Iterable[Horizon]
) -> list[DataSource]:
    """Data files behind a study, each once: station file, kernels, gravity, terrain."""
    file = DataSource(
        name=f"station file {station.path.name if station.path else station.id}",
        version=station.name,
        sha256=station.sha256,
        serves="what is studied",
    )
    flown = [source for trajectory in trajectories for source in trajectory.sources]
    return _distinct([file, *place_sources([]), *flown, *place_sources(horizons)])


def place_sources(horizons: Iterable[Horizon]) -> list[DataSource]:
    """Data files behind the light of places, each once: kernels and terrain."""
    terrain = [source for horizon in horizons for source in horizon.sources]
    return _distinct([*default_ephemeris().sources, _leap_seconds_source(), *terrain])


def _leap_seconds_source() -> DataSource:
    return DataSource(
        name=f"leap seconds kernel ({LEAP_SECONDS_FILE.name})",
        version=f"last leap second {leap_seconds().days[-1]}",
        sha256=file_sha256(LEAP_SECONDS_FILE),
        limits="leap seconds that may still be announced are not known",
        serves="UTC",
    )


def _distinct(sources: Iterable[DataSource]) -> list[DataSource]:
    """Each file once; where it was used at several resolutions, all of them."""
    found: dict[tuple[str, str], list[DataSource]] = {}
    for source in sources:
        found.setdefault((source.name, source.sha256), []).append(source)
    return [
        replace(same[0], resolution="; ".join(dict.fromkeys(source.resolution for source in same)))
        for same in found.values()
    ]
