"""The files of a study: summary, series, contacts, orbits and the report, in one folder."""

import math
from pathlib import Path

import numpy as np
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.errors import OutputError
from moonstation.formats.drafts import discard, draft_folder, place
from moonstation.formats.oem import write_oem
from moonstation.links.contacts import windows_between
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.events import clip, complement, longest, total
from moonstation.study.missions import MissionFlight
from moonstation.study.output import SCHEMA, SUMMARY, replacing_folder, write_json, write_text
from moonstation.study.result import StudyResult
from moonstation.study.summary import (
    ArrivalPart,
    ArrivalSitePart,
    ContactPart,
    DataPart,
    EarthPart,
    EnergyPart,
    HorizonPart,
    LandingPart,
    LinkPart,
    OrbiterPart,
    RelayPart,
    RequirementPart,
    SitePart,
    SourcePart,
    SpanPart,
    StationPart,
    Summary,
    SunPart,
)

HOUR = 3600.0
DAY = 86_400.0
KWH = 3.6e6
ROUND_TURN, LONG_TURN = 0.25, 0.1
"""Turn about the Moon between rows of an ephemeris message [rad], on round orbits and on eccentric ones (ratio of
radii over `ECCENTRIC`): readers who interpolate as the message advises (Hermite, degree 7) stay within 1 m."""
ECCENTRIC = 1.5
LONGEST_ROW = HOUR
"""Longest time between rows [s]."""
FINE = 60.0
"""Step at which the turn is summed [s]."""


def write_study(result: StudyResult, folder: Path, *, page: str) -> None:
    """Write a study into its folder, whole or not at all.

    Parameters
    ----------
    result : StudyResult
        What was found.
    folder : Path
        Place; an earlier study there is replaced once everything is written.
    page : str
        The report, HTML.

    Raises
    ------
    OutputError
        If the disk is full or refuses; an earlier study is untouched.
    RequestError
        If the folder holds something else.
    """
    with replacing_folder(folder) as draft:
        write_text(draft / "report.html", page)
        write_json(draft / SUMMARY, summary_of(result).model_dump(mode="json", by_alias=True))
        write_series(result.series, draft / "timeseries.nc")
        result.contacts.to_csv(draft / "contacts.csv", index=False, lineterminator="\n")
        if result.trajectories:
            (draft / "orbits").mkdir()
        for orbiter in result.station.orbiters:
            write_orbit(result, orbiter.id, draft / "orbits" / f"{orbiter.id}.oem")


def write_series(series: xr.Dataset, path: Path) -> None:
    """Write series as NetCDF-4, compressed; times count whole nanoseconds."""
    packed = {name: {"zlib": True, "complevel": 1, "shuffle": True} for name in series.data_vars}
    try:
        series.to_netcdf(path, engine="netcdf4", encoding=packed)
    except RuntimeError as error:
        # the NetCDF library reports a disk that refuses as RuntimeError, without its number
        raise OutputError(f"{path.name}: could not be written ({error}); is the disk full?") from error


def place_series(series: xr.Dataset, path: Path) -> None:
    """Write series as NetCDF-4 where a user wants them, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        folder = draft_folder(path.absolute(), label="nc")
        try:
            write_series(series, folder / path.name)
            place(folder / path.name, path)
        finally:
            discard(folder)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{path}: cannot be written ({error}); choose another folder") from error


def write_orbit(result: StudyResult, orbiter: str, path: Path) -> None:
    """Write an orbiter's motion over the span as a CCSDS orbit ephemeris message."""
    trajectory = result.trajectories[orbiter]
    et = ephemeris_rows(trajectory, result.start.tdb_s, min(result.stop.tdb_s, float(trajectory.et[-1])))
    write_oem(
        path,
        et,
        states_icrf=trajectory.state_icrf(et),
        object_name=orbiter,
        object_id=orbiter,
        creation_date=result.start.utc[:19],
        comments=(trajectory.note,),
    )


def ephemeris_rows(trajectory: Trajectory, start: float, stop: float) -> FloatArray:
    """Epochs of the rows of an ephemeris message: close where the orbiter turns fast, wide where it is slow.

    Returns
    -------
    ndarray, shape (n,)
        TDB seconds past J2000, from start to stop.
    """
    fine = np.linspace(start, stop, max(2, math.ceil((stop - start) / FINE)) + 1)
    states = trajectory.state_icrf(fine)
    radius = np.linalg.norm(states[:, :3], axis=1)
    turning = np.linalg.norm(np.cross(states[:, :3], states[:, 3:]), axis=1) / radius**2
    turn = LONG_TURN if radius.max() > ECCENTRIC * radius.min() else ROUND_TURN
    density = np.maximum(turning / turn, 1.0 / LONGEST_ROW)
    passed = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(fine))])
    rows = np.interp(np.linspace(0.0, passed[-1], math.ceil(passed[-1]) + 1), passed, fine)
    # whole milliseconds read better, and the message writes microseconds
    inner: FloatArray = np.round(rows[1:-1], 3)
    return np.concatenate([[start], inner, [stop]])


def summary_of(result: StudyResult) -> Summary:
    """Summarise a study; `Summary` documents every value."""
    station = result.station
    return Summary(
        schema_name=SCHEMA,
        station=StationPart(
            name=station.name,
            file=station.path.name if station.path else station.id,
            sha256=station.sha256,
        ),
        span=SpanPart(
            start=result.start.utc,
            stop=result.stop.utc,
            days=round((result.stop - result.start) / DAY, 9),
            step_s=result.step_s,
        ),
        sites=[_site(result, site.id) for site in station.sites],
        orbiters=[_orbiter(result, orbiter.id) for orbiter in station.orbiters],
        contacts=_contacts(result),
        relays=[
            RelayPart(
                site=role.site,
                relay=role.relay,
                seen=role.seen,
                passed_on=role.passed_on,
                carried=role.carried,
                reach=LinkPart(share=role.reach.share, longest_gap_h=role.reach.longest_gap / HOUR),
                without=LinkPart(share=role.without.share, longest_gap_h=role.without.longest_gap / HOUR),
            )
            for role in result.relay_roles
        ],
        arrivals=[_arrival(flown) for flown in result.arrivals],
        energy=[_energy(result, bus) for bus in result.power],
        data=[_data(result, name) for name in (*result.data.sites, *result.data.orbiters)],
        requirements=[
            RequirementPart(
                id=verdict.id,
                metric=verdict.metric,
                value=verdict.value,
                unit=verdict.unit,
                limit=verdict.limit,
                sense=verdict.sense,
                margin=verdict.margin,
                verdict=verdict.verdict,
                text=verdict.text,
            )
            for verdict in result.verdicts
        ],
        notes=result.notes,
        sources=[
            SourcePart(
                name=source.name,
                version=source.version,
                sha256=source.sha256,
                resolution=source.resolution,
                limits=source.limits,
                serves=source.serves,
            )
            for source in result.sources
        ],
        software=result.software,
        timings_s=result.timings_s,
    )


def _site(result: StudyResult, name: str) -> SitePart:
    spec = next(site for site in result.station.sites if site.id == name)
    ground, run = result.grounds[name], result.lights[name]
    sun = run.statistics
    return SitePart(
        id=name,
        name=spec.name,
        lat_deg=ground.site.lat_deg,
        lon_deg=ground.site.lon_deg,
        ground_m=ground.site.ground_m,
        height_m=spec.height,
        horizon=HorizonPart(
            terrain=ground.horizon.terrain,
            resolution_m=_number(ground.horizon.resolution_m),
            indicative=ground.horizon.indicative,
            table=ground.table,
        ),
        sun=SunPart(
            average=sun.average,
            any_light=sun.any_light,
            longest_dark_d=sun.longest_dark / DAY,
            longest_dark_start=_utc(sun.longest_dark_start),
            longest_light_d=sun.longest_light / DAY,
            longest_light_start=_utc(sun.longest_light_start),
        ),
        earth=EarthPart(visible=run.earth_visible, disc_average=float(np.mean(run.earth_fraction))),
        earth_link=_link(result, name, "earth_link"),
        relay_link=_link(result, name, "relay_link"),
        link=_link(result, name, "link"),
    )


def _link(result: StudyResult, site: str, kind: str) -> LinkPart:
    return LinkPart(
        share=result.metrics[f"site.{site}.{kind}.share"],
        longest_gap_h=result.metrics[f"site.{site}.{kind}.longest_gap"] / HOUR,
    )


def _orbiter(result: StudyResult, name: str) -> OrbiterPart:
    spec = next(orbiter for orbiter in result.station.orbiters if orbiter.id == name)
    trajectory = result.trajectories[name]
    return OrbiterPart(
        id=name,
        name=spec.name,
        relay=spec.relay,
        altitude_lowest_km=result.metrics[f"orbiter.{name}.altitude.lowest"] / 1e3,
        altitude_highest_km=trajectory.altitude_extremes.highest / 1e3,
        gravity_degree=trajectory.degree,
        keeping_m_s_per_year=result.keeping.get(name),
        note=trajectory.note,
    )


def _contacts(result: StudyResult) -> list[ContactPart]:
    pairs = dict.fromkeys((contact.from_id, contact.to_id, contact.kind) for contact in result.contact_list)
    start, stop = result.start.tdb_s, result.stop.tdb_s
    parts = []
    for from_id, to_id, kind in pairs:
        windows = clip(
            windows_between(result.contact_list, from_ids=[from_id], to_ids=[to_id])[0], start, stop
        )
        parts.append(
            ContactPart(
                from_id=from_id,
                to_id=to_id,
                kind=kind,
                windows=len(windows),
                total_h=total(windows) / HOUR,
                share=total(windows) / (stop - start),
                longest_gap_h=longest(complement(windows, start, stop)) / HOUR,
            )
        )
    return parts


def _arrival(flown: MissionFlight) -> ArrivalPart:
    flight = flown.flight
    return ArrivalPart(
        mission=flown.mission.id,
        launcher=flown.launcher.id,
        launch_site=str(flown.mission.launch_site),
        day=str(flown.mission.departs),
        days_off=flown.days_off,
        lift_off=flight.lift_off.utc,
        injection=flight.departure.utc,
        arrival=flight.arrival.utc,
        flight_d=flight.flight_time / DAY,
        injection_m_s=flight.injection,
        insertion_m_s=flight.insertion.delta_v,
        impulses=flight.insertion.impulses,
        trans_lunar_kg=flown.launcher.tli,
        in_orbit_kg=flown.in_orbit,
        landed_kg=flown.landed,
        craft_kg=flown.mission.craft_mass,
        elements=flown.elements,
        manifest_kg=flown.manifest,
        mass_margin_kg=flown.mass_margin,
        at_site=_at_site(flown),
        assumptions=list(flown.assumed),
    )


def _at_site(flown: MissionFlight) -> ArrivalSitePart | None:
    found = flown.arrival
    if found is None:
        return None
    landing = None
    if found.landing is not None:
        landing = LandingPart(
            utc=found.landing.utc,
            sun_elevation_deg=math.degrees(found.landing_sun_elevation),
            sun_from_heading_deg=math.degrees(found.landing_sun_beside),
            earth_elevation_deg=math.degrees(found.landing_earth_elevation),
            earth_seen=found.landing_earth_fraction,
        )
    return ArrivalSitePart(
        site=str(flown.mission.site),
        sun_elevation_deg=math.degrees(found.sun_elevation),
        sun_seen=found.sun_fraction,
        earth_elevation_deg=math.degrees(found.earth_elevation),
        earth_seen=found.earth_fraction,
        landing=landing,
        no_landing_because=found.limit,
    )


def _energy(result: StudyResult, bus: str) -> EnergyPart:
    run = result.power[bus]
    return EnergyPart(
        bus=bus,
        reserve_lowest=_number(run.reserve_lowest),
        reserve_lowest_at=_utc(run.reserve_lowest_at),
        dark_margin=_number(run.dark_margin),
        margin_lowest_w=run.margin_lowest,
        generated_kwh=run.energy.generated / KWH,
        served_kwh=run.energy.served / KWH,
        unserved_kwh=run.energy.unserved / KWH,
        curtailed_kwh=run.energy.curtailed / KWH,
        survival_h=run.time_in_survival / HOUR,
        bridged=run.bridged,
        closing_capacity_kwh=None if run.closing_capacity is None else run.closing_capacity / KWH,
    )


def _data(result: StudyResult, name: str) -> DataPart:
    run = result.data.sites.get(name) or result.data.orbiters[name]
    return DataPart(
        id=name,
        made_gbit=run.made_total / 1e9,
        delivered_gbit=run.delivered_total / 1e9,
        waiting_gbit=run.waiting_end / 1e9,
        lost_gbit=run.lost_total / 1e9,
        delivered_share=_number(run.delivered_share),
        backlog_longest_h=run.age_longest / HOUR,
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _utc(et: float) -> str | None:
    return Epoch.from_tdb_s(et).utc if math.isfinite(et) else None
