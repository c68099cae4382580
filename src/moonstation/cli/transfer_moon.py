"""`moonstation transfer moon` and `home`: flights to the Moon and back, exact in the full model."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.transfer_far import (
    LOW_ENERGY,
    PERIODIC,
    FarRequest,
    far_flights,
    light_strips,
    low_energy_flights,
)
from moonstation.cli.transfer_far_home import far_home_flights
from moonstation.cli.transfer_words import SHOWN, WIDTH, minute, plain_table, print_masses, print_troubles
from moonstation.cli.words import (
    PLACE_HELP,
    TERRAIN_OPTION,
    check_file,
    read_quantity,
    read_range,
    write_file,
)
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import packaged_catalogue
from moonstation.station.units import parse_quantity
from moonstation.study.arrivals import APPROACH, LandingRules, SiteArrival, site_arrivals
from moonstation.study.places import Place, find_place
from moonstation.transfers.budgets import budgets, delivered, delivered_table
from moonstation.transfers.cislunar import MODEL
from moonstation.transfers.home import Entry
from moonstation.transfers.insertion import DESCENT_ORBIT, LunarOrbit, descent_lowering
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.moon import LONGEST_FLIGHT, SHORTEST_FLIGHT, Departure, MoonFlight, moon_porkchop
from moonstation.transfers.periodic_search import WAYS
from moonstation.transfers.search import AIMS, find_home_flights, find_moon_flights, home_table, moon_table

LONGEST_SPAN_DAYS = 400.0
PICTURE_STEPS = 360

FREE = "free"
START = Annotated[str, typer.Option("--from", help="First day, e.g. 2030-03-01.")]
DAYS = Annotated[float, typer.Option(help="Length of the span in days.")]
ORBIT = Annotated[
    str | None,
    typer.Option(
        help="Orbit of the Moon by its name in the catalogue, instead of the four that follow; or nrho (9:2, south "
        "of L2), halo (about L2, south), dro (distant retrograde)."
    ),
]
PERIAPSIS = Annotated[str, typer.Option(help="Its periapsis over the 1737.4 km sphere.")]
APOAPSIS = Annotated[str | None, typer.Option(help="Its apoapsis likewise; circular if not given.")]
SIDE = Annotated[
    str, typer.Option("--periapsis-in", help="Half of the Moon that its periapsis shall lie in.")
]
LEAN = Annotated[
    str, typer.Option("--orbit-inclination", help="Its inclination to the Moon's equator, or 'free'.")
]

Z_AMPLITUDE = Annotated[
    str, typer.Option(help="Greatest height of --orbit halo out of the Moon's orbital plane.")
]
RADIUS = Annotated[str, typer.Option(help="Distance of --orbit dro from the Moon, towards the Earth.")]
ORBIT_EPOCH = Annotated[
    str | None,
    typer.Option(
        help="When nrho or halo is farthest from the Moon, dro on the Earth's side; the first day if not given."
    ),
]
FLYBY = Annotated[
    str, typer.Option(help="Height of the burn close to the Moon on the way to or from nrho, halo or dro.")
]


def moon_command(
    start: START = "2030-01-01",
    days: DAYS = 28.0,
    launch_site: Annotated[str, typer.Option(help="Launch site of the catalogue.")] = "wenchang",
    azimuth: Annotated[
        str | None, typer.Option(help="Launch azimuths, e.g. '90 deg..120 deg'; the site's if not given.")
    ] = None,
    parking: Annotated[str, typer.Option(help="Height of the circular parking orbit.")] = "200 km",
    inclination: Annotated[
        str | None,
        typer.Option(
            help="Its inclination to the Earth's equator; the least that reaches the Moon if not given."
        ),
    ] = None,
    turns: Annotated[int, typer.Option(help="Whole turns in it before the injection.")] = 0,
    orbit: ORBIT = None,
    periapsis: PERIAPSIS = "100 km",
    apoapsis: APOAPSIS = None,
    orbit_inclination: LEAN = "90 deg",
    side: SIDE = "south",
    z_amplitude: Z_AMPLITUDE = "13000 km",
    radius: RADIUS = "70000 km",
    orbit_epoch: ORBIT_EPOCH = None,
    flyby: FLYBY = "100 km",
    flight: Annotated[
        str | None,
        typer.Option(
            help="About this time of flight, e.g. '4.5 d'; the cheapest if not given. To nrho, halo or dro: direct or "
            "flyby, the cheaper of both if not given. To an orbit about the Moon also low-energy: 70 to 130 d, by "
            "the Sun's pull."
        ),
    ] = None,
    best: Annotated[str, typer.Option(help=f"What is to be least: {', '.join(AIMS)}.")] = "total",
    site: Annotated[str | None, typer.Option(help=f"Site to land at: {PLACE_HELP}")] = None,
    terrain: Annotated[list[Path] | None, TERRAIN_OPTION] = None,
    sun: Annotated[
        str | None,
        typer.Option(
            help="Sun's elevation at the landing, e.g. '2 deg..10 deg'; any of its disc if not given."
        ),
    ] = None,
    earth: Annotated[bool, typer.Option("--earth-visible", help="Land in sight of the Earth only.")] = False,
    aside: Annotated[
        str, typer.Option(help="How far beside the orbit's plane the landing may lie.")
    ] = "2 deg",
    approach_lit: Annotated[
        bool,
        typer.Option("--approach-lit", help="Land only where the ground 50 km before the site is lit, too."),
    ] = False,
    isp: Annotated[
        float, typer.Option(help="Specific impulse of the craft in seconds, an assumption.")
    ] = 320.0,
    margin: Annotated[str, typer.Option(help="Added to the computed insertion only.")] = "0 %",
    png: Annotated[Path | None, typer.Option(help="Write a porkchop picture (PNG).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the flights to this table, too.")] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print more than the first {SHOWN}.")] = False,
) -> int:
    """Find flights to the Moon: launch, injection, insertion, light at a site, mass by launcher.

    Dates and times of flight come from a first pass by conics; each flight shown is then made exact in the full model:
    launch site, height, inclination and time of the periselene are met.
    """
    check_file(png, "--png", ".png")
    check_file(csv, "--csv")
    first, last = _span(start, days)
    azimuths = read_range(azimuth, "angle", "--azimuth")
    leave = Departure(
        find_launch_site(launch_site, azimuths=azimuths),
        read_quantity(parking, "altitude", "--parking"),
        None if inclination is None else read_quantity(inclination, "angle", "--inclination"),
        turns,
    )
    share = read_quantity(margin, "share", "--margin")
    if orbit in PERIODIC:
        landing = {"--sun": sun is not None, "--earth-visible": earth, "--approach-lit": approach_lit}
        for key in (key for key, said in landing.items() if said):
            raise RequestError(f"{key}: no landing is computed from --orbit {orbit}; leave it out")
        place = None if site is None else find_place(site, terrain=terrain or ())
        far = FarRequest(orbit, z_amplitude, radius, orbit_epoch, flyby, flight)
        return far_flights(
            far, first, last, leave, isp=isp, margin=share, place=place, png=png, csv=csv, every=every
        )
    reach = _orbit(orbit, periapsis, apoapsis, orbit_inclination, side)
    if flight == LOW_ENERGY:
        if site is not None:
            raise RequestError(f"--site: goes with direct flights; leave it out of --flight {LOW_ENERGY}")
        return low_energy_flights(
            first, last, leave, reach, told=_told(reach), isp=isp, margin=share, png=png, csv=csv, every=every
        )
    long = None if flight is None else read_quantity(flight, "time", "--flight")
    rules = LandingRules(
        sun_elevation=read_range(sun, "angle", "--sun"),
        earth_visible=earth,
        cross_track=read_quantity(aside, "angle", "--aside"),
        approach_lit=approach_lit,
    )
    delivered(0.0, isp=isp, margin=share)
    if best not in AIMS:
        raise RequestError(f"--best {best}: give one of {', '.join(AIMS)}")
    arrivals: list[SiteArrival] = []
    troubles: list[str] = []
    with progress_bar() as report:
        report("reading the site", 0.0)
        place = None if site is None else find_place(site, terrain=terrain or ())
        flights = find_moon_flights(
            first,
            last,
            leave,
            reach,
            aim=best,
            flight_time=long,
            progress=lambda part: report("correcting flights", 0.05 + 0.75 * part),
            trouble=troubles.append,
        )
        if place is not None:
            report("light at the site", 0.82)
            arrivals = site_arrivals(flights, place, rules)
        if png is not None:
            report("drawing", 0.9)
            write_file(png, _picture(first, last, leave, reach, flights, place))
    table = moon_table(flights)
    if place is not None:
        table = table.join(_site_table(arrivals))
    cheapest = int(np.argmin(table["injection_m_s"] + table["insertion_m_s"]))
    _print_flights(table, leave, reach, place, cheapest, every=every)
    print_troubles(troubles)
    lowering = descent_lowering(reach)
    masses = delivered(
        flights[cheapest].insertion.delta_v,
        isp=isp,
        margin=share,
        landing=place is not None,
        lowering=lowering,
    )
    print_masses(
        delivered_table(masses), flights[cheapest].insertion.delta_v, isp, share, landing=place is not None
    )
    if csv is not None:
        for f, row in zip(flights, table.index, strict=True):
            for launcher, held, landed in delivered(
                f.insertion.delta_v, isp=isp, margin=share, landing=place is not None, lowering=lowering
            ):
                table.loc[row, f"in_orbit_{launcher.id}_kg"] = held
                if landed is not None:
                    table.loc[row, f"landed_{launcher.id}_kg"] = landed
        write_file(csv, table.to_csv(index=False, lineterminator="\n"))
    for path in (png, csv):
        if path is not None:
            out.print(f"{path}: written", markup=False, soft_wrap=True)
    return 0


def home_command(
    start: START = "2030-01-01",
    days: DAYS = 28.0,
    orbit: ORBIT = None,
    periapsis: PERIAPSIS = "100 km",
    apoapsis: APOAPSIS = None,
    orbit_inclination: LEAN = "90 deg",
    side: SIDE = "south",
    z_amplitude: Z_AMPLITUDE = "13000 km",
    radius: RADIUS = "70000 km",
    orbit_epoch: ORBIT_EPOCH = None,
    flyby: FLYBY = "100 km",
    flight: Annotated[
        str,
        typer.Option(
            help="Time of flight to the perigee. From nrho, halo or dro: that of direct flights, or direct or flyby "
            "for one way alone."
        ),
    ] = "4.5 d",
    entry_altitude: Annotated[str, typer.Option(help="Height of the entry interface.")] = "121.92 km",
    entry_angle: Annotated[str, typer.Option(help="Flight-path angle there, downward.")] = "6 deg",
    entry_inclination: Annotated[
        str | None,
        typer.Option(help="Inclination of the last arc; about the Moon's declination if not given."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the flights to this table, too.")] = None,
    every: Annotated[bool, typer.Option("--all", help=f"Print more than the first {SHOWN}.")] = False,
) -> int:
    """Find flights from an orbit of the Moon to the Earth's air, one a day.

    Each is exact in the full model: height, flight-path angle and inclination at the entry interface are met. The node
    of an orbit about the Moon alone is taken to suit; nrho, halo and dro are left where that is cheapest in a day, by
    way of a burn close to the Moon, or directly.
    """
    check_file(csv, "--csv")
    first, last = _span(start, days)
    meet = Entry(
        read_quantity(entry_altitude, "altitude", "--entry-altitude"),
        -abs(read_quantity(entry_angle, "angle", "--entry-angle")),
        None
        if entry_inclination is None
        else read_quantity(entry_inclination, "angle", "--entry-inclination"),
    )
    if orbit in PERIODIC:
        far = FarRequest(orbit, z_amplitude, radius, orbit_epoch, flyby, flight if flight in WAYS else None)
        return far_home_flights(far, first, last, meet, flight=flight, csv=csv, every=every)
    leave = _orbit(orbit, periapsis, apoapsis, orbit_inclination, side)
    long = read_quantity(flight, "time", "--flight")
    if not SHORTEST_FLIGHT <= long <= LONGEST_FLIGHT:
        raise RequestError(f"--flight {flight}: give 2 d to 7 d")
    troubles: list[str] = []
    with progress_bar() as report:
        flights = find_home_flights(
            first,
            last,
            leave,
            flight_time=long,
            entry=meet,
            progress=lambda part: report("correcting flights", part),
            trouble=troubles.append,
        )
    table = home_table(flights)
    drawn = plain_table(
        ("departure [UTC]", "entry [UTC]"),
        (
            "injection\n[m/s]",
            "entry speed\n[m/s]",
            "angle\n[deg]",
            "inclination\n[deg]",
            "entry lat\n[deg]",
            "lon\n[deg]",
        ),
    )
    for row in (table if every else table.head(SHOWN)).to_dict("records"):
        drawn.add_row(
            minute(row["departure_utc"]),
            minute(row["entry_utc"]),
            f"{row['injection_m_s']:.0f}",
            f"{row['entry_speed_m_s']:.0f}",
            f"{row['entry_angle_deg']:.2f}",
            f"{row['inclination_deg']:.1f}",
            f"{row['entry_lat_deg']:.1f}",
            f"{row['entry_lon_deg']:.1f}",
        )
    out.print(
        f"from {_told(leave)} to {meet.altitude / 1e3:g} km over the Earth",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    out.print_wide(drawn, WIDTH)
    if len(table) > SHOWN and not every:
        out.print(
            f"... and {len(table) - SHOWN} more; see them with --all or --csv FILE",
            markup=False,
            soft_wrap=True,
        )
    out.print(
        "No margin. The node of the orbit suits each departure; speeds in axes that do not turn.", style="dim"
    )
    print_troubles(troubles)
    out.print(MODEL, markup=False, style="dim", soft_wrap=True)
    if csv is not None:
        write_file(csv, table.to_csv(index=False, lineterminator="\n"))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    return 0


def _span(start: str, days: float) -> tuple[Epoch, Epoch]:
    if not 0.0 < days <= LONGEST_SPAN_DAYS:
        raise RequestError(f"--days {days:g}: give more than 0 and up to {LONGEST_SPAN_DAYS:g}")
    first = Epoch.parse(start)
    return first, first + days * SECONDS_PER_DAY


def _orbit(name: str | None, periapsis: str, apoapsis: str | None, inclination: str, side: str) -> LunarOrbit:
    if side not in ("south", "north"):
        raise RequestError(f"--periapsis-in {side}: give south or north")
    if name is not None:
        try:
            entry = packaged_catalogue().find("orbit", name).values
        except LookupError as error:
            raise RequestError(f"--orbit: {error}; or give {', '.join(PERIODIC)}") from error

        def bare(key: str) -> object:
            held = entry[key]
            return held["value"] if isinstance(held, dict) else held

        def value(key: str, dimension: str) -> float:
            return parse_quantity(str(bare(key)), dimension)

        if "kind" in entry:
            kind = str(bare("kind"))
            size = {"halo": "z_amplitude", "dro": "radius"}.get(kind)
            more = "" if size is None else f" --{size.replace('_', '-')} '{bare(size)}'"
            raise RequestError(f"--orbit {name}: is no orbit about the Moon alone; give --orbit {kind}{more}")
        return LunarOrbit(
            value("periapsis_altitude", "altitude"),
            value("apoapsis_altitude", "altitude"),
            value("inclination", "angle"),
            # round orbits have no argument
            south=value("arg_periapsis", "angle") > np.pi if "arg_periapsis" in entry else side == "south",
        )
    low = read_quantity(periapsis, "altitude", "--periapsis")
    high = low if apoapsis is None else read_quantity(apoapsis, "altitude", "--apoapsis")
    lean = None if inclination == FREE else read_quantity(inclination, "angle", "--orbit-inclination")
    return LunarOrbit(low, high, lean, side == "south")


def _told(orbit: LunarOrbit) -> str:
    plane = (
        "any inclination"
        if orbit.inclination is None
        else f"inclination {np.degrees(orbit.inclination):.1f} deg"
    )
    low, high = orbit.periapsis_altitude / 1e3, orbit.apoapsis_altitude / 1e3
    return f"a lunar orbit {low:g} x {high:g} km, {plane}"


def _picture(
    first: Epoch,
    last: Epoch,
    leave: Departure,
    reach: LunarOrbit,
    flights: list[MoonFlight],
    place: Place | None,
) -> bytes:
    # imported when it is wanted: the drawing library takes a second that other commands need not wait
    from moonstation.report.porkchop import moon_porkchop_png

    step = (last - first) / PICTURE_STEPS
    departures = first.tdb_s + step * np.arange(PICTURE_STEPS + 1, dtype=np.float64)
    before = int(np.ceil(SHORTEST_FLIGHT / step))
    count = int(np.floor(LONGEST_FLIGHT / step)) - before
    if count < 2:
        raise RequestError("--png: the span is too long for a picture; give up to 360 days")
    arrivals = first.tdb_s + step * np.arange(before, before + PICTURE_STEPS + count, dtype=np.float64)
    chop = moon_porkchop(departures, arrivals, leave, reach)
    return moon_porkchop_png(
        chop,
        flights,
        title=f"{leave.site.name} to {_told(reach)}",
        site=place.name if place is not None else "",
        # two samples a picture step, or a dark hour between would not show
        strips=light_strips(place, first, last),
    )


def _site_table(arrivals: list[SiteArrival]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "arrival_sun_elevation_deg": np.degrees(a.sun_elevation),
                "arrival_sun_fraction": a.sun_fraction,
                "arrival_earth_elevation_deg": np.degrees(a.earth_elevation),
                "arrival_earth_fraction": a.earth_fraction,
                "landing_utc": a.landing.utc if a.landing is not None else "",
                "landing_sun_elevation_deg": np.degrees(a.landing_sun_elevation),
                "landing_sun_from_heading_deg": np.degrees(a.landing_sun_beside),
                "approach_sun_elevation_deg": np.degrees(a.approach_sun_elevation),
                "no_landing_because": a.limit,
            }
            for a in arrivals
        ]
    )


def _print_flights(
    table: pd.DataFrame,
    leave: Departure,
    reach: LunarOrbit,
    place: Place | None,
    cheapest: int,
    *,
    every: bool,
) -> None:
    out.print(
        f"{leave.site.name}, parking orbit {leave.altitude / 1e3:g} km, to {_told(reach)}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    out.print(leave.site.note, style="dim", markup=False, soft_wrap=True)
    numbers = [
        "flight\n[d]",
        "inclin.\n[deg]",
        "injection\n[m/s]",
        "C3\n[km2/s2]",
        "insertion\n[m/s]",
        "both\n[m/s]",
    ]
    drawn = plain_table(("lift-off [UTC]", "injection [UTC]", "arrival [UTC]"), numbers)
    if place is not None:
        drawn.add_column("Sun/Earth\non arrival", no_wrap=True)
        drawn.add_column("landing [UTC]", no_wrap=True)
        drawn.add_column("Sun there\n\\[deg]", justify="right", no_wrap=True)
    for number, row in (table if every else table.head(SHOWN)).iterrows():
        cells = [
            minute(row["lift_off_utc"]),
            minute(row["departure_utc"])[5:],
            minute(row["arrival_utc"])[5:],
            f"{row['flight_d']:.2f}",
            f"{row['inclination_deg']:.1f}",
            f"{row['injection_m_s']:.0f}",
            f"{row['c3_km2_s2']:.2f}",
            f"{row['insertion_m_s']:.0f}" + ("'''" if row["impulses"] == 3 else ""),
            f"{row['injection_m_s'] + row['insertion_m_s']:.0f}" + ("*" if number == cheapest else ""),
        ]
        if place is not None:
            seen = [f"{100.0 * row[key]:.0f}%" for key in ("arrival_sun_fraction", "arrival_earth_fraction")]
            landed = row["landing_utc"]
            sun = (
                f"{row['landing_sun_elevation_deg']:.1f}, {row['landing_sun_from_heading_deg']:+.0f}, "
                f"{row['approach_sun_elevation_deg']:.1f}"
            )
            cells += ["/".join(seen), minute(landed) if landed else "none", sun if landed else "-"]
        drawn.add_row(*cells)
    out.print_wide(drawn, WIDTH if place is None else WIDTH + 30)
    if len(table) > SHOWN and not every:
        out.print(
            f"... and {len(table) - SHOWN} more; see them with --all or --csv FILE",
            markup=False,
            soft_wrap=True,
        )
    out.print("* cheapest. No margin.", style="dim", markup=False, soft_wrap=True)
    if (table["impulses"] == 3).any():
        out.print(
            "''' three impulses: the plane is turned far out, in an orbit of 24 h",
            style="dim",
            markup=False,
            soft_wrap=True,
        )
    if place is not None:
        budget = budgets()
        out.print(
            f"{place.name}: shares of the discs seen on arrival; first landing in the orbit's plane with "
            f"the light asked for; "
            "Sun there: elevation, azimuth from the heading of the approach (0 ahead, 180 behind), and elevation over "
            f"a level horizon {APPROACH / 1e3:g} km before the site. "
            f"Descent {budget['descent'].delta_v:.0f} m/s, ascent {budget['ascent'].delta_v:.0f} m/s from "
            f"and to 100 km "
            f"({budget['descent'].note}; published, {budget['descent'].source})."
            + (
                f" Before it {lowering:.0f} m/s from the orbit down to a round one of {DESCENT_ORBIT / 1e3:g} km (two "
                "impulses, computed; no turn of the plane)."
                if (lowering := descent_lowering(reach)) >= 0.5
                else ""
            ),
            style="dim",
            markup=False,
            soft_wrap=True,
        )
        if place.limit:
            out.print(place.limit, style="yellow", markup=False, soft_wrap=True)
        reasons = sorted({text for text in table["no_landing_because"] if text})
        if reasons:
            out.print(
                f"no landing within 30 d of arrival: {'; '.join(reasons)}",
                style="yellow",
                markup=False,
                soft_wrap=True,
            )
    out.print(MODEL, markup=False, style="dim", soft_wrap=True)
