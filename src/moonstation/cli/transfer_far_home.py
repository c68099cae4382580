"""`moonstation transfer home` from nrho, halo and dro."""

from pathlib import Path

from moonstation.cli.console import out, progress_bar
from moonstation.cli.transfer_far import FarRequest, orbit_path
from moonstation.cli.transfer_words import SHOWN, WIDTH, minute, plain_table, print_troubles
from moonstation.cli.words import read_quantity, write_file
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.cislunar import MODEL
from moonstation.transfers.home import LONGEST, SHORTEST, Entry
from moonstation.transfers.periodic_search import WAYS, find_periodic_home_flights, periodic_home_table

USUAL = 4.5 * SECONDS_PER_DAY


def far_home_flights(
    far: FarRequest, first: Epoch, last: Epoch, meet: Entry, *, flight: str, csv: Path | None, every: bool
) -> int:
    """Find, print and write flights home."""
    altitude = read_quantity(far.flyby, "altitude", "--flyby")
    long = USUAL if flight in WAYS else read_quantity(flight, "time", "--flight")
    if not SHORTEST <= long <= LONGEST:
        raise RequestError(f"--flight {flight}: give 2 d to 7 d, direct or flyby")
    begin = first if far.epoch is None else Epoch.parse(far.epoch)
    troubles: list[str] = []
    with progress_bar() as report:
        report("flying the orbit", 0.0)
        path = orbit_path(
            far.periodic(),
            begin,
            first,
            last,
            lambda part: report("flying the orbit", 0.1 * part),
            reach=SECONDS_PER_DAY,
        )
        flights = find_periodic_home_flights(
            first,
            last,
            path,
            flight_time=long,
            entry=meet,
            ways=far.ways(),
            altitude=altitude,
            progress=lambda part: report("correcting flights", 0.1 + 0.9 * part),
            trouble=troubles.append,
        )
    table = periodic_home_table(flights)
    best = int(table["delta_v_m_s"].argmin())
    # the cheaper way of a day
    cheaper = table.groupby(table["departure_utc"].str[:10])["delta_v_m_s"].idxmin()
    shown = table if every else table.loc[sorted(cheaper)].head(SHOWN)
    drawn = plain_table(
        ("way", "departure [UTC]", "entry [UTC]"),
        (
            "flight\n[d]",
            "departure\n[m/s]",
            "flyby\n[m/s]",
            "both\n[m/s]",
            "entry speed\n[m/s]",
            "angle\n[deg]",
            "inclin.\n[deg]",
            "entry lat\n[deg]",
            "lon\n[deg]",
        ),
    )
    for number, row in shown.iterrows():
        burn = row["flyby_burn_m_s"]
        drawn.add_row(
            row["way"],
            minute(row["departure_utc"]),
            minute(row["entry_utc"])[5:],
            f"{row['flight_d']:.2f}",
            f"{row['departure_burn_m_s']:.0f}",
            f"{burn:.0f}" if burn else "-",
            f"{row['delta_v_m_s']:.0f}" + ("*" if number == best else ""),
            f"{row['entry_speed_m_s']:.0f}",
            f"{row['entry_angle_deg']:.2f}",
            f"{row['inclination_deg']:.1f}",
            f"{row['entry_lat_deg']:.1f}",
            f"{row['entry_lon_deg']:.1f}",
        )
    out.print(
        f"from the {path.name} to {meet.altitude / 1e3:g} km over the Earth",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    out.print_wide(drawn, WIDTH + 14)
    told = "each way of every day" if every else "the cheaper way of every day; both with --all or --csv FILE"
    out.print(
        f"* cheapest. No margin. Shown: {told}. Flights by the Moon burn {altitude / 1e3:g} km over it, and a cheaper "
        "one may exist; speeds in axes that do not turn.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )
    print_troubles(troubles)
    out.print(MODEL, markup=False, style="dim", soft_wrap=True)
    if csv is not None:
        write_file(csv, table.to_csv(index=False, lineterminator="\n"))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    return 0
