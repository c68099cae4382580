"""A station's life as arrays: what the compiled loop is given, what it keeps of a run, and what it holds meanwhile."""

from typing import NamedTuple

import numpy as np

from moonstation.arrays import AnyArray, FloatArray, IntArray

NOMINAL, SURVIVAL, SHORT = 0, 1, 2

FAILED, DETECTED, REPAIR_BEGUN, REPAIRED, SHOCK, FROZEN, ARRIVED, NEVER_ARRIVED = 1, 2, 3, 4, 5, 6, 7, 8
MODE, FUNCTION_LOST, FUNCTION_BACK, LEFT = 9, 10, 11, 12
WORN, STARTED, CLEANED = 13, 14, 15
CREW_CAME, CREW_LEFT, CREW_RAN_SHORT, CREW_CUT_OFF, CREW_NEVER_CAME = 16, 17, 18, 19, 20
"""Kinds of events; the number that goes with one is a unit's item, an element, ``4 * bus + mode``, a function or a
visit. A visit ends as planned, for want of stocks, or of what it needs or power."""

AWAY, LIVES_HERE, GONE_HOME = 0, 1, 2
OXYGEN, WATER, FOOD = 0, 1, 2
DELIVERED, USED, RECOVERED, LEFT_OVER = 0, 1, 2, 3
STOCK_BOOKS = 4

WORKS, HIDDEN, WAITS, IN_REPAIR = 0, 1, 2, 3

GENERATED, SERVED, UNSERVED, CURTAILED, LOSSES, ARRIVED_CHARGE, LOST_CHARGE, CHARGE_END = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
)
BOOKS = 8
MADE, SENT, LOST, STORED_END = 0, 1, 2, 3
DATA_BOOKS = 4

STREAM_MISSION, STREAM_RATE, STREAM_UNIT, STREAM_SHOCK, STREAM_VALUE = 0, 5, 6, 7, 8
"""Streams of random numbers; the numbers stay when a stream is added, so that other draws do."""

(
    LOAD,
    ARRAY,
    DUST,
    DEGRADATION,
    SOURCE,
    STORE,
    STORE_LOSS,
    AGEING,
    ENDURANCE,
    START,
    DATA,
    MEMORY,
    LINK,
    MEAN_LIFE,
    WEAR_OUT,
    COMMON_CAUSE,
    DORMANCY,
    DETECTION,
    REPAIR,
    MISSION,
    CREW_USE,
    LOSS_OF_WATER_AND_AIR,
    VISIT_LOAD,
) = range(23)
VALUES = 23
"""What a run draws: factors on what the station file gives, but of dust the share itself."""


PART = np.dtype(
    [
        ("bus_of", "i8"),
        ("site_of", "i8"),
        ("first", "i8"),
        ("gone", "i8"),
        ("nominal", "f8"),
        ("survival", "f8"),
        ("array_power", "f8"),
        ("array_share", "i8"),
        ("degradation", "f8"),
        ("dust", "f8"),
        ("dust_landing", "f8"),
        ("cleaned_every", "f8"),
        ("cleaned_to", "f8"),
        ("cleaner", "i8"),
        ("steady_power", "f8"),
        ("steady_share", "i8"),
        ("start_steps", "f8"),
        ("start_power", "f8"),
        ("heater", "i8"),
        ("endurance", "f8"),
        ("mission_of", "i8"),
        ("made_nominal", "f8"),
        ("made_survival", "f8"),
        ("storage", "f8"),
        ("earth_rate", "f8"),
        ("relay_rate", "f8"),
    ]
)
"""An element or orbiter: bus and site, steps from which and until which it is there, loads, array and its row of
`LifeModel.share`, logarithms of array power lost a step by degradation (which the row holds already) and by dust (not
held) and by a landing, steps between cleanings, share of dust left by one and who cleans, steady power and its row,
steps to its full power and what that takes, row of `LifeModel.heat` (-1: none), steps without power after which it is
lost, mission, data."""

STORE_OF = np.dtype(
    [
        ("part", "i8"),
        ("capacity", "f8"),
        ("floor", "f8"),
        ("start", "f8"),
        ("into", "f8"),
        ("out_of", "f8"),
        ("charge_limit", "f8"),
        ("discharge_limit", "f8"),
        ("ages", "i8"),
        ("calendar", "f8"),
        ("cycling", "f8"),
        ("retires", "f8"),
        ("renewed_by", "i8"),
    ]
)
"""A store: element, capacity, reserve and charge at the start, shares of energy kept on the way in and out, limits; 1
if it ages, damage a step at half charge, factor on the damage of cycles, share of the capacity below which it is worn
out, and the failure whose repairs renew it."""

ITEM = np.dtype(
    [
        ("part", "i8"),
        ("needed", "i8"),
        ("shared", "i8"),
        ("scale", "f8"),
        ("mean", "f8"),
        ("weibull", "f8"),
        ("life", "f8"),
        ("beta", "f8"),
        ("dormancy", "f8"),
        ("sigma", "f8"),
        ("detect", "f8"),
        ("repair", "f8"),
        ("spares", "i8"),
        ("resupply", "f8"),
        ("robot", "i8"),
    ]
)
"""A failure: element, units needed, 1 where each unit lost takes its share of the element away (0 where fewer than
needed take it whole), characteristic and mean life, shape and end of life of the law, share of common causes, ageing at
rest, spread, steps to notice and to repair, spares, steps between deliveries that fill them up, and who repairs."""

VISIT = np.dtype(
    [
        ("site", "i8"),
        ("bus", "i8"),
        ("first", "i8"),
        ("stop", "i8"),
        ("mission_of", "i8"),
        ("load", "f8"),
        ("reserve", "f8"),
        ("grace", "f8"),
    ]
)
"""A crew: site, bus, steps from and until which it means to be there, mission, load, steps that stocks must last on,
and for which it bears that something is missing."""

RELAY = np.dtype([("part", "i8"), ("limit", "f8")])


class LifeModel(NamedTuple):
    """A station as tables: e elements (orbiters last), b buses, k stores, i failure items of u units, f functions.

    Powers in W, energies in J, data in bit, times in steps; an index of -1 means none.
    """

    step_s: float
    years: IntArray
    """(y + 1,) steps at which years begin, the last one ends the run."""
    share: FloatArray
    """(s, n) what sources give in each step, as share of their rated power."""
    parts: AnyArray
    stores: AnyArray
    items: AnyArray
    relays: AnyArray
    units: IntArray
    """(i + 1,) first unit of each item."""
    buses: int
    bus_first: IntArray
    by_bus: IntArray
    """(b + 1,) and (k,) stores by bus, so that a step meets only its own."""
    fed_first: IntArray
    fed: IntArray
    """(b + 1,) and (e,) elements by bus in the order in which they are fed."""
    mission_risk: FloatArray
    survival_below: float
    nominal_above: float
    draw_what: IntArray
    draw_which: IntArray
    draw_limits: FloatArray
    """(d, 3) lowest, likeliest and highest of each value that a run draws; nan for likeliest where all are alike."""
    upkeep: int
    """Steps after which slow changes (dust, ageing) are brought up to date."""
    need_function: IntArray
    need_least: IntArray
    need_first: IntArray
    need_element: IntArray
    in_nominal: IntArray
    """(f,) 1 where a function counts only in nominal mode."""
    ground: FloatArray
    """(sites, n) share of each step in which a site has a ground station."""
    through: FloatArray
    """(sites, r, n) share of each step in which a site has a ground station through a relay."""
    heat: FloatArray
    """(h, n) power of heaters in each step [W]."""
    brings: FloatArray
    """(e, 3) oxygen, water and food that come with a part [kg]."""
    visits: AnyArray
    visit_use: FloatArray
    visit_lost: FloatArray
    """(v, 3) what a crew uses a step [kg], and the share of it that is not won back."""
    visit_need_of: IntArray
    visit_need_least: IntArray
    visit_need_first: IntArray
    visit_need_element: IntArray


class Tally(NamedTuple):
    """What is kept of one run."""

    up: FloatArray
    """(f, y) steps of each year in which a function is there."""
    first_lost: FloatArray
    """(f,) step at which a function that was there is lost first; infinite if never."""
    last_up: FloatArray
    """(f,) end of the last step in which it is there; 0 if never."""
    failures: IntArray
    spent: IntArray
    blame: FloatArray
    """(i,) steps in which an item is broken and a function lost."""
    item_down: FloatArray
    down: FloatArray
    """(e,) steps in which an element that has arrived does not work or has no power."""
    frozen: FloatArray
    """(e,) step at which it froze; infinite if never."""
    energy: FloatArray
    """(b, BOOKS) [J]."""
    unserved_year: FloatArray
    """(b, y) [J]."""
    modes: FloatArray
    """(b, 3) steps in each mode."""
    data: FloatArray
    """(sites, DATA_BOOKS) [bit]."""
    health: FloatArray
    """(k,) capacity left by ageing at the end, as share; 0 for a store that is worn out."""
    through_store: FloatArray
    """(k,) energy that loads got out of a store [J]."""
    worn: FloatArray
    """(k,) step at which a store was worn out first; infinite if never."""
    visits: FloatArray
    """(v, 3) step at which a crew came (-1 if never), steps that it stayed, and the kind of event by which it left."""
    stocks: FloatArray
    """(sites, 3, STOCK_BOOKS) [kg]."""


class Trace(NamedTuple):
    """What is kept of one run through time, at every `every`-th instant; empty where none is wanted."""

    every: int
    charge: FloatArray
    """(b, m) [J]"""
    generation: FloatArray
    served: FloatArray
    mode: AnyArray
    stored: FloatArray
    """(sites, m) [bit]"""
    working: FloatArray
    """(e, m) share of each element that works and has power."""
    functions: AnyArray
    health: FloatArray
    """(k, m) capacity left by ageing, as share."""
    crew: FloatArray
    """(v, m) 1 while a crew is there."""
    stocks: FloatArray
    """(sites, 3, m) [kg]"""
    event: FloatArray
    """(q, 3) step, kind and number of each event."""
    met: IntArray
    """(1,) events met, which may be more than were kept."""


PART_NOW = np.dtype(
    [
        ("first", "i8"),
        ("here", "?"),
        ("frozen", "?"),
        ("dark", "?"),
        ("fed", "?"),
        ("up", "?"),
        ("factor", "f8"),
        ("dark_since", "f8"),
        ("starting", "f8"),
        ("dirt", "f8"),
        ("next_cleaning", "f8"),
    ],
    align=True,
)
"""A part: step from which it is there in this run, whether it was fed at the last event, share of it that works,
steps left of its start, logarithm of array power lost to dust and to degradation beyond what the file says."""

STORE_NOW = np.dtype(
    [
        ("size", "f8"),
        ("level", "f8"),
        ("capacity", "f8"),
        ("floor", "f8"),
        ("charging", "f8"),
        ("discharging", "f8"),
        ("into", "f8"),
        ("out_of", "f8"),
        ("giving", "f8"),
        ("taking", "f8"),
        ("gain", "f8"),
        ("gain_lost", "f8"),
        ("drain", "f8"),
        ("drain_lost", "f8"),
        ("give", "f8"),
        ("take", "f8"),
        ("damage", "f8"),
        ("charge_then", "f8"),
        ("heading", "i8"),
        ("depth", "i8"),
        ("filled", "?"),
        ("worn", "?"),
    ],
    align=True,
)
"""A store: capacity as new in this run [J], charge and capacity now, power by joule held or free, joules gained,
drained and lost by watt in or out for a step, what it can give and take in this one [W], damage and the state of
charge when it was last brought up to date, 1 while charging, -1 while discharging, turning points."""

ITEM_NOW = np.dtype(
    [
        ("working", "i8"),
        ("rate_factor", "f8"),
        ("shock_age", "f8"),
        ("shock_at", "f8"),
        ("shock_ageing", "f8"),
        ("shocks", "i8"),
        ("spares", "i8"),
        ("next_resupply", "f8"),
    ]
)
UNIT_NOW = np.dtype(
    [("state", "i8"), ("age", "f8"), ("ageing", "f8"), ("fails_at", "f8"), ("until", "f8"), ("lives", "i8")]
)
FUNCTION_NOW = np.dtype([("there", "?"), ("ever", "?")])
BUS_NOW = np.dtype(
    [
        ("nominal", "f8"),
        ("survival", "f8"),
        ("givers", "i8"),
        ("heaters", "i8"),
        ("mode", "i8"),
        ("fed_from", "f8"),
        ("fed_below", "f8"),
        ("in_survival", "?"),
        ("full", "?"),
        ("idle", "?"),
    ],
    align=True,
)
SITE_NOW = np.dtype([("made_rate", "f8"), ("storage", "f8"), ("earth_rate", "f8"), ("stored", "f8")])

VISIT_NOW = np.dtype(
    [
        ("state", "i8"),
        ("first", "i8"),
        ("load", "f8"),
        ("unmet_since", "f8"),
        ("lost", "?"),
        ("dark", "?"),
    ],
    align=True,
)

TURNS = 64
"""Turning points kept for counting cycles; the oldest counts as half a cycle where there are more."""


class Now(NamedTuple):
    """The state of a run; tables as in `LifeModel`."""

    drawn: FloatArray
    """(VALUES, most) what the run drew once: factors by what they are of and of which, 1 where nothing is drawn."""
    parts: AnyArray
    stores: AnyArray
    turns: FloatArray
    """(k, TURNS) states of charge at turning points that are not yet part of a whole cycle."""
    items: AnyArray
    units: AnyArray
    functions: AnyArray
    buses: AnyArray
    coefficient: FloatArray
    giving: IntArray
    """(b, s) power of each source [W], and the sources that give anything."""
    heating: IntArray
    """(b, h) rows of `LifeModel.heat` that a bus carries."""
    sites: AnyArray
    relay_rate: FloatArray
    """(sites, r) [bit/s]"""
    visits: AnyArray
    use: FloatArray
    won: FloatArray
    """(v, 3) what a crew takes from the stocks a step in this run, and what it wins back besides [kg]."""
    stocks: FloatArray
    """(sites, 3) [kg]"""


def blank(m: LifeModel) -> Now:
    """Room for the state of one run."""
    parts, stores, items, sites = m.parts.size, m.stores.size, m.items.size, m.ground.shape[0]
    return Now(
        drawn=np.ones((VALUES, max(parts, items, m.mission_risk.size, m.visits.size))),
        parts=np.zeros(parts, PART_NOW),
        stores=np.zeros(stores, STORE_NOW),
        turns=np.zeros((stores, TURNS)),
        items=np.zeros(items, ITEM_NOW),
        units=np.zeros(int(m.units[-1]), UNIT_NOW),
        functions=np.zeros(m.in_nominal.size, FUNCTION_NOW),
        buses=np.zeros(m.buses, BUS_NOW),
        coefficient=np.zeros((m.buses, m.share.shape[0])),
        giving=np.zeros((m.buses, m.share.shape[0]), dtype=np.int64),
        heating=np.zeros((m.buses, m.heat.shape[0]), dtype=np.int64),
        sites=np.zeros(sites, SITE_NOW),
        relay_rate=np.zeros((sites, m.relays.size)),
        visits=np.zeros(m.visits.size, VISIT_NOW),
        use=np.zeros((m.visits.size, 3)),
        won=np.zeros((m.visits.size, 3)),
        stocks=np.zeros((sites, 3)),
    )
