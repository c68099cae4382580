"""`moonstation transfer moon` to nrho, halo and dro, and by way of the Sun's pull."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.cli.console import out, progress_bar
from moonstation.cli.transfer_words import SHOWN, WIDTH, minute, plain_table, print_masses, print_troubles
from moonstation.cli.words import read_quantity, write_file
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.orbits.multiple_shooting import fly_periodic
from moonstation.orbits.propagation import Trajectory
from moonstation.orbits.three_body import (
    PeriodicOrbit,
    distant_retrograde_orbit,
    halo_orbit,
    near_rectilinear_orbit,
)
from moonstation.spacetime.epochs import Epoch
from moonstation.study.places import Place
from moonstation.sunlight.light import site_light
from moonstation.transfers.budgets import delivered, delivered_table
from moonstation.transfers.cislunar import MODEL
from moonstation.transfers.insertion import LunarOrbit
from moonstation.transfers.low_energy import find_low_energy_flights, low_energy_table
from moonstation.transfers.moon import Departure
from moonstation.transfers.periodic import PeriodicFlight, Way
from moonstation.transfers.periodic_search import REACH, WAYS, find_periodic_flights, periodic_table

PERIODIC = ("nrho", "halo", "dro")
LOW_ENERGY = "low-energy"
STRIP_SAMPLES = 720
SEEN_ON_ARRIVAL = ("arrival_sun_fraction", "arrival_earth_fraction")
MOST_REVOLUTIONS = 40
"""Of the orbit flown in the full model before and during the search: beyond, closing it takes minutes."""


@dataclass(frozen=True)
class FarRequest:
    """What the command line says of an orbit and the way there."""

    orbit: str
    z_amplitude: str
    radius: str
    epoch: str | None
    flyby: str
    way: str | None

    def ways(self) -> tuple[Way, ...]:
        """Ways to try."""
        if self.way is None:
            return WAYS
        for way in WAYS:
            if self.way == way:
                return (way,)
        raise RequestError(
            f"--flight {self.way}: to --orbit {self.orbit} give {' or '.join(WAYS)}, or neither"
        )

    def periodic(self) -> PeriodicOrbit:
        """The orbit in the three-body problem."""
        if self.orbit == "nrho":
            return near_rectilinear_orbit()
        if self.orbit == "halo":
            return halo_orbit(z_amplitude=read_quantity(self.z_amplitude, "length", "--z-amplitude"))
        return distant_retrograde_orbit(radius=read_quantity(self.radius, "length", "--radius"))


def far_flights(
    far: FarRequest,
    first: Epoch,
    last: Epoch,
    leave: Departure,
    *,
    isp: float,
    margin: float,
    place: Place | None,
    png: Path | None,
    csv: Path | None,
    every: bool,
) -> int:
    """Find, print, draw and write flights."""
    ways = far.ways()
    altitude = read_quantity(far.flyby, "altitude", "--flyby")
    begin = first if far.epoch is None else Epoch.parse(far.epoch)
    troubles: list[str] = []
    with progress_bar() as report:
        report("flying the orbit", 0.0)
        path = orbit_path(
            far.periodic(), begin, first, last, lambda part: report("flying the orbit", 0.1 * part)
        )
        flights = find_periodic_flights(
            first,
            last,
            leave,
            path,
            ways=ways,
            altitude=altitude,
            progress=lambda part: report("correcting flights", 0.1 + 0.85 * part),
            trouble=troubles.append,
        )
        if png is not None:
            # imported when it is wanted: the drawing library takes a second
            from moonstation.report.periodic_flights import periodic_flights_png

            report("drawing", 0.96)
            strips = light_strips(place, first, last)
            title = f"{leave.site.name} to the {path.name}"
            write_file(
                png,
                periodic_flights_png(flights, title=title, site=place.name if place else "", strips=strips),
            )
    table = periodic_table(flights)
    if place is not None:
        table = table.join(_seen_on_arrival(place, flights))
    total = table["injection_m_s"] + table["at_the_moon_m_s"]
    best = int(total.argmin())
    # the cheaper way of a day
    day = table["departure_utc"].str[:10]
    shown = table if every else table.loc[sorted(total.groupby(day).idxmin())]
    _print(shown, leave, path, best, altitude, place, every=every)
    print_troubles(troubles)
    _write_masses(
        table, [flight.at_the_moon for flight in flights], best, isp=isp, margin=margin, csv=csv, png=png
    )
    return 0


def light_strips(place: Place | None, first: Epoch, last: Epoch) -> list[tuple[str, FloatArray, FloatArray]]:
    """What a site sees of Sun and Earth over a span, for pictures: label, times, shares of the discs."""
    if place is None:
        return []
    et = np.linspace(first.tdb_s, last.tdb_s, STRIP_SAMPLES)
    light = site_light(place.site, et)
    horizon, height = place.ground.horizon, place.height
    return [
        ("Sun", et, light.sun_fraction(horizon, height)),
        ("Earth", et, light.earth_fraction(horizon, height)),
    ]


def _seen_on_arrival(place: Place, flights: list[PeriodicFlight]) -> pd.DataFrame:
    """What the site sees at each insertion."""
    # the light of a site is computed over times in order
    et = np.array([flight.arrival.tdb_s for flight in flights])
    order = np.argsort(et)
    light = site_light(place.site, et[order])
    back = np.argsort(order)
    shares = (
        light.sun_fraction(place.ground.horizon, place.height),
        light.earth_fraction(place.ground.horizon, place.height),
    )
    return pd.DataFrame(
        {
            f"arrival_{body}_fraction": share[back]
            for body, share in zip(("sun", "earth"), shares, strict=True)
        }
    )


def orbit_path(
    orbit: PeriodicOrbit,
    begin: Epoch,
    first: Epoch,
    last: Epoch,
    progress: Callable[[float], None],
    *,
    reach: float = REACH,
) -> Trajectory:
    """The orbit as it is flown in the full model, from an epoch to so long after the last day."""
    if begin > first:
        raise RequestError(
            f"--orbit-epoch {begin.utc[:16]}Z lies after the first day, {first.utc[:10]}: give that day or an earlier "
            f"one, such as one period of {orbit.period_s / SECONDS_PER_DAY:.2f} d before"
        )
    revolutions = int(np.ceil((last - begin + reach) / orbit.period_s))
    if revolutions > MOST_REVOLUTIONS:
        raise RequestError(
            f"--days: {orbit.name} goes round {revolutions} times from its epoch to the last flight; give fewer days "
            f"or a later --orbit-epoch, for {MOST_REVOLUTIONS} at most"
        )
    return fly_periodic(orbit, epoch=begin, revolutions=revolutions, progress=progress)


def _print(
    table: pd.DataFrame,
    leave: Departure,
    path: Trajectory,
    best: int,
    altitude: float,
    place: Place | None,
    *,
    every: bool,
) -> None:
    out.print(
        f"{leave.site.name}, parking orbit {leave.altitude / 1e3:g} km, to the {path.name}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    out.print(leave.site.note, style="dim", markup=False, soft_wrap=True)
    drawn = plain_table(
        ("way", "lift-off [UTC]", "injection [UTC]", "insertion [UTC]"),
        (
            "flight\n[d]",
            "inclin.\n[deg]",
            "injection\n[m/s]",
            "C3\n[km2/s2]",
            "flyby\n[m/s]",
            "insertion\n[m/s]",
            "at Moon\n[m/s]",
        ),
    )
    if "arrival_sun_fraction" in table:
        drawn.add_column("Sun/Earth\non arrival", no_wrap=True)
    for number, row in (table if every else table.head(SHOWN)).iterrows():
        burn = row["flyby_burn_m_s"]
        seen = "/".join(f"{100.0 * row[key]:.0f}%" for key in SEEN_ON_ARRIVAL if key in row)
        drawn.add_row(
            row["way"],
            minute(row["lift_off_utc"]),
            minute(row["departure_utc"])[5:],
            minute(row["arrival_utc"])[5:],
            f"{row['flight_d']:.2f}",
            f"{row['inclination_deg']:.1f}",
            f"{row['injection_m_s']:.0f}",
            f"{row['c3_km2_s2']:.2f}",
            f"{burn:.0f}" if burn else "-",
            f"{row['insertion_m_s']:.0f}",
            f"{row['at_the_moon_m_s']:.0f}" + ("*" if number == best else ""),
            *((seen,) if seen else ()),
        )
    out.print_wide(drawn, WIDTH + 14)
    if len(table) > SHOWN and not every:
        out.print(
            f"... and {len(table) - SHOWN} more; see them with --all or --csv FILE",
            markup=False,
            soft_wrap=True,
        )
    told = "each way of every day" if every else "the cheaper way of every day; both with --all or --csv FILE"
    out.print(
        f"* cheapest with the injection. No margin. Shown: {told}. Flights by the Moon burn {altitude / 1e3:g} km "
        "over it.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )
    if place is not None:
        out.print(
            f"Sun/Earth: shares of the discs that {place.name} sees at the insertion; landings from such an "
            "orbit are not computed.",
            style="dim",
            markup=False,
            soft_wrap=True,
        )
        if place.limit:
            out.print(place.limit, style="yellow", markup=False, soft_wrap=True)
    out.print(MODEL, markup=False, style="dim", soft_wrap=True)


def low_energy_flights(
    first: Epoch,
    last: Epoch,
    leave: Departure,
    reach: LunarOrbit,
    *,
    told: str,
    isp: float,
    margin: float,
    png: Path | None,
    csv: Path | None,
    every: bool,
) -> int:
    """Find, print, draw and write flights by way of the Sun's pull."""
    with progress_bar() as report:
        flights = find_low_energy_flights(
            first, last, leave, reach, progress=lambda part: report("flying back from the Moon", 0.95 * part)
        )
        table = low_energy_table(flights)
        best = int((table["injection_m_s"] + table["insertion_m_s"]).argmin())
        if png is not None:
            # imported when it is wanted: the drawing library takes a second
            from moonstation.report.low_energy import low_energy_png

            report("drawing", 0.96)
            write_file(png, low_energy_png(flights[best], title=f"{leave.site.name} to {told}"))
    out.print(
        f"{leave.site.name}, parking orbit {leave.altitude / 1e3:g} km, to {told}, by way of the Sun's pull",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    out.print(leave.site.note, style="dim", markup=False, soft_wrap=True)
    drawn = plain_table(
        ("lift-off [UTC]", "injection [UTC]", "arrival [UTC]"),
        (
            "flight\n[d]",
            "inclin.\n[deg]",
            "injection\n[m/s]",
            "C3\n[km2/s2]",
            "apogee\n[1000 km]",
            "insertion\n[m/s]",
            "both\n[m/s]",
        ),
    )
    for number, row in (table if every else table.head(SHOWN)).iterrows():
        drawn.add_row(
            minute(row["lift_off_utc"]),
            minute(row["departure_utc"])[5:],
            minute(row["arrival_utc"]),
            f"{row['flight_d']:.1f}",
            f"{row['inclination_deg']:.1f}",
            f"{row['injection_m_s']:.0f}",
            f"{row['c3_km2_s2']:.2f}",
            f"{row['apogee_km'] / 1e3:.0f}",
            f"{row['insertion_m_s']:.0f}",
            f"{row['injection_m_s'] + row['insertion_m_s']:.0f}" + ("*" if number == best else ""),
        )
    out.print_wide(drawn, WIDTH + 14)
    if len(table) > SHOWN and not every:
        out.print(
            f"... and {len(table) - SHOWN} more; see them with --all or --csv FILE",
            markup=False,
            soft_wrap=True,
        )
    out.print(
        "* cheapest. No margin. A survey finds some flights, not all. Sunlight pressure moves an arrival after "
        "three months by thousands of km: course corrections, or a start aimed with the craft's own area and mass, "
        "take it up.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )
    out.print(MODEL, markup=False, style="dim", soft_wrap=True)
    _write_masses(
        table, [flight.insertion for flight in flights], best, isp=isp, margin=margin, csv=csv, png=png
    )
    return 0


def _write_masses(
    table: pd.DataFrame,
    spent: list[float],
    best: int,
    *,
    isp: float,
    margin: float,
    csv: Path | None,
    png: Path | None,
) -> None:
    """Print what launchers deliver with the best flight, put that of all flights into the table, name the files."""
    masses = delivered_table(delivered(spent[best], isp=isp, margin=margin))
    print_masses(masses, spent[best], isp, margin, landing=False)
    if csv is not None:
        for used, row in zip(spent, table.index, strict=True):
            for launcher, held, _ in delivered(used, isp=isp, margin=margin):
                table.loc[row, f"in_orbit_{launcher.id}_kg"] = held
        write_file(csv, table.to_csv(index=False, lineterminator="\n"))
    for written in (png, csv):
        if written is not None:
            out.print(f"{written}: written", markup=False, soft_wrap=True)
