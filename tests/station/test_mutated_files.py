"""Whatever stands in a station file, checking it gives one-line problems or none, and never anything else."""

import random
import re
import time

import pytest

from moonstation.station.catalogues import DATA
from moonstation.station.loading import check_station

TEXTS = [(DATA / "stations" / f"{name}.toml").read_text(encoding="utf-8") for name in ("lander", "ilrs")]
HOSTILE = [
    "1e9**9**9 m", "9" * 400 + " m", "-1e308 km", "nan", "inf kW", "40", "40 kg", "", " ", "\\u0000", "0 m", "1/0 m",
    "1e-400 m", "%", "20 %", "m" * 5000, "((((((((", "base", "ilrs-1", "site.base.sun.average", "site.{site}.x",
    "../../etc/passwd", "/dev/zero", "2035-02-30", "99999-01-01T00:00:00Z", "-88.8 deg deg", "3 °", "٤ kW", "5 µ",
]  # fmt: skip
LITERALS = [
    "1e400", "-1e400", "nan", "-inf", "9" * 30, "9" * 5000, "0x7fffffffffffffffffff", "true", "[]", "{}", "[[[[]]]]",
    "1979-05-27", "07:32:00", "9999-12-31T23:59:59Z", "0001-01-01", "2035-01-01T00:00:00+14:00", "-0.0", '""',
    "{ value = 1 }", "{ value = {} }", "{ value = { value = { value = 3 } } }", "{ value = [1], source = [] }",
    '{ value = "1 m", confidence = 5, note = {}, x = 1 }', '["base", 3, {}]', "[{ id = 1 }]",
    "{ a = { b = { c = 1 } } }",
    '"base"', '"queqiao-2"',
]  # fmt: skip
KEYS = [
    "id", "name", "site", "bus", "kind", "lat", "from", "orbit", "power", "metric", "at_least", "source", "confidence",
    "note", "properties", "catalogues", "ground_stations", "launchers", "terrain", "horizon", "degree", "start", "span",
    "lab-el", "value", "'quoted key'", "a.b.c", "from.value", "id.x",
]  # fmt: skip
TABLES = [
    "station",
    "partner",
    "site",
    "element",
    "orbiter",
    "ground_station",
    "ground-station",
    "requirement",
    "x",
]


def mutate(dice: random.Random, text: str) -> bytes:
    """Damage a file in one to four places, as slips, cuts, merges and malice do."""
    lines = text.split("\n")
    for _ in range(dice.randint(1, 4)):
        n = dice.randrange(len(lines))
        match dice.randrange(12):
            case 0:
                del lines[n : n + dice.choice((1, 1, 1, 5, 50))]
            case 1:
                lines.insert(dice.randrange(len(lines)), lines[n])
            case 2:
                m = dice.randrange(len(lines))
                lines[n], lines[m] = lines[m], lines[n]
            case 3:
                lines[n] = re.sub(r'"[^"]*"', lambda _: f'"{dice.choice(HOSTILE)}"', lines[n], count=1)
            case 4:
                lines[n] = re.sub(r"=.*", lambda _: f"= {dice.choice(LITERALS)}", lines[n], count=1)
            case 5:
                lines.insert(n, f"{dice.choice(KEYS)} = {dice.choice(LITERALS)}")
            case 6:
                lines[n] = re.sub(r"^[\w-]+ =", lambda _: f"{dice.choice(KEYS)} =", lines[n])
            case 7:
                table = dice.choice(TABLES)
                lines.insert(
                    n, dice.choice((f"[{table}]", f"[[{table}]]", f"[[{table}.{table}]]", f"[{table}.a.b]"))
                )
            case 8:
                depth = dice.choice((3, 50, 20_000))
                lines.insert(n, "deep = " + "[" * depth + "]" * depth)
            case 9:
                lines[n] = lines[n].replace("[[", "[").replace("]]", "]")
            case 10:
                lines = lines[: max(n, 1)]
            case 11:
                lines[n] = "".join(dice.sample(lines[n], len(lines[n])))
        lines = lines or [""]
    data = bytearray("\n".join(lines).encode())
    if dice.random() < 0.3:
        for _ in range(dice.randint(1, 8)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def throw(path, seed: int, count: int) -> tuple[int, float]:
    dice = random.Random(seed)
    caught, slowest = 0, 0.0
    for _ in range(count):
        data = mutate(dice, TEXTS[dice.random() < 0.3])
        path.write_bytes(data)
        started = time.perf_counter()
        problems = check_station(path)
        slowest = max(slowest, time.perf_counter() - started)
        for problem in problems:
            assert problem.startswith((str(path), "base", "queqiao-2")), problem
            assert problem.isprintable(), repr(problem)
            assert len(problem) < 1000, problem
            assert "Traceback" not in problem
            assert "cannot be used (" not in problem, problem
        caught += bool(problems)
    return caught, slowest


def test_some_hundred_mutated_files(tmp_path):
    caught, slowest = throw(tmp_path / "s.toml", seed=1, count=300)
    assert caught > 200
    assert slowest < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_thousands_of_mutated_files(tmp_path, seed):
    caught, slowest = throw(tmp_path / "s.toml", seed=seed, count=2500)
    assert caught > 1700
    assert slowest < 2.0
