"""Codes: how much energy a bit needs, at a bit error rate of 1e-5 with BPSK or QPSK, each with its source."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from moonstation.errors import RequestError

BIT_ERROR_RATE = 1e-5


@dataclass(frozen=True)
class Code:
    """A code.

    Attributes
    ----------
    id, name : str
        As station files name it, and for people.
    rate : float
        Information bits for each bit sent.
    required : float
        Eb/N0 for a bit error rate of 1e-5, Eb being that of an information bit [dB].
    source : str
        Where the figure comes from.
    confidence : str
        "published" or "estimated".
    """

    id: str
    name: str
    rate: float
    required: float
    source: str
    confidence: str = "published"


REED_SOLOMON = 223.0 / 255.0
TURBO = 1784.0 / 1788.0
"""Turbo codes send four more bits to end the trellis (CCSDS 131.0-B)."""

_FIGURES = "CCSDS 130.1-G-3, figure read at 1e-5"
_SIMULATED = "simulated with aff3ct"

CODES: dict[str, Code] = {
    code.id: code
    for code in (
        Code(
            "uncoded", "none", 1.0, 9.588, "closed form: 1e-5 = Q(sqrt(2 Eb/N0)), Proakis 2001 equation 5.2-5"
        ),
        Code(
            "cc-1/2",
            "convolutional (7, 1/2)",
            0.5,
            4.18,
            "union bound on its weights 36, 0, 211, 0, 1404, 0, 11633 from distance 10 (Conan 1984, IEEE "
            "Trans. Commun. 32, 1050); soft decisions",
            "estimated",
        ),
        Code(
            "cc-rs-1",
            "Reed-Solomon (255, 223) over convolutional (7, 1/2), interleaved 1",
            0.5 * REED_SOLOMON,
            2.81,
            _FIGURES,
        ),
        Code(
            "cc-rs-5",
            "Reed-Solomon (255, 223) over convolutional (7, 1/2), interleaved 5",
            0.5 * REED_SOLOMON,
            2.34,
            _FIGURES,
        ),
        Code("turbo-1/2", "turbo 1/2, 1784 bits", TURBO / 2.0, 1.42, _FIGURES),
        Code("turbo-1/3", "turbo 1/3, 1784 bits", TURBO / 3.0, 0.77, _FIGURES),
        Code("turbo-1/4", "turbo 1/4, 1784 bits", TURBO / 4.0, 0.56, _FIGURES),
        Code("turbo-1/6", "turbo 1/6, 1784 bits", TURBO / 6.0, 0.27, _FIGURES),
        Code("ldpc-1/2", "LDPC AR4JA (8192, 4096)", 0.5, 1.27, _SIMULATED, "estimated"),
        Code("ldpc-128", "LDPC (128, 64)", 0.5, 4.66, _SIMULATED, "estimated"),
    )
}
"""Codes that a radio can have. Those of CCSDS without a figure that we could trace (LDPC 7/8, turbo with 8920 bits) are
left out."""


def code_named(name: str, *, where: str = "code") -> Code:
    """Return a code by its id.

    Raises
    ------
    RequestError
        If there is none; names the nearest one.
    """
    if name in CODES:
        return CODES[name]
    raise RequestError(f"{where} {name!r} is not known{near_code(name)}")


def near_code(name: str) -> str:
    """Advice that names the nearest code, or all of them."""
    close = difflib.get_close_matches(name[:40], CODES, n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else f"; known are {', '.join(CODES)}"


def common_codes(first: Iterable[str], second: Iterable[str]) -> list[Code]:
    """Codes that both of two radios have, the one that needs least first."""
    both = set(first) & set(second)
    return sorted((CODES[name] for name in both), key=lambda code: (code.required, code.id))
