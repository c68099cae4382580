"""A plan of a campaign: its flights, what it costs, and how good it is proven to be."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Flight:
    """A landing, with the launches that it takes.

    Attributes
    ----------
    month : int
        Month of the landing and of the last launch, 0 for the first of the campaign.
    launcher, pad, lander : str
        Ids.
    partner : str
        Partner that provides the lander; of a crew flight the one that sends the crew.
    kind : str
        "cargo" or "crew".
    elements : tuple of str
        Ids of the elements that it lands.
    supplies : dict of str to float
        Mass by supply [kg].
    crew : str
        Id of the crew flight; "" for cargo.
    tli_mass : float
        Mass on the way to the Moon: lander, propellant and payload [kg], of all its launches together.
    landed_mass : float
        Payload on the ground: elements, supplies, people [kg].
    propellant : float
        Propellant loaded [kg], what boils off included.
    cost : float
        Launches, a new lander if it takes one, and supplies, in the money of the campaign.
    site : str
        Where it lands.
    launch_months : tuple of int
        Months of its launches; the last is `month`.
    new_lander : bool
        Whether it takes a lander that has not flown.
    """

    month: int
    launcher: str
    pad: str
    lander: str
    partner: str
    kind: str
    elements: tuple[str, ...] = ()
    supplies: dict[str, float] = field(default_factory=dict)
    crew: str = ""
    tli_mass: float = 0.0
    landed_mass: float = 0.0
    propellant: float = 0.0
    cost: float = 0.0
    site: str = ""
    launch_months: tuple[int, ...] = ()
    new_lander: bool = True


@dataclass(frozen=True)
class Plan:
    """Flights that build a station up.

    Attributes
    ----------
    station : str
        Id of the station.
    start : str
        First month, as "2027-01".
    months : int
        Number of months.
    flights : tuple of Flight
        In the order of time.
    objective : str
        "cost", "completion", "capability" or "mix".
    value, bound : float
        Its value, and a bound that no plan can pass; cost in the money of the campaign, completion in months from the
        start, capability in its SI unit, a mix as a plain number.
    gap : float
        Distance between the two as share of the value.
    seconds : float
        Processor time of the search [s].
    status : str
        "optimal" (to the gap asked for), "feasible" or "greedy" (no proof tried).
    prices : str
        Currency and year of its costs.
    budget_by_year : dict of int to dict of str to float
        Cost by calendar year and partner: launches, landers, supplies and elements, in the year of the landing.
    notes : tuple of str
        What is assumed or left out.
    """

    station: str
    start: str
    months: int
    flights: tuple[Flight, ...]
    objective: str
    value: float
    bound: float
    gap: float
    seconds: float
    status: str
    prices: str = "USD 2026"
    budget_by_year: dict[int, dict[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> float:
        """Cost of all, in the money of the campaign."""
        return sum(sum(year.values()) for year in self.budget_by_year.values())

    @property
    def completion(self) -> int:
        """Months until the last element is landed, counted from the start; 0 with no element."""
        return max((flight.month + 1 for flight in self.flights if flight.elements), default=0)

    @property
    def launches(self) -> int:
        """Number of launches."""
        return sum(len(flight.launch_months) for flight in self.flights)

    def month_name(self, month: int) -> str:
        """Name of a month, as "2027-01"."""
        first = 12 * int(self.start[:4]) + int(self.start[5:7]) - 1 + month
        return f"{first // 12:04d}-{first % 12 + 1:02d}"
