"""A campaign as a picture: what flies when from whom, the station growing, mass on its way, cost by year (PNG)."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from moonstation.campaign.plan import Flight, Plan
from moonstation.report import palette
from moonstation.report.wording import listing, number, shortened

DPI = 130
ROW_INCHES = 0.21
MOST_FLIGHTS = 80
"""Flights with a row of their own; later ones are left out, and the picture says so."""

PARTNERS = (
    palette.BLUE,
    palette.VERMILLION,
    palette.GREEN,
    palette.ORANGE,
    palette.PURPLE,
    palette.SKY_BLUE,
    palette.YELLOW,
)
"""Colours of partners, those that land most first; all others share `OTHERS`."""

OTHERS = palette.NO_DATA

MASS_PARTS = (
    ("propellant", palette.SKY_BLUE),
    ("landers", palette.NO_DATA),
    ("elements", palette.BLUE),
    ("supplies", palette.ORANGE),
    ("crews", palette.PURPLE),
)
"""What the mass on the way to the Moon is, from the part that is used up to the part that stays."""


def partner_colours(plan: Plan, growth: Any) -> dict[str, str]:
    """Colour by partner: by landed mass at the end, then by cost."""
    landed = {str(p): float(m) for p, m in zip(growth.partner.values, growth.landed_mass[:, -1], strict=True)}
    cost: dict[str, float] = dict.fromkeys(landed, 0.0)
    for year in plan.budget_by_year.values():
        for partner, amount in year.items():
            cost[partner] = cost.get(partner, 0.0) + amount
    flying = {flight.partner for flight in plan.flights}
    seen = [p for p in {**landed, **cost} if landed.get(p) or cost.get(p) or p in flying]
    order = sorted(seen, key=lambda p: (-landed.get(p, 0.0), -cost.get(p, 0.0), p))
    return {partner: PARTNERS[i] if i < len(PARTNERS) else OTHERS for i, partner in enumerate(order)}


def payload_words(flight: Flight, names: Mapping[str, str], most: int = 4) -> str:
    """What a flight lands, in words."""
    things = [shortened(names.get(one, one), 34) for one in flight.elements]
    things += [
        f"{number(mass)} kg of {names.get(one, one)}" for one, mass in flight.supplies.items() if mass > 0.5
    ]
    if flight.crew:
        things.insert(0, names.get(flight.crew, flight.crew))
    return listing(things, most) if things else "nothing"


def mass_parts(flight: Flight) -> dict[str, float]:
    """The mass of a flight on the way to the Moon by what it is [kg]; the parts add up to it."""
    supplies = sum(flight.supplies.values())
    rest = flight.landed_mass - supplies
    return {
        "propellant": flight.propellant,
        "landers": flight.tli_mass - flight.propellant - flight.landed_mass,
        "elements": 0.0 if flight.crew and not flight.elements else rest,
        "supplies": supplies,
        "crews": rest if flight.crew and not flight.elements else 0.0,
    }


def first_day(plan: Plan, month: int) -> np.datetime64:
    """First day of a month of the plan."""
    return np.datetime64(str(np.datetime64(plan.start, "M") + month), "D")


def draw_campaign(plan: Plan, growth: Any, *, names: Mapping[str, str], title: str, note: str = "") -> bytes:
    """Draw a plan as a PNG picture.

    Parameters
    ----------
    plan : Plan
        The plan.
    growth : xarray.Dataset
        Of `moonstation.campaign.growth.growth`.
    names : mapping of str to str
        Names of partners, launchers, landers, elements, supplies and crew flights by id.
    title, note : str
        Above and below.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    flights = plan.flights[:MOST_FLIGHTS]
    colours = partner_colours(plan, growth)
    rows = max(4, len(flights))
    above = 1.0 + ROW_INCHES * rows
    figure = Figure(figsize=(13.0, above + 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, height_ratios=(above, 3.2, 3.0))
    _draw_flights(figure.add_subplot(grid[0, :]), plan, flights, colours, names)
    _draw_mass(figure.add_subplot(grid[1, 0]), plan, growth, colours)
    _draw_power(figure.add_subplot(grid[1, 1]), plan, growth)
    _draw_cost(figure.add_subplot(grid[2, 0]), plan, colours)
    _draw_flow(figure.add_subplot(grid[2, 1]), plan)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, color=palette.INK, fontweight="bold")
    left_out = len(plan.flights) - len(flights)
    words = [f"The last {left_out} flights have no row."] if left_out else []
    text = " ".join([*words, note]) if note else " ".join(words)
    if text:
        figure.supxlabel(text, fontsize=8, color=palette.MUTED, x=0.01, ha="left")
    _legend(figure, colours, names)
    with io.BytesIO() as out:
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
        return out.getvalue()


def _legend(figure: Any, colours: Mapping[str, str], names: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    shown = [Patch(color=c, label=shortened(names.get(p, p), 28)) for p, c in colours.items() if c != OTHERS]
    if OTHERS in colours.values():
        shown.append(Patch(color=OTHERS, label="others"))
    figure.legend(
        handles=shown, loc="outside upper right", ncols=min(6, max(1, len(shown))), frameon=False, fontsize=8
    )


def _style(axes: Any, heading: str) -> None:
    axes.set_title(heading, fontsize=9.5, loc="left", color=palette.INK)
    axes.grid(color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=palette.MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(palette.LINE)


def _time_ticks(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=12)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _draw_flights(
    axes: Any, plan: Plan, flights: tuple[Flight, ...], colours: Mapping[str, str], names: Mapping[str, str]
) -> None:
    from matplotlib.dates import date2num

    _style(axes, "Flights: from the first launch to the landing, and what they land")
    first, last = (float(date2num(first_day(plan, month))) for month in (0, plan.months))
    width = last - first
    for row, flight in enumerate(flights):
        start = float(date2num(first_day(plan, min(flight.launch_months, default=flight.month))))
        stop = float(date2num(first_day(plan, flight.month + 1)))
        colour = colours.get(flight.partner, OTHERS)
        axes.barh(row, stop - start, left=start, height=0.72, color=colour)
        for month in flight.launch_months:
            axes.plot(float(date2num(first_day(plan, month))), row, "|", color=palette.INK, markersize=6)
        words = shortened(payload_words(flight, names), 88)
        late = (stop - first) / width > 0.55
        axes.annotate(
            words,
            (start if late else stop, row),
            xytext=(-4 if late else 4, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
            fontsize=7.5,
            color=palette.INK,
        )
    labels = [
        f"{shortened(names.get(f.launcher, f.launcher), 21)} · {shortened(names.get(f.lander, f.lander), 24)}"
        for f in flights
    ]
    axes.set_yticks(range(len(flights)), labels, fontsize=7.5)
    axes.set_ylim(max(4, len(flights)) - 0.4, -0.6)
    axes.set_xlim(first, last)
    _time_ticks(axes)


def _months(plan: Plan) -> Any:
    """Ends of months as dates: what a month brings stands at its end."""
    return np.array([first_day(plan, month + 1) for month in range(plan.months)])


def _draw_mass(axes: Any, plan: Plan, growth: Any, colours: Mapping[str, str]) -> None:
    _style(axes, "Landed mass [t]")
    at = {str(partner): i for i, partner in enumerate(growth.partner.values)}
    shown = [p for p in colours if p in at]
    months = _months(plan)
    base = np.zeros(plan.months)
    for partner in shown:
        top = base + np.asarray(growth.landed_mass[at[partner]], dtype=np.float64) / 1e3
        axes.fill_between(months, base, top, step="post", color=colours[partner], lw=0)
        base = top
    axes.set_xlim(first_day(plan, 0), first_day(plan, plan.months))
    axes.set_ylim(bottom=0.0)
    _time_ticks(axes)


def _draw_power(axes: Any, plan: Plan, growth: Any) -> None:
    _style(axes, "Power [kW] and functions served")
    months = _months(plan)
    for key, label, colour, line in (
        ("power_made", "made", palette.GENERATION, "-"),
        ("power_nominal", "needed, nominal mode", palette.LOAD, "-"),
        ("power_survival", "needed, survival mode", palette.LOAD, "--"),
    ):
        values = np.asarray(growth[key], dtype=np.float64) / 1e3
        axes.step(months, values, where="post", color=colour, ls=line, label=label)
    # room for the legend above the lines
    axes.set_ylim(0.0, 1.45 * max(1.0, axes.get_ylim()[1]))
    axes.set_xlim(first_day(plan, 0), first_day(plan, plan.months))
    functions = np.asarray(growth["functions"], dtype=np.float64)
    if functions.max(initial=0.0) > 0.0:
        from matplotlib.ticker import MaxNLocator

        other = axes.twinx()
        other.step(months, functions, where="post", color=palette.MUTED, ls=":", label="functions served")
        other.set_ylim(0.0, max(1.0, functions.max()) * 1.45)
        other.yaxis.set_major_locator(MaxNLocator(integer=True))
        other.tick_params(labelsize=8, colors=palette.MUTED)
        other.set_ylabel("functions", fontsize=8, color=palette.MUTED)
        other.spines[["top", "left"]].set_visible(False)
        handles, labels = (
            a + b
            for a, b in zip(axes.get_legend_handles_labels(), other.get_legend_handles_labels(), strict=True)
        )
    else:
        handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, labels, fontsize=7.5, frameon=False, loc="upper left")
    _time_ticks(axes)


def _draw_cost(axes: Any, plan: Plan, colours: Mapping[str, str]) -> None:
    unit, size = money_unit(plan)
    _style(axes, f"Cost by year [{unit}]")
    years = sorted(plan.budget_by_year)
    base = np.zeros(len(years))
    for partner in colours:
        values = np.array([plan.budget_by_year[year].get(partner, 0.0) for year in years]) / size
        axes.bar(years, values, bottom=base, color=colours[partner], width=0.8)
        base += values
    if years:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not base.any():
        axes.text(0.5, 0.5, "no cost is given", transform=axes.transAxes, ha="center", color=palette.MUTED)


def money_unit(plan: Plan) -> tuple[str, float]:
    """Unit in which the costs of a plan read well, and its size: ("million USD 2026", 1e6)."""
    most = max((sum(year.values()) for year in plan.budget_by_year.values()), default=0.0)
    for size, word in ((1e9, "thousand million "), (1e6, "million ")):
        if most >= size:
            return f"{word}{plan.prices}", size
    return plan.prices, 1.0


def _draw_flow(axes: Any, plan: Plan) -> None:
    """Mass on its way to the Moon by year and by what it is."""
    _style(axes, "Mass sent towards the Moon by year [t], and what becomes of it")
    years: dict[int, dict[str, float]] = {}
    for flight in plan.flights:
        year = years.setdefault(int(plan.month_name(flight.month)[:4]), dict.fromkeys(dict(MASS_PARTS), 0.0))
        for part, mass in mass_parts(flight).items():
            year[part] += mass
    base = np.zeros(len(years))
    order = sorted(years)
    for part, colour in MASS_PARTS:
        values = np.array([years[year][part] for year in order]) / 1e3
        if values.any():
            axes.bar(order, values, bottom=base, color=colour, width=0.8, label=part)
            base += values
    if order:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=7.5, frameon=False, loc="upper left", ncols=2)
        axes.set_ylim(top=base.max() * 1.4)
