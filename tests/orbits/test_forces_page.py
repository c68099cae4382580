"""The Python of docs/forces.md runs as it stands, one piece after the other."""

import re
from pathlib import Path

import numpy as np

from moonstation.spacetime.epochs import Epoch

PAGE = Path(__file__).parents[2] / "docs" / "forces.md"


def test_examples_of_the_page_run(capsys):
    epoch = Epoch.parse("2028-01-01T00:00:00 TDB")
    state = np.array([-7434.9257, 1529.330494, -15728.213633, -0.13224806, 0.186199411, 0.080620404]) * 1e3
    names = {
        "np": np,
        "state_icrf": state,
        "state": state,
        "states": np.tile(state, (3, 1)),
        "epoch": epoch,
        "tli": epoch,
        "et": epoch.tdb_s + np.array([0.0, 3600.0]),
        "when": epoch + 1000.0,
        "later": epoch + 5000.0,
        "span": 10_000.0,
        "propagate": None,
    }
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, "docs/forces.md", "exec"), names)
    assert "Gravity to degree 48, Earth, Sun, Venus, Jupiter" in capsys.readouterr().out
    assert names["found"].sizes["orbit"] == 3
    assert len(names["flights"]) == 3
    assert names["flown"].manoeuvres[1].mass_after < 1120.0
