"""Motion of an orbiter through time: what a propagation leaves."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.formats.provenance import DataSource
from moonstation.orbits import _kernels
from moonstation.orbits.burns import Flown
from moonstation.orbits.extremes import Extremes, altitude_extremes
from moonstation.spacetime.epochs import Epoch


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Motion of an orbiter about the Moon, at any epoch of its span.

    Attributes
    ----------
    name : str
        What flies.
    et : FloatArray
        Ends of the integration steps (n,), rising [TDB s past J2000].
    states_icrf : FloatArray
        States there (n, 6) [m, m/s], Moon-centred, ICRF axes; at an impulse, that before it.
    records : FloatArray
        Chebyshev coefficients of the position over each step (n - 1, 3, k) [m].
    degree : int
        Degree and order of the gravity field.
    note : str
        Force model and what it leaves out, one line.
    sources : tuple of DataSource
        Data files used.
    started_at : float
        Epoch of the state that was given [TDB s past J2000]: the first, or the last of a flight backward.
    transitions : FloatArray
        State transition matrices at `et` from the state given (n, 6, 6); empty where not asked for.
    transition_records : FloatArray
        Chebyshev coefficients of the columns' positions over each step (6, n - 1, 3, k); empty likewise.
    manoeuvres : tuple of Flown
        Impulses and burns in order of time.
    forces : str
        What acted besides the Moon's gravity and what did not, one phrase; "" where the motion is from a file.
    mass_knots : FloatArray
        Epochs and masses (m, 2) [TDB s past J2000, kg] between which mass changes evenly; empty where none was given.
    """

    name: str
    et: FloatArray
    states_icrf: FloatArray
    records: FloatArray = field(repr=False)
    degree: int
    note: str
    sources: tuple[DataSource, ...]
    started_at: float = np.nan
    transitions: FloatArray = field(default_factory=lambda: np.empty((0, 6, 6)), repr=False)
    transition_records: FloatArray = field(
        default_factory=lambda: np.empty((6, 0, 3, _kernels.RECORD_COEFFICIENTS)), repr=False
    )
    manoeuvres: tuple[Flown, ...] = ()
    forces: str = ""
    mass_knots: FloatArray = field(default_factory=lambda: np.empty((0, 2)), repr=False)

    def state_icrf(self, et: FloatArray) -> FloatArray:
        """States at any epochs, as accurate as the integration.

        Parameters
        ----------
        et : FloatArray
            Epochs (m,) [TDB s past J2000]; fastest in order of time.

        Returns
        -------
        FloatArray
            (m, 6) [m, m/s], Moon-centred, ICRF axes.

        Raises
        ------
        CoverageError
            If an epoch lies outside of the trajectory.
        """
        epochs = self._epochs(et)
        out = np.empty((len(epochs), 6))
        _kernels.evaluate_trajectory(epochs, self.et, self.records, out)
        return out

    def position_icrf(self, et: FloatArray) -> FloatArray:
        """Positions (m, 3) [m] at epochs (m,) [TDB s past J2000]; see `state_icrf`."""
        return np.ascontiguousarray(self.state_icrf(et)[:, :3])

    def altitude(self, et: FloatArray) -> FloatArray:
        """Height (m,) [m] above the 1737.4 km sphere at epochs (m,) [TDB s past J2000]; see
        `state_icrf`.
        """
        return np.asarray(np.linalg.norm(self.state_icrf(et)[:, :3], axis=1) - MOON_RADIUS)

    def transition(self, et: FloatArray) -> FloatArray:
        """State transition matrices from the state that was given.

        Parameters
        ----------
        et : FloatArray
            Epochs (m,) [TDB s past J2000].

        Returns
        -------
        FloatArray
            (m, 6, 6): a small change of the state given (6,) [m, m/s], ICRF axes, times the matrix is that at the
            epoch. The gradient of gravity is that of the flight to its degree (or to the one asked for), with
            planets and the Earth's flattening; sunlight and relativity are left out of it, 1e-7 of it or less.

        Raises
        ------
        RequestError
            If the trajectory was propagated without `transition=True`.
        CoverageError
            If an epoch lies outside of the trajectory.
        """
        if not len(self.transitions):
            raise RequestError(
                f"orbit of {self.name or 'the orbiter'} has no transition matrices: propagate it with transition=True"
            )
        epochs = self._epochs(et)
        out = np.empty((len(epochs), 6, 6))
        column = np.empty((len(epochs), 6))
        for i in range(6):
            _kernels.evaluate_trajectory(epochs, self.et, self.transition_records[i], column)
            out[:, :, i] = column
        return out

    @property
    def step_transitions(self) -> FloatArray:
        """State transition matrix of each step, from its begin to its end (n - 1, 6, 6); see `transition`.

        With impulses in axes that turn with the motion these contain what the impulse does to a change.
        """
        return self.transitions[1:] @ np.linalg.inv(self.transitions[:-1])

    def mass(self, et: FloatArray) -> FloatArray:
        """Mass (m,) [kg] at epochs (m,) [TDB s past J2000]; not a number where none was given."""
        epochs = self._epochs(et)
        if not len(self.mass_knots):
            return np.full(len(epochs), np.nan)
        return np.asarray(np.interp(epochs, self.mass_knots[:, 0], self.mass_knots[:, 1]))

    @cached_property
    def altitude_extremes(self) -> Extremes:
        """Lowest and highest altitude of the whole span [m], and when; looked for once."""
        return altitude_extremes(self.altitude, float(self.et[0]), float(self.et[-1]))

    def rows(self, first: int, last: int) -> "Trajectory":
        """The motion between two of the steps' ends (both inclusive, by number); without transition matrices."""
        return replace(
            self,
            et=self.et[first : last + 1],
            states_icrf=self.states_icrf[first : last + 1],
            records=self.records[first:last],
            transitions=np.empty((0, 6, 6)),
            transition_records=np.empty((6, 0, 3, _kernels.RECORD_COEFFICIENTS)),
        )

    def between(self, start: float, stop: float) -> "Trajectory":
        """The motion over a span [TDB s past J2000], as far as it is known; without transition matrices.

        Steps at both ends are cut short: the polynomials stay the same.
        """
        start, stop = max(start, float(self.et[0])), min(stop, float(self.et[-1]))
        first = int(np.clip(np.searchsorted(self.et, start, side="right") - 1, 0, self.et.size - 2))
        last = int(np.clip(np.searchsorted(self.et, stop), first + 1, self.et.size - 1))
        part = self.rows(first, last)
        et, states, records = part.et.copy(), part.states_icrf.copy(), part.records.copy()
        steps = np.array([part.et[:2], part.et[-2:]])
        et[0], et[-1] = start, stop
        for row, step in ((0, steps[0]), (-1, steps[1])):
            ends = et[:2] if row == 0 else et[-2:]
            if (ends != step).any():
                records[row] = cut_record(part.records[row], step, ends)
                states[row] = self.state_icrf(et[[row]])[0]
        return replace(part, et=et, states_icrf=states, records=records)

    def _epochs(self, et: FloatArray) -> FloatArray:
        """Epochs as compiled code takes them, all of them within the span."""
        epochs = np.ascontiguousarray(np.atleast_1d(et), dtype=np.float64)
        if len(epochs) == 0:
            return epochs
        first, last = epochs.min(), epochs.max()
        if not (first >= self.et[0] and last <= self.et[-1]):
            begin, end = Epoch.from_tdb_s(self.et[0]).utc, Epoch.from_tdb_s(self.et[-1]).utc
            raise CoverageError(
                f"orbit of {self.name or 'the orbiter'} is known from {begin} to {end}: "
                f"propagate it over the whole span asked for (TDB {first:.3f} to {last:.3f} s past J2000)"
            )
        return epochs


def cut_record(record: FloatArray, step: FloatArray, ends: FloatArray) -> FloatArray:
    """The same polynomials (3, k) over a part of their step, by their values at Chebyshev's nodes.

    `step` and `ends` hold begin and end of the step and of the part (2,) [s].
    """
    size = record.shape[1]
    nodes = np.cos(np.pi * (np.arange(size) + 0.5) / size)
    place = 0.5 * (ends[0] + ends[1]) - step[0] + 0.5 * (ends[1] - ends[0]) * nodes
    values = chebyshev.chebval(2.0 * place / (step[1] - step[0]) - 1.0, record.T)
    return np.asarray(chebyshev.chebfit(nodes, values.T, size - 1).T)
