"""Intervals, warnings and transitions from the command line to files, boards and printed queries."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pytest
from in_process import attrib_here
from program import clean_environment

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def attrib(folder: Path, *arguments: object) -> str:
    own = {"HOME": str(folder), "ATTRIB_TODAY": "2026-09-30", "ATTRIB_USER": "ann"}
    kept = {name: value for name, value in clean_environment(**own).items() if not name.startswith("XDG_")}
    with contextlib.chdir(folder):
        ended = attrib_here(*map(str, arguments), environ=kept)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_saved_on_a_board_a_figure_keeps_its_states_and_its_interval(folder: Path) -> None:
    asked = ("--by", "channel", "--where", "channel=Email", "--model", "markov", "--confidence", "97.5%")
    attrib(folder, "save", "Email", "--data", DATA, *asked, "--new-dashboard", "Doubt")
    file = folder / "attrib.yaml"
    assert "confidence: '97.5%'" in file.read_text()
    file.write_text(file.read_text().replace("    confidence", "    display: figure\n    confidence"))
    board = attrib(folder, "dashboard", "show", "Doubt")
    table = attrib(folder, "report", "Email", "--format", "markdown")
    figure, interval = [
        cell.strip() for cell in [line for line in table.splitlines() if line.startswith("|")][2].split("|")
    ][2:4]
    assert figure.startswith("$") and " – " in interval
    assert f"{figure} revenue\n97.5% interval {' '.join(interval.split())}" in " ".join(board.split(" "))
    assert "warning: data-driven models are estimated from 36 conversions only" in board


def test_models_are_listed_with_their_kind(folder: Path) -> None:
    (folder / "attrib.yaml").write_text("version: 1\nmodels:\n  mine:\n    weights: {first: 1}\n")
    kinds = {model["model"]: model["kind"] for model in json.loads(attrib(folder, "models", "-f", "json"))}
    assert {kinds.pop("markov"), kinds.pop("shapley")} == {"data-driven"} and kinds.pop("mine") == "custom"
    assert set(kinds.values()) == {"rule"}


def figures_of(text: str) -> list[tuple[str | Decimal, ...]]:
    def value(cell: str) -> str | Decimal:
        try:
            return Decimal(cell)
        except InvalidOperation:
            return cell

    return [tuple(map(value, row)) for row in list(csv.reader(io.StringIO(text)))[1:]]


@pytest.mark.parametrize(
    "asked",
    [
        ("--by", "channel,month", "--model", "linear,markov,shapley", "--order", "2", "--where", "channel!=Email"),
        ("--model", "shapley,markov", "--game", "rate", "--period", "2026-Q2", "--compare", "previous-period"),
        ("-t", "contact-create", "--by", "channel", "--model", "markov", "--lookback", "30d", "--limit", "3"),
        ("--by", "channel", "--transitions", "--period", "2026"),
        ("-t", "deal-create", "--by", "channel,campaign", "--transitions", "--order", "3"),
    ],
)
def test_the_printed_query_of_data_driven_models_gives_the_report(folder: Path, asked: tuple[str, ...]) -> None:
    query = attrib(folder, "report", "--data", DATA, *asked, "--show-sql")
    found = duckdb.connect().execute("SET TimeZone = 'UTC'").execute(query).fetchall()
    if "--transitions" not in asked:
        assert query.startswith('-- "estimates" holds what attrib estimated')
        found = [row[1:] for row in found if row[0] is not None]
    rows = [tuple("" if cell is None else cell for cell in row) for row in found]
    assert rows == figures_of(attrib(folder, "report", "--data", DATA, *asked))


def test_intervals_are_left_out_of_the_printed_query(folder: Path) -> None:
    asked = ("--data", DATA, "--by", "channel", "--model", "shapley")
    plain = attrib(folder, "report", *asked, "--show-sql")
    query = attrib(folder, "report", *asked, "--confidence", "90%", "--show-sql")
    assert query == "-- Intervals of confidence are drawn outside of SQL, and left out here.\n" + plain
