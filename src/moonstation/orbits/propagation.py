"""Orbits about the Moon, and between Earth and Moon, through time: numerical propagation."""

from collections.abc import Callable, Sequence

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import (
    EARTH_RADIUS,
    MOON_RADIUS,
    SECONDS_PER_DAY,
    STANDARD_GRAVITY,
)
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits import _force_kernels, _kernels
from moonstation.orbits.burns import (
    AXES,
    CENTERS,
    Burn,
    Flown,
    Impulse,
    Manoeuvre,
    impulse_icrf,
    impulse_jacobian,
    order_manoeuvres,
)
from moonstation.orbits.forces import NO_THRUST, ForceModel, needs_extras
from moonstation.orbits.gravity import GravityModel, load_gravity, omitted_acceleration
from moonstation.orbits.plans import (
    FARTHEST,
    TOLERANCE,
    Plan,
    check_start,
    check_state,
    collocation_rule,
    plan_et,
    plan_flight,
)
from moonstation.orbits.trajectory import Trajectory as Trajectory
from moonstation.orbits.trajectory import cut_record
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.epochs import Epoch

DRIFT_SHARE = 0.15
"""Growth of a position error per time, as a share of omitted acceleration over mean motion.

From truncated fields on a polar orbit 100 km up over 7 days: 0.06 of it with degree 50 (for 100), 0.25 with
degree 8 (for 50).
"""

SHORTEST_FLIGHT = 1.0
"""An orbit that ends sooner has not begun [s]."""

END_GRAIN = 2.0**-20
"""Flights that hit the ground or leave end on a multiple of this [s]: added to an epoch of 1e9 s it is not rounded."""

STEPS_PER_CALL = 2000
"""Steps between two reports of progress: a few tenths of a second."""


def propagate(
    state_icrf: FloatArray,
    *,
    epoch: Epoch,
    duration: float,
    degree: int | None = None,
    name: str = "",
    progress: Callable[[float], None] | None = None,
    ephemeris: Ephemeris | None = None,
    gravity: GravityModel | None = None,
    tolerance: float = TOLERANCE,
    forces: ForceModel | None = None,
    bound: bool = True,
    ground: bool = True,
    farthest: float = FARTHEST,
    manoeuvres: Sequence[Manoeuvre] = (),
    mass: float | None = None,
    transition: bool = False,
    transition_degree: int | None = None,
    to_the_end: bool = False,
) -> Trajectory:
    """Propagate an orbit about the Moon, or a flight between Earth and Moon.

    Force model: lunar gravity to a degree in the principal axes of the ephemeris, Earth and Sun as point
    masses (direct and indirect), and what `forces` says. The trajectory's note tells what is in and out.

    Parameters
    ----------
    state_icrf : FloatArray
        Position and velocity (6,) [m, m/s] at the epoch, Moon-centred, ICRF axes.
    epoch : Epoch
        When.
    duration : float
        How long [s]; negative flies backward in time.
    degree : int, optional
        Degree and order of the gravity field; chosen by the height of the periapsis if not given.
    name : str
        What flies; named in errors.
    progress : callable, optional
        Called with the share done, 0 to 1, now and then.
    ephemeris : Ephemeris, optional
        Places of Earth, Sun and planets and the Moon's orientation; the packaged DE440 if not given.
    gravity : GravityModel, optional
        Field to use instead of the packaged one; its degree counts.
    tolerance : float
        Size of the last terms kept of the position over a step [m]; the default keeps orbits within a
        centimetre per month of converged ones (docs/decisions/0003-orbit-integrator.md).
    forces : ForceModel, optional
        What counts besides the Moon, Earth and Sun; its defaults if not given (docs/forces.md).
    bound : bool
        Refuse a state that the Moon alone would not hold; arrivals, transfers and some halo orbits are such.
    ground : bool
        Refuse an orbit that meets the ground; without, it flies on through it, which only searches want.
    farthest : float
        Distance from the Moon [m] that ends the flight with an error; a flight from the Earth needs 5e8, and
        `bound=False`. At most 5e9.
    manoeuvres : sequence of Impulse or Burn
        Changes of velocity, in any order.
    mass : float, optional
        Mass at the epoch [kg], which manoeuvres with a specific impulse use up.
    transition : bool
        Whether to carry the state transition matrix along, for `Trajectory.transition`.
    transition_degree : int, optional
        Highest degree of the gravity gradient in it; that of the flight if not given.
    to_the_end : bool
        Give a flight that hits the ground or goes too far as far as it goes, to a microsecond, instead of refusing it.
        Without `transition`.

    Returns
    -------
    Trajectory

    Raises
    ------
    OrbitError
        If the orbit starts under ground, is not bound to the Moon though `bound`, leaves it, or hits the 1737.4 km
        sphere (terrain is not looked at) or the Earth; says when and where.
    CoverageError
        If the ephemeris does not cover the span.
    RequestError
        If an argument makes no sense.
    """
    who = f"orbit of {name}" if name and name != "orbit" else "orbit"
    start = check_state(state_icrf, who)
    gm = load_gravity(2).gm if gravity is None else gravity.gm
    plan = plan_flight(
        epoch.tdb_s,
        duration,
        degree=degree,
        ephemeris=ephemeris,
        gravity=gravity,
        tolerance=tolerance,
        forces=forces,
        ground=ground,
        farthest=farthest,
        transition_degree=transition_degree,
        lowest=check_start(start, gm, who, bound=bound, ground=ground),
        who=who,
    )
    if mass is not None and not (np.isfinite(mass) and mass > 0.0):
        raise RequestError(f"{who}: mass is {mass} kg; give a positive number")
    ordered = order_manoeuvres(tuple(manoeuvres), et0=plan.et0, et1=plan.et1, mass=mass, who=who)
    if transition and any(isinstance(one, Burn) and one.axes != "ICRF" for one in ordered):
        raise RequestError(
            f"{who}: no transition matrices through a burn whose axes turn with the motion; give it in ICRF axes, or "
            "as impulses"
        )
    if transition and to_the_end:
        raise RequestError(f"{who}: no transition matrices of a flight to its end; leave one of the two out")
    flight = _Flight(plan, start, mass, transition, to_the_end, progress)
    for one in ordered:
        flight.coast(one.begin if plan.sign > 0 else one.end)
        if flight.ended:
            break
        if isinstance(one, Impulse):
            flight.strike(one)
        else:
            flight.burn(one)
    if not flight.ended:
        flight.coast(plan.et1)
    return flight.trajectory(name)


class _Flight:
    """A flight under way: the state of the integrator and all that it has left behind."""

    def __init__(
        self,
        plan: Plan,
        start: FloatArray,
        mass: float | None,
        transition: bool,
        to_the_end: bool,
        progress: Callable[[float], None] | None,
    ) -> None:
        self._plan = plan
        self._to_the_end = to_the_end
        self.ended = False
        self._state = plan.first_state(start)
        self._phi = np.eye(6)
        self._transition = transition
        self._progress = progress
        self._taus: list[FloatArray] = []
        self._states: list[FloatArray] = []
        self._records: list[FloatArray] = []
        self._phis: list[FloatArray] = []
        self._phi_records: list[FloatArray] = []
        self._first_mass = self._mass = mass
        self._knots: list[tuple[float, float]] = []
        self._flown: list[Flown] = []
        self._note_mass(plan.et0)

    def coast(self, et: float) -> None:
        """Fly to an epoch [TDB s past J2000] with engines off."""
        self._fly(self._tau(et), NO_THRUST)

    def burn(self, burn: Burn) -> None:
        """Fly through a burn."""
        sign, mass = self._plan.sign, self._mass
        assert mass is not None  # order_manoeuvres sees to it
        flow = sign * burn.mass_flow
        if mass - flow * burn.duration <= 0.0:
            raise RequestError(
                f"{self._plan.who}: burn at {burn.epoch.utc} uses {burn.mass_flow * burn.duration:.1f} kg of "
                f"{mass:.1f} kg; shorten it or give more mass"
            )
        towards = np.array(burn.direction, dtype=np.float64)
        thrust = _force_kernels.Thrust(
            acceleration=burn.thrust / mass,
            rate=flow / mass,
            begin=float(self._state[0]),
            axes=AXES[burn.axes],
            about=CENTERS[burn.about],
            towards=towards / np.linalg.norm(towards),
        )
        et = self._plan.et0 + sign * self._state[0]
        self._note_mass(et)
        first = self._motion()
        end = burn.end if sign > 0 else burn.begin
        self._fly(self._tau(end), thrust)
        burnt = burn.duration
        if self.ended:
            end = plan_et(self._plan, float(self._taus[-1][-1]))
            burnt = abs(end - et)
        self._mass = mass - flow * burnt
        self._note_mass(end)
        self._log(burn, first, mass, burn.isp * STANDARD_GRAVITY * abs(np.log1p(-flow * burnt / mass)))

    def strike(self, impulse: Impulse) -> None:
        """Change velocity at once."""
        plan, mass = self._plan, self._mass
        first = self._motion()
        earth = plan.sky.state_icrf("earth", impulse.begin)[0]
        change = impulse_icrf(impulse, first, earth)
        size = float(np.linalg.norm(change))
        self._state[5:8] += change  # backward, both the change and the velocity are turned
        if plan.sign > 0:
            self._phi = self._phi @ impulse_jacobian(impulse, first, earth).T
        elif self._states:
            # What is stored at an impulse is the state before it, also where it is flown through backward.
            self._states[-1][-1] = self._state[2:8]
        if impulse.isp is not None and mass is not None:
            self._note_mass(impulse.begin)
            self._mass = mass * float(np.exp(-plan.sign * size / (impulse.isp * STANDARD_GRAVITY)))
            self._note_mass(impulse.begin)
        self._log(impulse, first, mass, size)

    def trajectory(self, name: str) -> Trajectory:
        """All that was flown."""
        plan = self._plan
        taus, states, records = (np.concatenate(a) for a in (self._taus, self._states, self._records))
        transitions = np.concatenate(self._phis) if self._transition else np.empty((0, 6, 6))
        phi_records = (
            np.concatenate(self._phi_records)
            if self._transition
            else np.empty((0, 6, 3, _kernels.RECORD_COEFFICIENTS))
        )
        transitions = transitions.transpose(0, 2, 1)
        if plan.sign < 0:
            turn = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
            odd = (-1.0) ** np.arange(_kernels.RECORD_COEFFICIENTS)
            taus, states, records = -taus[::-1], states[::-1] * turn, records[::-1] * odd
            transitions = transitions[::-1] * np.outer(turn, turn)
            phi_records = phi_records[::-1] * odd * turn[:, None, None]
        knots = np.array(self._knots[:: int(plan.sign)]) if self._knots else np.empty((0, 2))
        return Trajectory(
            name=name,
            et=plan.et0 + taus,
            states_icrf=np.ascontiguousarray(states),
            records=np.ascontiguousarray(records),
            degree=plan.gravity.degree,
            note=_describe_model(plan, float(np.linalg.norm(states[:, :3], axis=1).min()), self._flown),
            sources=(plan.gravity.source, *plan.sky.sources),
            started_at=plan.et0,
            transitions=np.ascontiguousarray(transitions),
            transition_records=np.ascontiguousarray(np.moveaxis(phi_records, 1, 0)),
            manoeuvres=tuple(sorted(self._flown, key=lambda one: one.begin)),
            forces=plan.model.description,
            mass_knots=knots,
        )

    def _tau(self, et: float) -> float:
        """Time since the start in the sense of flight [s]."""
        return self._plan.sign * (et - self._plan.et0)

    def _motion(self) -> FloatArray:
        """State (6,) in true time."""
        return np.concatenate([self._state[2:5], self._plan.sign * self._state[5:8]])

    def _note_mass(self, et: float) -> None:
        if self._mass is not None:
            self._knots.append((et, self._mass))

    def _log(self, one: Manoeuvre, first: FloatArray, mass: float | None, delta_v: float) -> None:
        ends = [(first, mass), (self._motion(), self._mass)]
        (before, mass_before), (after, mass_after) = ends if self._plan.sign > 0 else ends[::-1]
        self._flown.append(
            Flown(
                manoeuvre=one,
                begin=one.begin,
                end=one.end,
                before=before,
                after=after,
                mass_before=np.nan if mass_before is None else mass_before,
                mass_after=np.nan if mass_after is None else mass_after,
                delta_v=float(delta_v),
            )
        )

    def _fly(self, tau_end: float, thrust: _force_kernels.Thrust) -> None:
        plan, state = self._plan, self._state
        forces = plan.forces
        if self._first_mass is not None and self._mass is not None:
            forces = forces._replace(light=forces.light * self._first_mass / self._mass)
        extras = needs_extras(forces, thrust)
        while state[0] < tau_end:
            tau = np.empty(STEPS_PER_CALL + 1)
            y = np.empty((STEPS_PER_CALL + 1, 6))
            record = np.empty((STEPS_PER_CALL, 3, _kernels.RECORD_COEFFICIENTS))
            phi = np.empty((STEPS_PER_CALL + 1, 6, 6)) if self._transition else None
            phi_record = (
                np.empty((STEPS_PER_CALL, 6, 3, _kernels.RECORD_COEFFICIENTS)) if self._transition else None
            )
            steps, status = _kernels.advance(
                plan.window,
                plan.gravity.packed,
                forces,
                thrust,
                collocation_rule(),
                float(tau_end),
                plan.tolerance,
                plan.ground,
                plan.farthest,
                state,
                extras,
                self._phi if self._transition else None,
                tau,
                y,
                record,
                phi,
                phi_record,
            )
            if status not in (_kernels.REACHED_END, _kernels.BUFFER_FULL):
                if not self._to_the_end or state[0] < SHORTEST_FLIGHT or status not in ENDINGS:
                    raise OrbitError(_describe_end(plan, status, state))
                self.ended = True
                steps = _cut_last_step(plan, status, steps, state, tau, y, record)
            later = bool(self._taus)
            self._taus.append(tau[later : steps + 1].copy())
            self._states.append(y[later : steps + 1].copy())
            self._records.append(record[:steps].copy())
            if phi is not None and phi_record is not None:
                self._phis.append(phi[later : steps + 1].copy())
                self._phi_records.append(phi_record[:steps].copy())
            if self._progress is not None:
                self._progress(float(state[0] / abs(plan.et1 - plan.et0)))
            if self.ended:
                return


ENDINGS = (_kernels.BELOW_GROUND, _kernels.LEFT_MOON)


def _cut_last_step(
    plan: Plan, status: int, steps: int, state: FloatArray, tau: FloatArray, y: FloatArray, record: FloatArray
) -> int:
    """Cut the step in which a flight ends short, in place; gives the number of steps with it."""
    if status == _kernels.BELOW_GROUND:
        # the step into the ground is written after those that count
        # one grain early, so that no rounding puts it under ground
        last, end = steps, float(state[0]) - END_GRAIN
    else:
        last = steps - 1
        low, end = float(tau[last]), float(tau[steps])
        for _ in range(60):
            middle = 0.5 * (low + end)
            far = np.linalg.norm(_evaluate(tau, record, last, middle)[:3]) > plan.farthest
            low, end = (low, middle) if far else (middle, end)
    end = float(np.floor(end / END_GRAIN)) * END_GRAIN
    if end <= tau[last]:
        return last
    y[last + 1] = _evaluate(tau, record, last, end)
    record[last] = cut_record(record[last], tau[last : last + 2], np.array([tau[last], end]))
    tau[last + 1] = end
    return last + 1


def _evaluate(tau: FloatArray, record: FloatArray, step: int, when: float) -> FloatArray:
    """State (6,) within a step."""
    out = np.empty((1, 6))
    _kernels.evaluate_trajectory(np.array([when]), tau[step : step + 2], record[step : step + 1], out)
    return np.asarray(out[0])


def _describe_model(plan: Plan, lowest: float, flown: list[Flown]) -> str:
    """Force model and an estimate of what the truncated field leaves out, one line."""
    gravity = plan.gravity
    where = "lowest step" if plan.farthest > FARTHEST else "first periapsis"
    radius = max(lowest, MOON_RADIUS) if plan.farthest > FARTHEST else plan.lowest
    degree, height_km = gravity.degree, (radius - MOON_RADIUS) / 1e3
    omitted = omitted_acceleration(radius, degree, path=gravity.path)
    drift = DRIFT_SHARE * omitted * np.sqrt(radius**3 / gravity.gm) * SECONDS_PER_DAY
    burns = f"{len(flown) or 'no'} manoeuvre{'' if len(flown) == 1 else 's'}"
    return (
        f"Gravity to degree {degree}, {plan.model.description}; {burns}. Degrees "
        f"above {degree} would add about {omitted:.1g} m/s2 at the {where}, {height_km:.0f} km up, which "
        f"moves an orbiter by roughly {drift:.1g} m a day (estimate from the power of the gravity model)."
    )


def _describe_end(plan: Plan, status: int, state: FloatArray) -> str:
    """Why a flight cannot go on, when and where, one line."""
    et = plan.et0 + plan.sign * float(state[0])
    when, days = Epoch.from_tdb_s(et).utc, plan.sign * state[0] / SECONDS_PER_DAY
    if status == _kernels.BELOW_GROUND:
        x, y, z = plan.sky.rotation_icrf_to_me(np.array([et]))[0] @ state[2:5]
        lat, lon = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
        return (
            f"{plan.who}: hits the ground (1737.4 km sphere) at {when}, lat {lat:.2f} deg, "
            f"lon {lon:.2f} deg (ME), {days:.2f} d after its epoch; raise its periapsis, "
            "change its plane or shorten the span"
        )
    if status == _kernels.HIT_EARTH:
        return (
            f"{plan.who}: meets the Earth ({EARTH_RADIUS / 1e3:.0f} km) shortly after {when}, {days:.2f} d after its "
            "epoch; raise its perigee or shorten the span"
        )
    if status == _kernels.LEFT_MOON:
        return (
            f"{plan.who}: leaves the Moon, {plan.farthest / 1e6:.0f},000 km away at {when}; "
            "lower its apoapsis, shorten the span or give a larger farthest"
        )
    return f"{plan.who}: integration fails at {when}; check the initial state and the tolerance"
