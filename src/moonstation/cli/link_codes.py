"""`moonstation link codes`: the codes that a radio can have, with what each needs and where that is from."""

from rich.table import Table

from moonstation.cli.console import out
from moonstation.station.codes import CODES

WIDTH = 130


def command() -> int:
    """List the codes that radios can have: rate, required Eb/N0 at a bit error rate of 1e-5, and its source."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("code", no_wrap=True)
    drawn.add_column("rate", justify="right", no_wrap=True)
    drawn.add_column(r"Eb/N0 \[dB]", justify="right", no_wrap=True)
    for name in ("what it is", "source", "confidence"):
        drawn.add_column(name)
    for code in CODES.values():
        drawn.add_row(
            code.id, f"{code.rate:.3f}", f"{code.required:.2f}", code.name, code.source, code.confidence
        )
    out.print_wide(drawn, WIDTH)
    return 0
