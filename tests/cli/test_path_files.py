"""Paths with counts as a source: against the journeys that they stand for, against ChannelAttribution, and refusals."""

from __future__ import annotations

import csv
import io
import json
import random
from decimal import Decimal
from pathlib import Path

import pyarrow.csv
import pytest
from in_process import attrib_here

import attrib_cli as attrib
from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.spec import EstimationSpec

RECORDED = Path(__file__).parents[1] / "recorded" / "channelattribution.json"
MODELS = ("first", "last", "linear", "j-shaped", "inverse-j-shaped", "markov", "shapley")

Paths = list[tuple[tuple[str, ...], int, int, int]]
"""Steps, conversions, the value of each conversion, and journeys without one."""


def write(folder: Path, paths: Paths) -> Path:
    """Write paths with counts."""
    folder.mkdir()
    rows = (f"{' > '.join(steps)},{n},{n * worth},{idle}" for steps, n, worth, idle in paths)
    (folder / "paths.csv").write_text("\n".join(["path,conversions,value,null", *rows]) + "\n")
    return folder


def write_journeys(folder: Path, paths: Paths) -> Path:
    """Write every journey that paths stand for by itself, as touchpoints and deals."""
    folder.mkdir()
    touchpoints, deals = ["contact_id,occurred_at,channel"], ["deal_id,contact_id,created_at,closed_at,amount,is_won"]
    number = 0
    for steps, conversions, worth, idle in paths:
        for journey in range(conversions + idle):
            number += 1
            touchpoints += [f"{number},2026-01-{day:02},{step}" for day, step in enumerate(steps, 1)]
            if journey < conversions:
                deals.append(f"{number},{number},2026-02-01,2026-02-01,{worth},true")
    (folder / "touchpoints.csv").write_text("\n".join(touchpoints) + "\n")
    (folder / "deals.csv").write_text("\n".join(deals) + "\n")
    return folder


def some_paths(seed: int) -> Paths:
    dice = random.Random(seed)
    steps = {tuple(dice.choices("ABCD", k=dice.randint(1, 5))) for _ in range(12)}
    found = [(path, dice.randint(0, 4), dice.randrange(1, 900), dice.randint(0, 5)) for path in sorted(steps)]
    return [*found, ((), 2, 10, 0)]


@pytest.mark.parametrize("kind", ["revenue", "deal-create"])
@pytest.mark.parametrize(("order", "game"), [(1, "conversions"), (3, "rate")])
def test_reports_equal_those_of_the_journeys_that_paths_stand_for(
    tmp_path: Path, kind: str, order: int, game: str
) -> None:
    paths = some_paths(order)
    measures = ("deals", "interactions", "share", "conversions_touched", "amount_touched")
    spec = ReportSpec(
        type=kind,
        models=MODELS,
        by=("channel", "position"),
        measures=measures,
        estimation=EstimationSpec(order=order, game=game),
    )
    one = run(spec, discover(write(tmp_path / "paths", paths)), threads=1)
    other = run(spec, discover(write_journeys(tmp_path / "journeys", paths)), threads=1)
    assert one.summary.conversions == other.summary.conversions
    assert one.summary.with_interactions == other.summary.with_interactions
    for ours, theirs in ((one.rows, other.rows), (one.totals, other.totals)):
        keyed = {row[:3]: row[3:] for row in theirs}
        assert keyed.keys() == {row[:3] for row in ours}
        for row in ours:
            for mine, wanted in zip(row[3:], keyed[row[:3]], strict=True):
                assert mine == wanted or abs(Decimal(str(mine)) - Decimal(str(wanted))) <= Decimal("0.000002"), row


@pytest.mark.parametrize("question", ["top", "assists", "overlaps", "flow", "length"])
def test_what_is_asked_of_paths_counts_the_journeys_that_they_stand_for(tmp_path: Path, question: str) -> None:
    paths = some_paths(7)
    found = [
        attrib_here("paths", question, "--data", folder, "--states", "channel", "-f", "csv")
        for folder in (write(tmp_path / "paths", paths), write_journeys(tmp_path / "journeys", paths))
    ]
    assert found[0].returncode == 0, found[0].stderr
    assert sorted(found[0].stdout.splitlines()) == sorted(found[1].stdout.splitlines())


@pytest.mark.parametrize("order", [1, 2])
def test_markov_agrees_with_channelattributions_simulation(tmp_path: Path, order: int) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"][0]
    rows = [
        f"{' > '.join(row['path'])},{row['converting']},{row['value']},{row['non_converting']}"
        for row in recorded["journeys"]
    ]
    (tmp_path / "paths.csv").write_text("\n".join(["path,conversions,value,null", *rows]) + "\n")
    done = attrib_here(
        *("report", "--data", tmp_path, "--by", "channel", "-m", "markov", "--order", str(order), "-f", "csv")
    )
    found = {row["channel"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    theirs = recorded["credited"][str(order)]
    assert found.keys() == theirs.keys()
    for place, measure in enumerate(("deals", "revenue")):
        total = sum(float(row[measure]) for row in found.values())
        assert total == pytest.approx(sum(credit[place] for credit in theirs.values()))
        for channel, credit in theirs.items():
            assert float(found[channel][measure]) == pytest.approx(credit[place], abs=total / 1000), channel


def test_heuristics_by_hand_with_ten_million_conversions_in_a_row(tmp_path: Path) -> None:
    (tmp_path / "paths.csv").write_text(
        "path,conversions,value,null\nSearch > Email,2,100.01,1\nEmail > Search > Email,10000000,3.03,\n,1,4,\n"
    )
    done = attrib_here(
        *("report", "--data", tmp_path, "--by", "channel", "-m", "first,last,linear"),
        *("--measure", "revenue,deals,interactions", "-f", "csv"),
    )
    assert done.stdout.splitlines()[1:] == [
        "Search,first,100.01,2,2",
        "Search,last,0,0,0",
        "Search,linear,51.015,3333334.333333,10000002",
        "Email,first,3.03,10000000,10000000",
        "Email,last,103.04,10000002,10000002",
        "Email,linear,52.025,6666667.666667,20000002",
        "(unattributed),first,4,1,0",
        "(unattributed),last,4,1,0",
        "(unattributed),linear,4,1,0",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-m", "time-decay,linear"), "time-decay needs times, which paths do not have"),
        (("-m", "u-shaped,w-shaped"), "u-shaped and w-shaped need times"),
        (("--lookback", "30d"), "--lookback: paths say nothing of when"),
        (("--period", "2026"), "--period: paths say nothing of when"),
        (("--by", "month"), "there is no month"),
        (("--by", "days_to_conversion"), "there is no days_to_conversion"),
        (("--by", "new_or_returning"), "there is no new_or_returning"),
        (("--by", "campaign"), "paths have steps, which are called channel"),
        (("-t", "contact-create"), "paths have no contacts"),
        (("-m", "markov", "--confidence", "90%"), "a path stands for many"),
    ],
)
def test_what_needs_times_or_single_journeys_is_refused_by_name(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    folder = write(tmp_path / "paths", some_paths(1))
    by = () if "--by" in options else ("--by", "channel")
    done = attrib_here("report", "--data", folder, *by, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_mistake_in_the_file_is_told_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "paths", some_paths(1))
    (folder / "paths.csv").write_text("path,conversions,value\nA > B,x,1\n")
    done = attrib_here("report", "--data", folder, "--by", "channel")
    assert done.returncode == 3
    assert done.stderr.count("paths.csv:2") == 1


def test_other_answers_that_paths_do_not_have(tmp_path: Path) -> None:
    folder = write(tmp_path / "paths", some_paths(1))
    assert "no single interactions" in attrib_here("explain", "deal", "1", "--data", folder).stderr
    assert "paths say nothing of when" in attrib_here("paths", "lag", "--data", folder, "--states", "channel").stderr
    (folder / "paths.csv").write_text("path,conversions\nA > B,3\n")
    refused = attrib_here("report", "--data", folder, "--by", "channel")
    assert "these paths have no value to attribute" in refused.stderr
    counted = attrib_here("report", "--data", folder, "--by", "channel", "-t", "deal-create", "-f", "csv")
    assert "A,linear,1.5,2,0.5" not in counted.stdout
    assert "A,linear,1.5" in counted.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "path,conversions\nA > B,1\nB,1.5\n",
            "paths.csv:3: '1.5' in column 'conversions' is not a number of journeys",
        ),
        ("path,conversions\nA > B,-1\n", "paths.csv:2: '-1' in column 'conversions'"),
        ("path,conversions\nA > B,1\nB,many\n", "paths.csv:3: 'many' in column 'conversions' is not a number"),
        ("path,conversions,value\nA > B,0,5\n", "paths.csv:2: '5' in column 'value' is of no conversion"),
        ("path,value\nA > B,5\n", "nothing says how often a path was taken"),
        ("path,conversions\nA>B,1\nB>C,2\n", "no path has the separator ' > ', and most have '>'"),
        ("route,conversions\nA > B,1\n", "required column 'path' of paths missing"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "paths.csv").write_text(text)
    done = attrib_here("report", "--data", tmp_path, "--by", "channel", "-t", "deal-create")
    assert done.returncode == 3
    assert said in done.stderr


def test_headers_and_separator_are_said_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("Way;Won;Worth;Lost\nA->B;2;1,50;1\nB;1;2;\n")
    config = tmp_path / "attrib.yaml"
    config.write_text(
        "sources:\n  paths:\n    path: export.csv\n    separator: '->'\n    delimiter: ';'\n    decimal: ','\n"
        "    columns: {path: Way, conversions: Won, value: Worth, 'null': Lost}\n"
    )
    done = attrib_here("report", "--config", config, "--by", "channel", "-f", "csv")
    assert done.stdout.splitlines()[1:] == ["B,linear,2.75,2,3,0.785714", "A,linear,0.75,1,2,0.214286"], done.stderr
    config.write_text(config.read_text() + "  deals: export.csv\n")
    refused = attrib_here("report", "--config", config, "--by", "channel")
    assert refused.returncode == 2
    assert "deals come from `paths` already" in refused.stderr


def test_removal_effects_by_hand(tmp_path: Path) -> None:
    """Without Search 1/8 of the journeys convert and not 1/2, without Email none: effects of 3/4 and 1."""
    (tmp_path / "paths.csv").write_text("path,conversions,value,null\nSearch > Email,2,100.01,1\nEmail,0,0,1\n")
    done = attrib_here("report", "--data", tmp_path, "--by", "channel", "-m", "markov", "-f", "csv")
    found = {row["channel"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert abs(Decimal(found["Search"]["revenue"]) - Decimal("100.01") * 3 / 7) < Decimal("0.000002")
    assert abs(Decimal(found["Email"]["deals"]) - Decimal(8) / 7) < Decimal("0.000002")


def test_init_knows_them_and_runs_the_first_report(tmp_path: Path) -> None:
    (tmp_path / "input.csv").write_text(
        "path,total_conversions,total_conversion_value,total_null\nSearch > Email,2,100.01,1\n"
    )
    done = attrib_here("init", tmp_path, "--config", tmp_path / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Search,linear,50.005,1,2,0.5" in done.stdout
    assert "defaults: {by: channel}" in (tmp_path / "attrib.yaml").read_text()


def test_parts_and_converted_files_have_the_same_figures(tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").write_text("sources: {paths: {path: ways.csv, separator: '->'}}\n")
    rows = (f"{'->'.join(steps)},{n},{n * worth},{idle}" for steps, n, worth, idle in some_paths(5))
    (tmp_path / "ways.csv").write_text("\n".join(["path,conversions,value,null", *rows]) + "\n")
    data, asked = ("--config", tmp_path / "attrib.yaml"), ("--by", "channel", "-m", "linear")
    whole = attrib_here("report", *data, *asked, "-f", "csv")
    assert whole.returncode == 0, whole.stderr
    for shard in (1, 2):
        part = attrib_here("partial", *data, *asked, "--shard", f"{shard}/2", "-o", tmp_path / f"part-{shard}.parquet")
        assert part.returncode == 0, part.stderr
    together = attrib_here("report", *data, *asked, "--partials", tmp_path / "part-*.parquet", "-f", "csv")
    assert (together.stdout, together.stderr) == (whole.stdout, whole.stderr)
    converted = attrib_here("convert", tmp_path / "out", *data)
    assert converted.returncode == 0, converted.stderr
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["paths.parquet"]
    assert attrib_here("report", "--data", tmp_path / "out", *asked, "-f", "csv").stdout == whole.stdout


def test_the_library_takes_paths_as_an_argument(tmp_path: Path) -> None:
    file = write(tmp_path / "p", some_paths(3)) / "paths.csv"
    asked = attrib_here("report", "--data", file.parent, "--by", "channel", "-m", "linear,markov", "-f", "json")
    expected = json.loads(asked.stdout, parse_float=Decimal)
    for table in (str(file), pyarrow.csv.read_csv(file)):
        answer = attrib.report({"paths": table}, by="channel", models=["linear", "markov"])
        assert [dict(zip(answer.columns, row, strict=True)) for row in answer.rows] == expected
    with pytest.raises(AttribError, match="deals come from paths already"):
        attrib.report({"paths": str(file), "deals": str(file)}, by="channel")


def test_check_says_what_the_paths_are_of_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    rows = ["A > B,2,10", "a > B,1,5", ",3,15", "A > B,2,10", "C,1,0"]
    (tmp_path / "paths.csv").write_text("\n".join(["path,conversions,value", *rows, ""]))
    done = attrib_here("check", "--data", tmp_path, "-f", "json")
    found = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
    assert {name: (one["level"], one["count"], one["total"]) for name, one in found.items()} == {
        "spelled-alike": ("warning", 1, 11),
        "empty-paths": ("warning", 3, 9),
        "repeated-paths": ("warning", 1, 5),
        "paths": ("info", 9, 9),
        "only-converting-paths": ("info", 9, 9),
        "paths-without-value": ("info", 1, 9),
    }
    assert Decimal(found["empty-paths"]["value_share"]) == Decimal("0.375")
    assert found["repeated-paths"]["examples"][0]["place"] == "paths.csv:5"
    assert "3 different paths of 4 channels and at most 2 steps, taken by 9 journeys" in found["paths"]["text"]
    (tmp_path / "paths.csv").write_text("path,null\nA,3\n")
    done = attrib_here("check", "--data", tmp_path, "-f", "json")
    found = {one["check"]: one["level"] for one in json.loads(done.stdout)["findings"]}
    assert found == {"paths": "error", "paths-of-one-step": "warning", "paths-without-value": "info"}
    assert done.returncode == 4
