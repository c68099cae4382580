"""A station's life as arrays: what the compiled loop is given, what it keeps of a run, and what it holds meanwhile."""

from typing import NamedTuple

from moonstation.arrays import AnyArray, FloatArray, IntArray

NOMINAL, SURVIVAL, SHORT = 0, 1, 2

FAILED, DETECTED, REPAIR_BEGUN, REPAIRED, SHOCK, FROZEN, ARRIVED, NEVER_ARRIVED = 1, 2, 3, 4, 5, 6, 7, 8
MODE, FUNCTION_LOST, FUNCTION_BACK, LEFT = 9, 10, 11, 12
WORN, STARTED, CLEANED = 13, 14, 15
"""Kinds of events; the number that goes with one is a unit's item, an element, ``4 * bus + mode`` or a function."""

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
) = range(20)
VALUES = 20
"""What a run draws: factors on what the station file gives, but the share that dust takes, which is the value itself."""


class LifeModel(NamedTuple):
    """A station as arrays: e elements (orbiters last), b buses, k stores, i failure items of u units, f functions.

    Powers in W, energies in J, data in bit, times in steps; an index of -1 means none.
    """

    step_s: float
    years: IntArray
    """(y + 1,) steps at which years begin, the last one ends the run."""
    share: FloatArray
    """(s, n) what sources give in each step, as share of their rated power."""
    bus_of: IntArray
    first: IntArray
    gone: IntArray
    """(e,) steps from which and until which an element is there."""
    nominal: FloatArray
    survival: FloatArray
    array_power: FloatArray
    array_share: IntArray
    degradation: FloatArray
    """(e,) logarithm of the array power lost a step, which `share` holds already."""
    dust: FloatArray
    dust_landing: FloatArray
    """(e,) the same of dust, a step and a landing at the site; `share` does not hold it."""
    cleaned_every: FloatArray
    cleaned_to: FloatArray
    cleaner: IntArray
    """(e,) steps between cleanings (infinite if none), the share of dust left by one, and who cleans."""
    steady_power: FloatArray
    steady_share: IntArray
    start_steps: FloatArray
    start_power: FloatArray
    """(e,) steps from arrival or repair to full power, and what that takes from the bus meanwhile."""
    order: IntArray
    endurance: FloatArray
    """(e,) steps without survival power after which an element is lost; infinite if never."""
    mission_of: IntArray
    mission_risk: FloatArray
    buses: int
    survival_below: float
    nominal_above: float
    draw_what: IntArray
    draw_which: IntArray
    draw_limits: FloatArray
    """(d, 3) lowest, likeliest and highest of each value that a run draws; nan for likeliest where all are alike."""
    upkeep: int
    """Steps after which slow changes (dust, ageing) are brought up to date."""
    store_of: IntArray
    capacity: FloatArray
    floor: FloatArray
    start: FloatArray
    into: FloatArray
    out_of: FloatArray
    """(k,) shares of energy that remain on the way in and on the way out."""
    charge_limit: FloatArray
    discharge_limit: FloatArray
    ages: IntArray
    """(k,) 1 where a store loses capacity by time and cycles."""
    calendar: FloatArray
    cycling: FloatArray
    """(k,) damage a step at half charge, and factor on the damage of cycles."""
    retires: FloatArray
    """(k,) share of the capacity below which a store is worn out."""
    renewed_by: IntArray
    """(k,) failure item whose repairs renew the store."""
    item_of: IntArray
    """(i,) element of each failure item."""
    units: IntArray
    """(i + 1,) first unit of each item."""
    needed: IntArray
    shared: IntArray
    """(i,) 1 where each unit lost takes its share of the element away, 0 where fewer than `needed` take it whole."""
    scale: FloatArray
    """(i,) characteristic life of the law; the mean for the exponential."""
    mean: FloatArray
    """(i,) mean life of a unit; infinite where none fails by chance."""
    weibull: FloatArray
    life: FloatArray
    beta: FloatArray
    dormancy: FloatArray
    sigma: FloatArray
    detect: FloatArray
    repair: FloatArray
    spares: IntArray
    resupply: FloatArray
    """(i,) steps between deliveries that fill the spares up again; infinite if none come."""
    robot: IntArray
    need_function: IntArray
    need_least: IntArray
    need_first: IntArray
    need_element: IntArray
    in_nominal: IntArray
    """(f,) 1 where a function counts only in nominal mode."""
    site_of: IntArray
    made_nominal: FloatArray
    made_survival: FloatArray
    storage: FloatArray
    earth_rate: FloatArray
    relay_rate: FloatArray
    ground: FloatArray
    """(sites, n) share of each step in which a site has a ground station."""
    through: FloatArray
    """(sites, r, n) share of each step in which a site has a ground station through a relay."""
    relay_of: IntArray
    relay_limit: FloatArray


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
    event: FloatArray
    """(q, 3) step, kind and number of each event."""
    met: IntArray
    """(1,) events met, which may be more than were kept."""


class Now(NamedTuple):
    """The state of a run; the first axis is that of `LifeModel`."""

    drawn: FloatArray
    """(VALUES, most) what the run drew once: factors by what they are of and of which, 1 where nothing is drawn."""
    first: IntArray
    here: AnyArray
    factor: FloatArray
    frozen: AnyArray
    dark: AnyArray
    dark_since: FloatArray
    up: AnyArray
    starting: FloatArray
    dirt: FloatArray
    next_cleaning: FloatArray
    working: IntArray
    rate_factor: FloatArray
    shock_age: FloatArray
    shock_at: FloatArray
    shock_ageing: FloatArray
    shocks: IntArray
    spares: IntArray
    next_resupply: FloatArray
    item_of_unit: IntArray
    age: FloatArray
    ageing: FloatArray
    fails_at: FloatArray
    lives: IntArray
    state: AnyArray
    until: FloatArray
    function_up: AnyArray
    ever_up: AnyArray
    coefficient: FloatArray
    giving: IntArray
    givers: IntArray
    nominal: FloatArray
    survival: FloatArray
    mode: AnyArray
    in_survival: AnyArray
    full: AnyArray
    idle: AnyArray
    size: FloatArray
    """(k,) capacity of the new store in this run [J]."""
    level: FloatArray
    capacity: FloatArray
    floor: FloatArray
    charging: FloatArray
    discharging: FloatArray
    into: FloatArray
    out_of: FloatArray
    filled: AnyArray
    worn: AnyArray
    damage: FloatArray
    charge_then: FloatArray
    """(k,) state of charge when damage was last brought up to date."""
    heading: IntArray
    """(k,) 1 while charging, -1 while discharging, 0 before either."""
    turns: FloatArray
    """(k, TURNS) states of charge at turning points that are not yet part of a whole cycle."""
    depth: IntArray
    bus_first: IntArray
    by_bus: IntArray
    fed_first: IntArray
    fed: IntArray
    made_rate: FloatArray
    storage: FloatArray
    earth_rate: FloatArray
    relay_rate: FloatArray
    stored: FloatArray


TURNS = 64
"""Turning points kept for counting cycles; the oldest counts as half a cycle where there are more."""
