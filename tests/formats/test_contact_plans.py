"""Contact plans of ION, HDTN and uD3TN: what is read, what is written and read again, what is refused and how."""

import json
from pathlib import Path

import pytest

from moonstation.errors import DataFileError, RequestError
from moonstation.formats.contact_plans import dialect_of, plan_text, read_plan_file
from moonstation.formats.plan_rows import PlanRow

ION = """\
## begin ionadmin
1 1 ''
s
# node 2 is relay
m horizon +0
a contact +0 +60 1 2 125000
a contact +30 +90 2 3 1000 0.9   # with a confidence
a contact +0 +90 2 2 1000
a range +0 +40 1 2 1
a range +40 +60 1 2 2
a range +0 +100 2 3 3
## end ionadmin
"""


def rows_of(path: Path, **options: object) -> list[tuple[object, ...]]:
    file = read_plan_file(path, **options)  # type: ignore[arg-type]
    return [(r.from_id, r.to_id, r.start, r.stop, r.rate, r.owlt) for r in file.rows]


def written(tmp_path: Path, text: str, name: str = "plan") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_ion_is_read_with_ranges_names_and_comments(tmp_path: Path) -> None:
    file = read_plan_file(written(tmp_path, ION))
    assert (file.dialect, file.absolute) == ("ion", False)
    assert rows_of(tmp_path / "plan") == [
        ("1", "relay", 0.0, 40.0, 1e6, 1.0),
        ("1", "relay", 40.0, 60.0, 1e6, 2.0),
        ("relay", "3", 30.0, 90.0, 8000.0, 3.0),
    ]
    assert file.notes == ("contacts of nodes with themselves, left out: 1",)


def test_ranges_of_ion_hold_both_ways_from_the_lower_number_only(tmp_path: Path) -> None:
    text = "a contact +0 +9 2 1 100\na range +0 +9 1 2 4\n"
    assert rows_of(written(tmp_path, text))[0][-1] == 4.0
    # the other way round overrides, and a range from the higher number says nothing of the way back
    assert rows_of(written(tmp_path, text + "a range +0 +9 2 1 7\n"))[0][-1] == 7.0
    with pytest.raises(DataFileError, match="line 1: no range from 1 to 2"):
        read_plan_file(written(tmp_path, "a contact +0 +9 1 2 100\na range +0 +9 2 1 7\n"))


def test_a_long_range_holds_behind_short_ones(tmp_path: Path) -> None:
    ranges = "a range +0 +100 1 2 5\na range +10 +20 1 2 6\na range +30 +40 1 2 7\n"
    rows = rows_of(written(tmp_path, "a contact +50 +60 1 2 100\na contact +15 +35 1 2 100\n" + ranges))
    assert [row[-1] for row in rows] == [5.0, 5.0]


def test_dates_of_ion(tmp_path: Path) -> None:
    text = "@ 2035/01/01-00:00:00\na contact +10 +20 1 2 100\na range +0 +90 1 2 1\n"
    file = read_plan_file(written(tmp_path, text))
    assert file.absolute
    assert file.rows[0].start == 2_051_222_410.0
    same = text.replace("@ 2035/01/01-00:00:00\n", "").replace(
        "+10 +20", "2035/01/01-00:00:10 2035/01/01-00:00:20"
    )
    with pytest.raises(DataFileError, match="line 2: mixes"):
        read_plan_file(written(tmp_path, same))


def test_ud3tn_text_and_json_are_the_same(tmp_path: Path) -> None:
    text = (
        "1(dtn://relay.dtn/):(mtcp:127.0.0.1:4223)::[{800000000,800000060,1200,[(dtn://home/),(dtn://lab/)]},"
        "{800000100,800000200,2400}];\n1(ipn:7.0),900;\n1(dtn://home/)::[]:[{800000000,800000010,1}];"
    )
    messages = [
        {
            "command": "ADD",
            "node_id": "dtn://relay.dtn/",
            "contact_list": [
                {"start": 800000000, "end": 800000060, "data_rate": 1200, "reachable_eids": ["dtn://home/"]},
                {"start": 800000100, "end": 800000200, "data_rate": 2400},
            ],
        },
        {"command": "ADD", "node_id": "ipn:7.0"},
        {
            "command": "ADD",
            "node_id": "dtn://home/",
            "contact_list": [{"start": 800000000, "end": 800000010, "data_rate": 1}],
        },
    ]
    expected = [
        ("base", "dtn://relay.dtn/", 1746684800.0, 1746684860.0, 9600.0, 0.0),
        ("base", "dtn://relay.dtn/", 1746684900.0, 1746685000.0, 19200.0, 0.0),
        ("base", "dtn://home/", 1746684800.0, 1746684810.0, 8.0, 0.0),
    ]
    assert rows_of(written(tmp_path, text), node="base") == expected
    assert rows_of(written(tmp_path, json.dumps(messages)), node="base") == expected
    lines = "\n".join(json.dumps(message) for message in messages)
    assert rows_of(written(tmp_path, lines), node="base") == expected
    file = read_plan_file(tmp_path / "plan")
    assert file.absolute
    assert any("light times" in note for note in file.notes)
    assert any("behind others" in note for note in file.notes)


PLAN = (
    PlanRow("base", "relay", 100.0, 200.5, 1e6, 0.25),
    PlanRow("relay", "earth", 150.25, 300.0, 8e6, 1.3),
    PlanRow("base", "relay", 250.0, 250.5, 1e6, 0.25),
)


def test_tables_keep_everything(tmp_path: Path) -> None:
    for absolute in (False, True):
        text, notes = plan_text(PLAN, "csv", absolute=absolute)
        file = read_plan_file(written(tmp_path, text))
        assert (file.absolute, notes) == (absolute, [])
        assert [(r.start, r.stop, r.rate, r.owlt) for r in file.rows] == [
            (r.start, r.stop, r.rate, r.owlt) for r in PLAN
        ]


@pytest.mark.parametrize("dialect", ["ion", "hdtn"])
@pytest.mark.parametrize("absolute", [False, True])
def test_whole_seconds_promise_no_more_than_there_is(tmp_path: Path, dialect: str, absolute: bool) -> None:
    shift = 2_000_000_000.0 if absolute else 0.0
    plan = [PlanRow(r.from_id, r.to_id, r.start + shift, r.stop + shift, r.rate, r.owlt) for r in PLAN]
    text, notes = plan_text(plan, dialect, absolute=absolute, title="a test")
    assert any("left out" in note for note in notes)
    file = read_plan_file(written(tmp_path, text))
    assert file.absolute == absolute
    assert rows_of(tmp_path / "plan") == [
        ("base", "relay", shift + 100.0, shift + 200.0, 1e6, 1.0),
        ("relay", "earth", shift + 151.0, shift + 300.0, 8e6, 2.0),
    ]


@pytest.mark.parametrize("dialect", ["ud3tn", "ud3tn-json"])
def test_ud3tn_is_written_for_one_sender(tmp_path: Path, dialect: str) -> None:
    plan = [PlanRow(r.from_id, r.to_id, r.start + 1e9, r.stop + 1e9, r.rate, r.owlt) for r in PLAN]
    with pytest.raises(RequestError, match="--node base"):
        plan_text(plan, dialect, absolute=True)
    with pytest.raises(RequestError, match="its senders are base, relay"):
        plan_text(plan, dialect, absolute=True, node="earth")
    with pytest.raises(RequestError, match="--epoch"):
        plan_text(plan, dialect, absolute=False, node="base")
    text, notes = plan_text(plan, dialect, absolute=True, node="base")
    assert rows_of(written(tmp_path, text), node="base") == [
        ("base", "dtn://relay/", 1e9 + 100.0, 1e9 + 200.0, 1e6, 0.0)
    ]
    assert any("left out" in note for note in notes)


def test_overlaps_are_refused_or_joined(tmp_path: Path) -> None:
    text = "from,to,start_s,stop_s,rate_bit_s,owlt_s\na,b,0,10,5,1\na,b,5,20,5,1\nb,a,5,20,5,1\n"
    with pytest.raises(
        DataFileError, match=r"line 3: contact from a to b begins at 5 s, before .* line 2 .*--join"
    ):
        read_plan_file(written(tmp_path, text))
    assert rows_of(tmp_path / "plan", join=True)[0] == ("a", "b", 0.0, 20.0, 5.0, 1.0)
    with pytest.raises(DataFileError, match="another rate or light time"):
        read_plan_file(written(tmp_path, text.replace("5,20,5,1\nb", "5,20,6,1\nb")), join=True)


HDTN = {"source": 1, "dest": 2, "startTime": 0, "endTime": 60, "rateBitsPerSec": 1000, "owlt": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "one"}, r"contacts\[0\].source: is 'one'"),
        ({"dest": 0}, r"contacts\[0\].dest"),
        ({"endTime": None}, r"contacts\[0\].endTime: is None"),
        ({"endTime": 0}, "exchange"),
        ({"endTime": -5}, "ends at -5 s, but begins at 0 s"),
        ({"rateBitsPerSec": 0}, "rate of 0 bit/s"),
        ({"rateBitsPerSec": float("nan")}, "no finite number"),
        ({"owlt": -1}, "light time of -1 s"),
    ],
)
def test_senseless_contacts_of_hdtn_are_named(tmp_path: Path, change: dict[str, object], words: str) -> None:
    with pytest.raises(DataFileError, match=words):
        read_plan_file(written(tmp_path, json.dumps({"contacts": [HDTN | change]})))
    missing = {key: value for key, value in HDTN.items() if key != "owlt"}
    with pytest.raises(DataFileError, match=r"contacts\[0\].owlt: is missing"):
        read_plan_file(written(tmp_path, json.dumps({"contacts": [missing]})))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("<html></html>", "is no contact plan"),
        ("{'contacts'}", "line 1: is no JSON"),
        ('{"links": []}', "neither HDTN"),
        ('{"contacts": []}', "no list with contacts"),
        ("a contact +0 +60 1 2\n", "line 1: has 6 words"),
        ("a contact +0 +60 base 2 100\n", "line 1: node 'base'"),
        ("a contact +0 +60 1 2 fast\n", "rate in bytes a second is 'fast'"),
        ("a contact 0 60 1 2 100\n", "line 1: '0' is no time"),
        ("a contact +60 +0 1 2 100\na range +0 +60 1 2 1\n", "line 1: .*exchange"),
        ("a contact +0 +60 1 2 100\n", "line 1: no range from 1 to 2 at 0 s"),
        ("a contact +0 +60 1 2 100\na range +0 +50 1 2 1\n", "no range from 1 to 2 at 50 s"),
        ("a contact +0 +60 1 2 100\na range +0 +60 1 2 -1\n", "line 2: range of -1"),
        ("a contact +0 +60 1 2 100\nd contact * 1 2\n", "line 2: .*changes contacts"),
        ("a contact +0 0 1 2 100\n", "hypothetical"),
        ("a contact +0 +60 1 2 100\nwhatever\n", "line 2: 'whatever' is no ionadmin command"),
        ("a range +0 +60 1 2 1\n", "holds no contact"),
        ("1(dtn://x/):(mtcp:a:1)::[{5,4,3}];", "message 1: .*exchange"),
        ("1(dtn://x/):(mtcp:a:1)::[{5,now,3}];", "is no contact; write"),
        ("1(dtn://x/)what;", "message 1: .* is no configuration message"),
        ("3(dtn://x/);", "command '3' adds no contact"),
        ("1(dtn://x/);", "holds no contact"),
        (
            '{"command": "ADD", "node_id": "dtn://x/", "contact_list": [{"start": 1}]}',
            r"contact_list\[0\]: give start",
        ),
        ("from,to,start_s,stop_s,rate_bit_s\na,b,0,1,1\n", "line 1: column owlt_s is missing"),
        ("from,to,start_s,stop_s,rate_bit_s,owlt_s\na,b,0,x,1,0\n", "line 2: cannot be read"),
        ("from,to,start_s,stop_s,rate_bit_s,owlt_s\na,a,0,1,1,0\n", "line 2: contact from a to itself"),
        ("from,to,start_s,stop_s,rate_bit_s,owlt_s\n,b,0,1,1,0\n", "line 2: names no sender"),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataFileError, match=words) as told:
        read_plan_file(written(tmp_path, text))
    assert "\n" not in str(told.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be read"):
        read_plan_file(tmp_path / "nowhere")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(DataFileError, match="is no text"):
        read_plan_file(tmp_path / "bytes")


def test_dialects_are_told_by_endings() -> None:
    assert [dialect_of(Path(name)) for name in ("a.rc", "a.json", "a.ud3tn", "a.jsonl", "a.CSV")] == [
        "ion",
        "hdtn",
        "ud3tn",
        "ud3tn-json",
        "csv",
    ]
    assert dialect_of(Path("a.x"), "ion") == "ion"
    for path, asked in ((Path("a.x"), None), (Path("a.rc"), "dtn2")):
        with pytest.raises(RequestError, match="give --to"):
            dialect_of(path, asked)
