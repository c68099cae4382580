"""Link budgets: every term by name, with unit, tolerance and source; over time; nominal, worst and root-sum-square."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.links.noise import BOLTZMANN_DB
from moonstation.station.codes import Code, code_named

CASES = ("nominal", "rss", "worst")
"""Nominal; less the root of the sum of squares of all adverse tolerances; less their sum."""

BITS = {"BPSK": 1.0, "QPSK": 2.0}
"""Bits sent in each symbol."""


@dataclass(frozen=True, eq=False)
class Line:
    """One term of a budget.

    Attributes
    ----------
    key, part, term : str
        Short name; "sender", "path", "receiver" or "demodulator"; name for people.
    value : (n,) array
        In `unit`, as an engineer writes it: a loss is above 0.
    unit : str
        "dBW", "dBi", "dB", "dBK"...
    sign : float
        1 if it adds to the signal over noise, -1 if it takes away, 0 if it is told only.
    favourable, adverse : (n,) array
        By how much it may be better or worse [dB], 0 or more.
    source, confidence, note : str
        Where it comes from.
    """

    key: str
    part: str
    term: str
    value: FloatArray
    unit: str
    sign: float = -1.0
    favourable: FloatArray | float = 0.0
    adverse: FloatArray | float = 0.0
    source: str = ""
    confidence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        value = np.atleast_1d(np.asarray(self.value, dtype=np.float64))
        object.__setattr__(self, "value", value)
        if np.any(np.isnan(value)):
            raise RequestError(f"{self.term}: is not a number; give it a value in {self.unit}")
        for name in ("favourable", "adverse"):
            tolerance = np.asarray(getattr(self, name), dtype=np.float64)
            if not np.all(tolerance >= 0.0):
                raise RequestError(f"{self.term}: {name} tolerance must be 0 dB or more")


def loss(key: str, part: str, term: str, value: ArrayLike, **rest: object) -> Line:
    """Make the line of a loss [dB], which cannot be below 0.

    Raises
    ------
    RequestError
        If it is below 0 or no number.
    """
    values = np.atleast_1d(np.asarray(value, dtype=np.float64))
    if not np.all(values >= -1e-9):
        raise RequestError(f"{term}: a loss must be a number of 0 dB or more; give a gain as a gain")
    return Line(key, part, term, np.maximum(values, 0.0), "dB", -1.0, **rest)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Budget:
    """A link budget over n instants.

    Attributes
    ----------
    lines : tuple of Line
        The terms, from transmitter to demodulator.
    codes : tuple of Code
        Codes that both ends have, the one that needs least first; none for optical links.
    frequency : float
        [Hz]
    margin : float
        Margin that a rate must keep [dB].
    steps : tuple of float
        Rates that can be sent [bit/s], ascending; none lets any rate be sent.
    most_symbols : float
        Most symbols each second; infinite without a bound.
    bits_per_symbol : float
        By modulation.
    photons_per_bit : float or None
        Of an optical link; None for radio.
    """

    lines: tuple[Line, ...]
    codes: tuple[Code, ...] = ()
    frequency: float = 0.0
    margin: float = 0.0
    steps: tuple[float, ...] = ()
    most_symbols: float = np.inf
    bits_per_symbol: float = 2.0
    photons_per_bit: float | None = None

    @property
    def count(self) -> int:
        """Number of instants."""
        return max((line.value.size for line in self.lines), default=1)

    def line(self, key: str) -> Line:
        """Return a line by its key.

        Raises
        ------
        RequestError
            If there is none.
        """
        for line in self.lines:
            if line.key == key:
                return line
        raise RequestError(
            f"no term {key!r} in the budget; it has {', '.join(one.key for one in self.lines)}"
        )

    def total(self, *parts: str) -> FloatArray:
        """Sum of the lines of some parts, of all if none is named, nominal [dB], shape (n,)."""
        chosen = [line for line in self.lines if not parts or line.part in parts]
        start = np.zeros(self.count)
        for line in chosen:
            start = start + line.sign * line.value
        return np.asarray(start, dtype=np.float64)

    @property
    def eirp(self) -> FloatArray:
        """Radiated power [dBW]."""
        return self.total("sender")

    @property
    def density(self) -> FloatArray:
        """Carrier power over noise density [dBHz], nominal; of an optical link photons detected [dB/s]."""
        return self.total("sender", "path", "receiver")

    @property
    def implementation(self) -> FloatArray:
        """Loss of the demodulator [dB], which stands between actual and required Eb/N0."""
        return -self.total("demodulator")

    def tolerance(self, case: str = "worst", *, favourable: bool = False) -> FloatArray:
        """By how much a case lies below the nominal (above, if `favourable`) [dB], shape (n,).

        Raises
        ------
        RequestError
            If there is no such case.
        """
        if case not in CASES:
            raise RequestError(f"case {case!r} is not known; take one of {', '.join(CASES)}")
        name = "favourable" if favourable else "adverse"
        zero = np.zeros(self.count)
        if case == "nominal":
            return zero
        values = [np.asarray(getattr(line, name), dtype=np.float64) + zero for line in self.lines]
        if case == "worst":
            return np.asarray(np.sum(values, axis=0), dtype=np.float64)
        return np.asarray(np.sqrt(np.sum(np.square(values), axis=0)), dtype=np.float64)

    def density_in(self, case: str) -> FloatArray:
        """Carrier power over noise density [dBHz] in a case, shape (n,)."""
        return self.density - self.tolerance(case)

    def ebn0(self, rate: ArrayLike, case: str = "nominal") -> FloatArray:
        """Energy of a bit over noise density [dB] at a rate [bit/s]; of an optical link photons for each bit [dB].

        Raises
        ------
        RequestError
            If the rate is not above 0.
        """
        bits = np.asarray(rate, dtype=np.float64)
        if not np.all(bits > 0.0):
            raise RequestError("data rate: give more than 0 bit/s")
        return self.density_in(case) - 10.0 * np.log10(bits)

    def code_for(self, rate: float = 0.0) -> Code | None:
        """The code that needs least of those that fit a rate [bit/s] into the bandwidth; None for optical links.

        Where none fits, the one that needs least bandwidth.

        Raises
        ------
        RequestError
            If the budget has no code.
        """
        if self.photons_per_bit is not None:
            return None
        if not self.codes:
            raise RequestError("the budget has no code; name one")
        for code in self.codes:
            if rate <= self.most_symbols * self.bits_per_symbol * code.rate * (1.0 + 1e-9):
                return code
        return max(self.codes, key=lambda code: code.rate)

    def required(self, code: Code | None = None) -> float:
        """Eb/N0 that a code needs, that of the best one if none is given [dB]; of an optical link photons a bit."""
        if self.photons_per_bit is not None:
            return 10.0 * float(np.log10(self.photons_per_bit))
        chosen = code or self.code_for()
        assert chosen is not None
        return chosen.required

    def link_margin(
        self, rate: ArrayLike, case: str = "nominal", *, code: Code | str | None = None
    ) -> FloatArray:
        """Eb/N0 less the demodulator's loss and less what the code requires [dB], shape (n,)."""
        needed = self.required(code_named(code) if isinstance(code, str) else code)
        return self.ebn0(rate, case) - self.implementation - needed

    def limit(self, case: str = "nominal", *, code: Code | None = None, bandwidth: bool = True) -> FloatArray:
        """Highest rate that keeps the margin with one code, steps left aside [bit/s], shape (n,).

        Without a code that which needs least is taken; without `bandwidth` its bound is left aside as well.
        """
        spare = self.density_in(case) - self.implementation - self.required(code) - self.margin
        most = np.inf
        if self.photons_per_bit is None and bandwidth:
            chosen = code or self.codes[0]
            most = self.most_symbols * self.bits_per_symbol * chosen.rate
        return np.asarray(np.minimum(10.0 ** (0.1 * spare), most), dtype=np.float64)

    def best(self, case: str = "nominal") -> tuple[FloatArray, list[Code | None]]:
        """Highest rate in steps, 0 where none is kept, shape (n,) [bit/s], and the code of each instant."""
        options: list[Code | None] = list(self.codes) if self.photons_per_bit is None else [None]
        limits = np.array([self.limit(case, code=code) for code in options])
        chosen = np.argmax(limits, axis=0)
        return stepped(limits[chosen, np.arange(limits.shape[1])], self.steps), [options[k] for k in chosen]

    def at(self, index: int) -> "Budget":
        """Return the budget of one instant."""

        def pick(value: FloatArray | float) -> FloatArray:
            wide = np.broadcast_to(np.asarray(value, dtype=np.float64), (self.count,))
            return np.asarray(wide[index : index + 1], dtype=np.float64)

        lines = tuple(
            replace(
                line,
                value=pick(line.value),
                favourable=pick(line.favourable),
                adverse=pick(line.adverse),
            )
            for line in self.lines
        )
        return replace(self, lines=lines)

    def frame(self, index: int = 0) -> pd.DataFrame:
        """Lines at one instant as a table: part, term, value, unit, favourable, adverse, source, confidence, note."""
        one = self.at(index)
        return pd.DataFrame(
            [
                {
                    "part": line.part,
                    "key": line.key,
                    "term": line.term,
                    "value": float(line.value[0]),
                    "unit": line.unit,
                    "favourable_db": float(np.asarray(line.favourable)[0]),
                    "adverse_db": float(np.asarray(line.adverse)[0]),
                    "source": line.source,
                    "confidence": line.confidence,
                    "note": line.note,
                }
                for line in one.lines
            ]
        )


def stepped(rate: FloatArray, steps: Iterable[float]) -> FloatArray:
    """Highest step that is no more than each rate, 0 below the first; the rates themselves without steps."""
    ladder = np.array(sorted(steps), dtype=np.float64)
    if ladder.size == 0:
        return np.asarray(rate, dtype=np.float64)
    # a rate that misses its step by rounding only has it
    place = np.searchsorted(ladder, rate * (1.0 + 1e-9), side="right")
    return np.asarray(np.concatenate([[0.0], ladder])[place], dtype=np.float64)


def boltzmann_line() -> Line:
    """Boltzmann's constant as a line: signal over temperature becomes signal over noise density."""
    return Line(
        "boltzmann",
        "receiver",
        "Boltzmann's constant",
        np.array([BOLTZMANN_DB]),
        "dBW/K/Hz",
        -1.0,
        source="SI 2019",
        confidence="published",
    )
