"""`moonstation campaign windows`: months in which a campaign can launch and land, for its station file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moonstation.cli.console import out, progress_bar
from moonstation.cli.words import check_file, read_quantity, write_file
from moonstation.errors import RequestError
from moonstation.station.loading import load_lunar_station

if TYPE_CHECKING:
    from moonstation.station.campaign import Campaign
    from moonstation.study.campaign_windows import MonthWindow


def command(
    station: Annotated[
        str, typer.Argument(help="A built-in station (see 'moonstation scenarios') or a station file.")
    ],
    speed: Annotated[
        str,
        typer.Option(
            help="Injection and insertion together that a flight may take, to a polar orbit 100 km up.",
            metavar="SPEED",
        ),
    ] = "4.2 km/s",
    light: Annotated[
        str | None,
        typer.Option(
            help="Also tell the months in which sites have light for this share of the time, as in '30 %'.",
            metavar="SHARE",
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all months to this table.")] = None,
) -> int:
    """Find the months in which each launch site of a campaign has a flight to the Moon, and its sites have light.

    Four days of each month are tried, a week apart, up to the first with a flight that is exact in the full model. The
    lines printed go into the station file: those of launch sites into [[pad]], those of light into [[lander]].
    """
    check_file(csv, "--csv")
    most = read_quantity(speed, "speed", "--speed")
    if not most > 0.0:
        raise RequestError(f"--speed {speed}: give more than zero")
    share = None if light is None else read_quantity(light, "share", "--light")
    if share is not None and not 0.0 <= share <= 1.0:
        raise RequestError(f"--light {light}: give 0 % to 100 %")
    spec = load_lunar_station(station)
    # astronomy libraries load only now
    from moonstation.study.campaign_windows import landing_windows, launch_windows

    with progress_bar() as report:
        part = 1.0 if share is None else 0.8
        launches = launch_windows(
            spec, most_speed=most, progress=lambda words, done: report(words, part * done)
        )
        landings = []
        if share is not None:
            landings = landing_windows(
                spec, least_light=share, progress=lambda words, done: report(words, part + 0.2 * done)
            )
    campaign = spec.campaign
    assert campaign is not None
    out.print(f"{spec.name}: windows", style="bold", markup=False, soft_wrap=True)
    out.print(
        f"flights of at most {most / 1e3:g} km/s to a polar orbit 100 km up", markup=False, soft_wrap=True
    )
    _print(campaign, launches, "pads at")
    if share is not None:
        out.print(f"\nlight for at least {100.0 * share:g} % of the month", markup=False, soft_wrap=True)
        _print(campaign, landings, "landers to")
    if csv is not None:
        write_file(csv, _table(campaign, launches, landings))
        out.print(f"{csv}: written", markup=False, soft_wrap=True)
    return 0


def _print(campaign: "Campaign", rows: "list[MonthWindow]", words: str) -> None:
    from moonstation.study.campaign_windows import window_texts

    for place in dict.fromkeys(row.place for row in rows):
        own = [row for row in rows if row.place == place]
        count = sum(row.open for row in own)
        texts = ", ".join(f'"{text}"' for text in window_texts(campaign, own))
        told = (
            f"windows = [{texts}]"
            if 0 < count < len(own)
            else "every month has one, no line is needed"
            if count
            else "no month has one: nothing flies"
        )
        out.print(f"{words} {place}: {count} of {len(own)} months; {told}", markup=False, soft_wrap=True)


def _table(campaign: "Campaign", launches: "list[MonthWindow]", landings: "list[MonthWindow]") -> str:
    import pandas as pd

    from moonstation.campaign.case import month_date

    rows = [
        {
            "place": row.place,
            "month": f"{month_date(campaign, row.month):%Y-%m}",
            "open": row.open,
            "day": row.day,
            "speed_m_s": round(row.figure, 1) if kind == "launch" else None,
            "lit_share": round(row.figure, 4) if kind == "light" else None,
        }
        for kind, group in (("launch", launches), ("light", landings))
        for row in group
    ]
    return str(pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
