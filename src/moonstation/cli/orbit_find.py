"""`moonstation orbit find`: orbits by purpose, and what keeping them costs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from moonstation.cli.console import Report, out, progress_bar
from moonstation.cli.force_words import with_forces
from moonstation.cli.orbit import find_places, print_run
from moonstation.cli.orbit_find_words import (
    USUAL_BURN_ERROR,
    USUAL_DEADBAND,
    USUAL_EPOCH,
    USUAL_NAVIGATION,
    USUAL_POINTING,
    BurnErrorOption,
    BurnsOption,
    DeadbandOption,
    DegreeOption,
    EpochOption,
    KeepOption,
    KeepOutOption,
    MaskOption,
    NavigationOption,
    NorthOption,
    OutOption,
    PointingOption,
    RevolutionsOption,
    Rows,
    SeedOption,
    SiteOption,
    check_outputs,
    km,
    not_negative,
    print_files,
    print_rows,
    read_plan,
    sight_rows,
    write_found,
)
from moonstation.cli.orbit_surveys import lifetimes_command, relay_command
from moonstation.cli.words import SouthernCommand, check_file, read_mask, read_quantity
from moonstation.constants import MOON_RADIUS
from moonstation.errors import RequestError
from moonstation.orbits.elements import Elements
from moonstation.orbits.forces import ForceModel
from moonstation.orbits.frozen import FrozenOrbit, find_frozen_orbit
from moonstation.orbits.low_orbit_keeping import LowOrbitKeeping, keep_low_orbit
from moonstation.orbits.station_keeping import TARGETS, Keeping
from moonstation.orbits.three_body import (
    PeriodicOrbit,
    distant_retrograde_orbit,
    halo_orbit,
    near_rectilinear_orbit,
)
from moonstation.report.wording import duration, number, share
from moonstation.spacetime.epochs import Epoch, tdb_to_utc
from moonstation.study.kept_orbits import KeepingPlan, degree_of
from moonstation.study.orbit_files import write_text_file
from moonstation.study.orbit_search import (
    fly_found,
    fly_frozen,
    keep_found,
    keeping_figures,
    keeping_table,
    low_keeping_table,
    sight_of,
)
from moonstation.study.orbiters import ForceChanges

DAY = 86_400.0

app = typer.Typer(
    help="Find orbits by purpose in the full model, and what keeping them costs.", no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Find orbits by purpose in the full model, and what keeping them costs."""


@dataclass(frozen=True)
class _Wish:
    """What is asked of an orbit of the three-body problem."""

    epoch: Epoch
    revolutions: int
    degree: int | None
    files: list[Path]
    site: str | None
    mask: float
    plan: KeepingPlan | None
    keep_out: Path | None
    forces: ForceModel


@app.command(name="halo", cls=SouthernCommand)
@with_forces
def halo_command(
    z_amplitude: Annotated[
        str | None, typer.Option(help="Greatest height out of the plane of Earth and Moon, e.g. '13000 km'.")
    ] = None,
    period: Annotated[str | None, typer.Option(help="Period, e.g. '14 d'.")] = None,
    perilune: Annotated[
        str | None, typer.Option(help="Least distance from the Moon's centre, e.g. '20000 km'.")
    ] = None,
    point: Annotated[str, typer.Option(help="Lagrange point: L1 or L2.")] = "L2",
    north: NorthOption = False,
    epoch: EpochOption = USUAL_EPOCH,
    revolutions: RevolutionsOption = 10,
    degree: DegreeOption = None,
    site: SiteOption = None,
    mask: MaskOption = "10 deg",
    out_files: OutOption = None,
    keep: KeepOption = None,
    navigation: NavigationOption = USUAL_NAVIGATION,
    burn_error: BurnErrorOption = USUAL_BURN_ERROR,
    pointing: PointingOption = USUAL_POINTING,
    deadband: DeadbandOption = USUAL_DEADBAND,
    burns: BurnsOption = 4,
    seed: SeedOption = 1,
    keep_out: KeepOutOption = None,
    forces: ForceChanges | None = None,
) -> int:
    """Find a halo orbit about L1 or L2 of Earth and Moon, as Queqiao-1 flew, by amplitude, period or perilune.

    It is found in the three-body problem and then closed in the full model, revolution after revolution.
    """
    if point.upper() not in ("L1", "L2"):
        raise RequestError(f"--point {point[:20]}: give L1 or L2")
    sizes = {
        "z_amplitude": None
        if z_amplitude is None
        else read_quantity(z_amplitude, "altitude", "--z-amplitude"),
        "period": None if period is None else read_quantity(period, "time", "--period"),
        "perilune": None if perilune is None else read_quantity(perilune, "altitude", "--perilune"),
    }
    if sum(size is not None for size in sizes.values()) != 1:
        raise RequestError("halo orbit: give one of --z-amplitude, --period and --perilune")
    wish = _read_wish(
        epoch, revolutions, degree, out_files, site, mask, keep, navigation, burn_error, pointing, deadband, burns,
        seed, keep_out, forces,
    )  # fmt: skip
    _find(lambda: halo_orbit(point=int(point[-1]), north=north, **sizes), "halo", wish)
    return 0


@app.command(name="nrho", cls=SouthernCommand)
@with_forces
def nrho_command(
    resonance: Annotated[
        str, typer.Option(help="Turns in so many synodic months, e.g. 9:2 (the Gateway's) or 4:1.")
    ] = "9:2",
    point: Annotated[str, typer.Option(help="Lagrange point: L1 or L2.")] = "L2",
    north: NorthOption = False,
    epoch: EpochOption = USUAL_EPOCH,
    revolutions: RevolutionsOption = 10,
    degree: DegreeOption = None,
    site: SiteOption = None,
    mask: MaskOption = "10 deg",
    out_files: OutOption = None,
    keep: KeepOption = None,
    navigation: NavigationOption = USUAL_NAVIGATION,
    burn_error: BurnErrorOption = USUAL_BURN_ERROR,
    pointing: PointingOption = USUAL_POINTING,
    deadband: DeadbandOption = USUAL_DEADBAND,
    burns: BurnsOption = 1,
    seed: SeedOption = 1,
    keep_out: KeepOutOption = None,
    forces: ForceChanges | None = None,
) -> int:
    """Find a near-rectilinear halo orbit by its resonance with the month, as the Gateway's 9:2.

    56 revolutions of the 9:2 orbit are a year and take about a minute.
    """
    if point.upper() not in ("L1", "L2"):
        raise RequestError(f"--point {point[:20]}: give L1 or L2")
    pair = _resonance(resonance)
    wish = _read_wish(
        epoch, revolutions, degree, out_files, site, mask, keep, navigation, burn_error, pointing, deadband, burns,
        seed, keep_out, forces,
    )  # fmt: skip
    _find(lambda: near_rectilinear_orbit(resonance=pair, point=int(point[-1]), north=north), "nrho", wish)
    return 0


@app.command(name="dro", cls=SouthernCommand)
@with_forces
def dro_command(
    radius: Annotated[
        str, typer.Option(help="Distance from the Moon's centre on the Earth's side, 10,000 to 100,000 km.")
    ] = "70000 km",
    epoch: EpochOption = USUAL_EPOCH,
    revolutions: RevolutionsOption = 10,
    degree: DegreeOption = None,
    site: SiteOption = None,
    mask: MaskOption = "10 deg",
    out_files: OutOption = None,
    keep: KeepOption = None,
    navigation: NavigationOption = USUAL_NAVIGATION,
    burn_error: BurnErrorOption = USUAL_BURN_ERROR,
    pointing: PointingOption = USUAL_POINTING,
    deadband: DeadbandOption = USUAL_DEADBAND,
    burns: BurnsOption = 1,
    seed: SeedOption = 1,
    keep_out: KeepOutOption = None,
    forces: ForceChanges | None = None,
) -> int:
    """Find a distant retrograde orbit about the Moon, as Orion flew on Artemis I (70,000 km)."""
    distance = read_quantity(radius, "altitude", "--radius")
    wish = _read_wish(
        epoch, revolutions, degree, out_files, site, mask, keep, navigation, burn_error, pointing, deadband, burns,
        seed, keep_out, forces,
    )  # fmt: skip
    _find(lambda: distant_retrograde_orbit(radius=distance), "dro", wish)
    return 0


@app.command(name="frozen", cls=SouthernCommand)
def frozen_command(
    altitude: Annotated[str, typer.Option(help="Mean altitude, e.g. '120 km'.")] = "120 km",
    inclination: Annotated[str, typer.Option(help="To the Moon's equator of the epoch.")] = "90 deg",
    node: Annotated[
        str, typer.Option(help="Longitude of the ascending node, mean-Earth axes of the epoch.")
    ] = "0 deg",
    north: Annotated[
        bool, typer.Option("--north", help="Begin the search with the periapsis over the north.")
    ] = False,
    epoch: EpochOption = USUAL_EPOCH,
    days: Annotated[
        float, typer.Option(help="Span in days over which it is flown to see how long it lasts.")
    ] = 365.25,
    degree: Annotated[int, typer.Option(help="Degree of the gravity field.", min=2, max=1200)] = 50,
    out_files: OutOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Tell what a pair of burns a month costs that holds its shape.")
    ] = False,
    cycles: Annotated[int, typer.Option(help="Months of keeping.", min=1, max=200)] = 13,
    deadband: Annotated[str, typer.Option(help="Pairs of burns under this are left out.")] = "0 m/s",
    keep_out: Annotated[
        Path | None, typer.Option("--keep-out", help="Write the burns to this table (CSV).")
    ] = None,
) -> int:
    """Find a frozen low orbit: one whose shape stands still from month to month, and how long it lasts untouched."""
    height = read_quantity(altitude, "altitude", "--altitude")
    tilt, raan = read_quantity(inclination, "angle", "--inclination"), read_quantity(node, "angle", "--node")
    least = not_negative(read_quantity(deadband, "speed", "--deadband"), "--deadband")
    moment = Epoch.parse(epoch)
    if not 0.0 < days <= 36_525.0:
        raise RequestError(f"--days {days:g}: give more than 0 and at most 36525")
    files = check_outputs(out_files)
    if keep_out is not None and not keep:
        raise RequestError("--keep-out: nothing is kept; give --keep too")
    check_file(keep_out, "--keep-out")
    kept: LowOrbitKeeping | None = None
    with progress_bar() as report:
        found = find_frozen_orbit(
            semi_major_axis=MOON_RADIUS + height,
            inclination=tilt,
            epoch=moment,
            raan=raan,
            north=north,
            degree=degree,
            progress=lambda done: report("searching", 0.4 * done),
        )
        run = fly_frozen(
            found,
            duration=days * DAY,
            degree=degree,
            short_name="frozen",
            progress=lambda done: report("flying", 0.4 + 0.2 * done),
        )
        if keep:
            kept = _keep_low(found.elements, moment, cycles, degree, least, report, 0.6)
        write_found(run, files, report, done=0.95)
    print_run(run)
    _print_frozen(
        found, run.trajectory.altitude_extremes.lowest, (run.stop - run.start) / DAY, run.ending, days
    )
    if kept is not None:
        _finish_low(kept, keep_out, least)
    print_files(files)
    return 0


@app.command(name="low", cls=SouthernCommand)
def low_command(
    periapsis: Annotated[str, typer.Option(help="Lowest altitude, e.g. '50 km'.")] = "50 km",
    apoapsis: Annotated[
        str | None, typer.Option(help="Highest altitude; that of --periapsis if not given.")
    ] = None,
    inclination: Annotated[str, typer.Option(help="To the Moon's equator of the epoch.")] = "90 deg",
    node: Annotated[
        str, typer.Option(help="Longitude of the ascending node, mean-Earth axes of the epoch.")
    ] = "0 deg",
    argument: Annotated[str, typer.Option(help="Argument of periapsis to be held.")] = "270 deg",
    epoch: EpochOption = USUAL_EPOCH,
    cycles: Annotated[int, typer.Option(help="Months of keeping.", min=1, max=200)] = 13,
    degree: Annotated[int, typer.Option(help="Degree of the gravity field.", min=2, max=1200)] = 70,
    deadband: Annotated[str, typer.Option(help="Pairs of burns under this are left out.")] = "0 m/s",
    keep_out: Annotated[
        Path | None, typer.Option("--keep-out", help="Write the burns to this table (CSV).")
    ] = None,
) -> int:
    """Keep a low orbit in shape by a pair of burns a month, and tell what that costs.

    The burns take back what the gravity field did to the eccentricity and the periapsis, as the Lunar Reconnaissance
    Orbiter's did.
    """
    low = read_quantity(periapsis, "altitude", "--periapsis")
    high = low if apoapsis is None else read_quantity(apoapsis, "altitude", "--apoapsis")
    elements = Elements.from_altitudes(
        low,
        high,
        inclination=read_quantity(inclination, "angle", "--inclination"),
        raan=read_quantity(node, "angle", "--node"),
        arg_periapsis=read_quantity(argument, "angle", "--argument"),
    )
    least = not_negative(read_quantity(deadband, "speed", "--deadband"), "--deadband")
    check_file(keep_out, "--keep-out")
    moment = Epoch.parse(epoch)
    with progress_bar() as report:
        kept = _keep_low(elements, moment, cycles, degree, least, report, 0.0)
    out.print(
        f"Low orbit {low / 1e3:g} x {high / 1e3:g} km, {inclination}, from {moment.utc[:10]}, gravity to degree "
        f"{degree}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    _finish_low(kept, keep_out, least)
    return 0


app.command(name="relay", cls=SouthernCommand)(relay_command)
app.command(name="lifetimes", cls=SouthernCommand)(lifetimes_command)


def _read_wish(
    epoch: str,
    revolutions: int,
    degree: int | None,
    out_files: list[Path] | None,
    site: str | None,
    mask: str,
    keep: int | None,
    navigation: str,
    burn_error: str,
    pointing: str,
    deadband: str,
    burns: int,
    seed: int,
    keep_out: Path | None,
    forces: ForceChanges | None,
) -> _Wish:
    if keep_out is not None and keep is None:
        raise RequestError("--keep-out: nothing is kept; give --keep NUMBER too")
    check_file(keep_out, "--keep-out")
    plan = read_plan(keep or 1, navigation, burn_error, pointing, deadband, burns, seed)
    places = revolutions * burns + 1
    if keep is not None and places <= TARGETS + 1:
        raise RequestError(
            f"--keep: {revolutions} revolutions hold {places} places for burns, of which the last {TARGETS} are aimed "
            "at only; give more --revolutions or --burns"
        )
    return _Wish(
        epoch=Epoch.parse(epoch),
        revolutions=revolutions,
        degree=degree,
        files=check_outputs(out_files),
        site=site,
        mask=read_mask(mask),
        plan=plan if keep is not None else None,
        keep_out=keep_out,
        forces=(forces or ForceChanges()).over(),
    )


def _resonance(text: str) -> tuple[int, int]:
    turns, _, months = text.partition(":")
    if not (turns.strip().isdigit() and months.strip().isdigit() and len(text) < 12):
        raise RequestError(f"--resonance {text[:20]}: give turns and synodic months, as 9:2")
    return int(turns), int(months)


def _find(search: Callable[[], PeriodicOrbit], short_name: str, wish: _Wish) -> None:
    """Find an orbit of the three-body problem, fly it, look at it, keep it, write and print all."""
    kept: Keeping | None = None
    end = 0.5 if wish.plan is not None else 0.9
    with progress_bar() as report:
        report("searching", 0.0)
        places = find_places(wish.site, report)
        orbit = search()
        degree = degree_of(orbit, wish.degree)
        run = fly_found(
            orbit,
            epoch=wish.epoch,
            revolutions=wish.revolutions,
            degree=degree,
            short_name=short_name,
            forces=wish.forces,
            progress=lambda done: report("closing in the full model", 0.05 + (end - 0.15) * done),
        )
        sight = sight_of(
            run,
            site=places[0] if places else None,
            mask=wish.mask,
            progress=lambda done: report("looking around", end - 0.1 + 0.1 * done),
        )
        if wish.plan is not None:
            kept = keep_found(
                run,
                orbit,
                wish.plan,
                forces=wish.forces,
                progress=lambda done: report("keeping", end + (0.95 - end) * done),
            )
        write_found(run, wish.files, report, done=0.95, places=places, turning=True)
        if kept is not None and wish.keep_out is not None:
            write_text_file(wish.keep_out, keeping_table(kept).to_csv(index=False, lineterminator="\n"))
    print_run(run)
    print_rows(
        "In the three-body problem",
        [
            ("period", duration(orbit.period_s, 5)),
            ("perilune, apolune radius", f"{km(orbit.perilune)}, {km(orbit.apolune)}"),
            ("Jacobi constant", f"{orbit.jacobi:.6f}"),
            ("stability index", f"{_stability(orbit.stability)}"),
        ],
    )
    print_rows(
        f"In the full model, gravity to degree {degree}, {wish.revolutions} revolutions",
        sight_rows(sight, places[0].name if places else "", wish.mask),
    )
    if kept is not None and wish.plan is not None:
        _print_keeping(kept, wish.plan)
    print_files([*wish.files, *([wish.keep_out] if wish.keep_out is not None else [])])


def _stability(index: float) -> str:
    if index < 1.001:
        return f"{index:.3f}: disturbances do not grow"
    return f"{number(index, 4)}: disturbances grow {number(index + np.sqrt(index * index - 1.0), 3)} times a revolution"


def _print_keeping(kept: Keeping, plan: KeepingPlan) -> None:
    found = keeping_figures(kept)
    errors = plan.errors
    rows: Rows = [
        ("by year", f"{number(found['yearly_mean'])} m/s on average"),
        (
            "spread of members",
            f"{number(found['yearly_1'])} m/s (1 %), {number(found['yearly_50'])} m/s (50 %), "
            f"{number(found['yearly_99'])} m/s (99 %)",
        ),
        (
            "a burn",
            f"{number(100 * found['burn_mean'])} cm/s on average, {number(100 * found['burn_99'])} cm/s (99 %); "
            f"{share(found['burned_share'])} of {plan.burns_per_revolution} a revolution are done",
        ),
        (
            "away from the reference",
            f"{km(found['miss_mean'])} on average at burns, {km(found['miss_99'])} (99 %)",
        ),
        (
            "how",
            f"target points: each burn aims back at the reference at the next {TARGETS}; burns under "
            f"{number(100 * plan.deadband)} cm/s are left out",
        ),
        (
            "errors (1 sigma, each axis)",
            f"navigation {number(errors.position)} m and {number(100 * errors.velocity)} cm/s, burns "
            f"{share(errors.burn_size)} and {number(np.degrees(errors.burn_direction))} deg; {plan.members} members, "
            f"seed {plan.seed}",
        ),
    ]
    print_rows("Keeping it", rows)


def _keep_low(
    elements: Elements, epoch: Epoch, cycles: int, degree: int, deadband: float, report: Report, begin: float
) -> LowOrbitKeeping:
    return keep_low_orbit(
        elements,
        epoch=epoch,
        cycles=cycles,
        degree=degree,
        deadband=deadband,
        progress=lambda done: report("keeping", begin + (0.95 - begin) * done),
    )


def _finish_low(kept: LowOrbitKeeping, path: Path | None, deadband: float) -> None:
    sizes = np.abs(kept.delta_v)
    pairs = [
        f"{moment} {number(first, 3)} and {number(second, 3)} m/s"
        for moment, first, second in zip(
            (str(m)[:10] for m in tdb_to_utc(kept.et[::2])),
            kept.delta_v[::2],
            kept.delta_v[1::2],
            strict=True,
        )
    ]
    print_rows(
        "Keeping it",
        [
            ("by year", f"{number(kept.yearly, 4)} m/s, over {duration(kept.span, 4)}"),
            ("altitude", f"{km(kept.lowest)} to {km(kept.highest)}"),
            ("pairs of burns", f"{len(pairs)}, {number(sizes.mean() * 2 if sizes.size else 0.0)} m/s a pair"),
            *((("", pair)) for pair in pairs),
            (
                "how",
                "target: the eccentricity vector of the start, as the middle of the month's loop; a pair of burns "
                f"along the velocity each sidereal month; pairs under {number(deadband)} m/s are left out; no errors",
            ),
        ],
    )
    if path is not None:
        write_text_file(path, low_keeping_table(kept).to_csv(index=False, lineterminator="\n"))
        print_files([path])


def _print_frozen(found: FrozenOrbit, lowest: float, lasted: float, ending: str, days: float) -> None:
    e = found.elements
    rows: Rows = [
        ("semi-major axis", f"{number(e.semi_major_axis / 1e3, 7)} km"),
        ("eccentricity", f"{e.eccentricity:.5f} at the epoch, {found.eccentricity:.5f} mean of a month"),
        (
            "inclination, node (ME)",
            f"{np.degrees(e.inclination):g} deg, {np.degrees(e.raan):g} deg",
        ),
        (
            "argument of periapsis",
            f"{np.degrees(e.arg_periapsis):.3f} deg at the epoch, {np.degrees(found.arg_periapsis):.2f} deg mean",
        ),
        ("true anomaly at the epoch", f"{np.degrees(e.true_anomaly):.3f} deg"),
        ("drift of the mean eccentricity", f"{found.drift:.1e} a month"),
        (
            "untouched",
            f"lasts {number(lasted, 4)} d, then {ending.split(',')[0]}"
            if ending
            else f"still flies after {number(days, 5)} d, never below {number(lowest / 1e3, 3)} km",
        ),
    ]
    print_rows("Frozen orbit", rows)
