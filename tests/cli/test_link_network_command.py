"""`moonstation link network` and `moonstation link plan convert` from the command line."""

import json
import struct

import numpy as np
import pandas as pd
import pytest

from moonstation.cli.main import main

PLAN = """from,to,start_s,stop_s,rate_bit_s,owlt_s
base,relay,0,600,1000000,0.05
base,north,100,200,1000000,1.3
relay,north,300,900,2000000,1.3
relay,south,700,1200,2000000,1.3
"""
STATION = """
[station]
id = "two"
start = 2035-01-01
span = "1 d"
ground_stations = ["kashi", "malargue"]

[[partner]]
id = "us"

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
height = "2 m"
horizon = "connecting-ridge"

[[element]]
id = "radio"
site = "ridge"
kind = "communication"
data_rate_nominal = "1 Mbit/s"
data_storage = "100 Gbit"
earth_rate = "2 Mbit/s"
relay_rate = "10 Mbit/s"

[[orbiter]]
id = "relay"
orbit = "queqiao-12h"
partner = "us"
relay = true
relay_rate = "5 Mbit/s"
earth_rate = "50 Mbit/s"
data_storage = "1 Tbit"
degree = 4
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(PLAN)
    return str(path)


def told(capsys):
    return capsys.readouterr().out


GROUND = ["--earth", "north", "--earth", "south"]


def test_a_plan_with_a_demand(plan, tmp_path, capsys):
    bundles, picture = tmp_path / "bundles.csv", tmp_path / "network.png"
    options = ["--demand", "base:earth:500Mbit", "--bundle", "10 Mbit", "--max-flow", "--without", "relay"]
    status = main(
        ["link", "network", plan, *GROUND, *options, "--csv", str(bundles), "--picture", str(picture)]
    )
    assert status == 0
    text = told(capsys)
    assert "base > north > earth" in text
    assert "the most that can be brought home: 500" in text
    # without the relay a hundred seconds at a megabit a second are left
    assert [line for line in text.splitlines() if line.startswith("relay ")][-1].split()[3:5] == [
        "100",
        "Mbit",
    ]
    table = pd.read_csv(bundles)
    assert len(table) == 50
    assert set(table["status"]) == {"delivered"}
    assert (table["latency_s"] > 0).all()
    data = picture.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert width > 1000
    assert height > 800


def test_routes(plan, capsys):
    assert main(["link", "network", plan, *GROUND, "--routes", "base", "earth", "--most", "9"]) == 0
    lines = told(capsys).splitlines()
    rows = [line.split("  ")[0] for line in lines if line.startswith("base >")]
    assert rows == ["base > north > earth", "base > relay > north > earth", "base > relay > south > earth"]
    assert main(["link", "network", plan, "--routes", "north", "base"]) == 0
    assert "no route from north to base" in told(capsys)


def test_demands_with_rates_priorities_and_lifetimes(plan, capsys):
    demands = ["--demand", "base:north:1Mbit/s:bulk", "--demand", "base:south:50Mbit:expedited:10min"]
    assert main(["link", "network", plan, *demands, "--storage", "relay=100Mbit", "--bundle", "5 Mbit"]) == 0
    text = told(capsys)
    assert "memory relay 100" in text
    expired = next(line for line in text.splitlines() if line.startswith("expired"))
    # south is seen from 700 s on, when ten minutes are over
    assert expired.split()[1:3] == ["50", "Mbit"]


def test_nodes_with_colons(tmp_path, capsys):
    path = tmp_path / "local.ud3tn"
    path.write_text("1(ipn:7.0):(mtcp:host:1)::[{900000000,900000060,125000}];")
    options = ["--node", "dtn://base/", "--demand", "dtn://base/:ipn:7.0:1Mbit:bulk:2d", "--bundle", "1 Mbit"]
    assert main(["link", "network", str(path), *options]) == 0
    text = told(capsys)
    assert "dtn://base/ > ipn:7.0" in text
    assert "uD3TN tells no light times" in text
    assert "2028-07-08" in text


def test_demands_without_a_way_are_explained(plan, capsys):
    assert (
        main(["link", "network", plan, "--demand", "north:base:1Mbit", "--demand", "base:south:1Gbit"]) == 0
    )
    text = told(capsys)
    assert "no route from north to base from 0 s on" in text
    assert main(["link", "network", plan, "--demand", "base:south:1Mbit", "--bundle", "10Gbit"]) == 0
    told(capsys)
    assert main(["link", "network", plan, "--demand", "base:south:2Gbit", "--bundle", "2 Gbit"]) == 0
    assert "though there is a route" in told(capsys)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "nothing is to be sent; give --demand"),
        (["--demand", "base:moon:1Gbit"], "no node 'moon'"),
        (["--demand", "base:base:1Gbit"], "to itself"),
        (["--demand", "base:north"], "write FROM:TO:AMOUNT"),
        (["--demand", "base:north:soon"], "--demand base:north:soon"),
        (["--demand", "base:north:1Gbit:urgent"], "neither bulk, normal, expedited nor a lifetime"),
        (["--demand", "base:north:0 bit"], "above zero"),
        (["--demand", "base:north:1Gbit", "--without", "moon"], "no node 'moon'"),
        (["--demand", "base:north:1Gbit", "--without", "partner:x"], "no partner is known"),
        (["--demand", "base:north:1Gbit", "--storage", "relay"], "write ID=AMOUNT"),
        (["--demand", "base:north:1Gbit", "--demand", "base:south:1Gbit", "--max-flow"], "one destination"),
        (["--routes", "base", "moon"], "no node 'moon'"),
        (["--routes", "base", "north", "--at", "noon"], "--at noon"),
        (["--at", "5"], "goes with --routes"),
        (["--days", "5"], "--days: goes with stations"),
        (["--earth", "moon"], "no node 'moon'"),
        (["--lifetime", "2 d"], "goes with stations"),
    ],
)
def test_bad_input_is_named_in_one_line(plan, capsys, options, words):
    assert main(["link", "network", plan, *options]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_plans_are_converted(plan, tmp_path, capsys):
    target = tmp_path / "plan.json"
    assert main(["link", "plan", "convert", plan, str(target)]) == 0
    assert "whole seconds" in told(capsys)
    document = json.loads(target.read_text())
    assert document["nodeNames"] == {"1": "base", "2": "relay", "3": "north", "4": "south"}
    assert document["contacts"][1]["owlt"] == 2
    ion = tmp_path / "plan.rc"
    assert main(["link", "plan", "convert", str(target), str(ion)]) == 0
    assert "a contact +300 +900 2 3 250000" in ion.read_text()
    local = tmp_path / "base.ud3tn"
    assert main(["link", "plan", "convert", plan, str(local), "--node", "relay"]) == 2
    assert "--epoch" in capsys.readouterr().err
    options = ["--node", "relay", "--epoch", "2035-01-01T00:00:00Z"]
    assert main(["link", "plan", "convert", plan, str(local), *options]) == 0
    assert local.read_text().startswith("1(dtn://north/)::[]:[{1104537900,1104538500,250000}];")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nowhere.csv", "x.json"], "nowhere"),
        (["PLAN", "x.doc"], "give --to"),
        (["PLAN", "x.json", "--days", "3"], "goes with stations"),
        (["lander", "x.json", "--epoch", "2035-01-01"], "goes with plans"),
        (["PLAN", "no/such/folder.json"], "folder does not exist"),
    ],
)
def test_bad_conversions_are_named(plan, tmp_path, monkeypatch, capsys, words, error):
    monkeypatch.chdir(tmp_path)
    assert main(["link", "plan", "convert", *[plan if word == "PLAN" else word for word in words]]) == 2
    told_error = capsys.readouterr().err
    assert error in told_error
    assert told_error.count("\n") == 1


def test_a_station(tmp_path, capsys):
    path = tmp_path / "two.toml"
    path.write_text(STATION)
    bundles = tmp_path / "bundles.csv"
    options = ["--without", "partner:us", "--without", "kashi", "--max-flow", "--csv", str(bundles)]
    options += ["--bundle", "100 Mbit"]
    assert main(["link", "network", str(path), *options]) == 0
    text = told(capsys)
    assert "partner:us (relay" in text
    assert "rates fixed by earth_rate of the station file" in text
    table = pd.read_csv(bundles)
    assert table["size_bit"].sum() == pytest.approx(86_400e6, rel=1e-9)
    assert set(table["destination"]) == {"earth"}
    # a sender serves one ground station at a time
    direct = table[table["path"].str.match("ridge > (kashi|malargue)")]
    assert len(direct) < len(table)
    plan = tmp_path / "plan.csv"
    assert main(["link", "plan", "convert", str(path), str(plan)]) == 0
    assert {"ridge", "relay"} == set(pd.read_csv(plan)["from"])


def test_an_amount_is_there_from_the_start(moonstation, tmp_path):
    # ten seconds at 1 Mbit/s take 10 Mbit only if all of it waits when the contact begins
    plan, table = tmp_path / "plan.csv", tmp_path / "bundles.csv"
    plan.write_text("from,to,start_s,stop_s,rate_bit_s,owlt_s\na,b,0,10,1000000,0\n", encoding="utf-8")
    words = ("--demand", "a:b:10Mbit:normal:1d", "--max-flow", "--bundle", "1 Mbit")
    done = moonstation("link", "network", plan, *words, "--csv", table)
    assert done.status == 0, done.err
    made = pd.read_csv(table)
    assert list(made["created_s"]) == [0.0] * 10
    assert made["expires_s"].to_numpy() == pytest.approx(86400.0)
    assert list(made["status"]) == ["delivered"] * 10
    assert made["delivered_s"].to_numpy() == pytest.approx(np.arange(1.0, 11.0))
    assert "most that can be brought home: 10 Mbit" in done.out.replace("\xa0", " ")
