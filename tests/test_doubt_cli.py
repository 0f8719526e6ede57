"""Intervals, warnings and transitions from the command line to files, boards and printed queries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = ROOT / "examples" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def attrib(folder: Path, *arguments: object) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATTRIB_", "XDG_"))}
    own = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "ATTRIB_TODAY": "2026-09-30", "ATTRIB_USER": "ann"}
    ended = subprocess.run(
        [sys.executable, "-m", "attrib_cli", *map(str, arguments)],
        cwd=folder,
        env=kept | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
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
    figure, interval = [cell.strip() for cell in table.splitlines()[4].split("|")][2:4]
    assert figure.startswith("$") and " – " in interval
    assert f"{figure} revenue\n97.5% interval {' '.join(interval.split())}" in " ".join(board.split(" "))
    assert "warning: data-driven models are estimated from 36 conversions only" in board


def test_models_are_listed_with_their_kind(folder: Path) -> None:
    (folder / "attrib.yaml").write_text("version: 1\nmodels:\n  mine:\n    weights: {first: 1}\n")
    kinds = {model["model"]: model["kind"] for model in json.loads(attrib(folder, "models", "-f", "json"))}
    assert {kinds.pop("markov"), kinds.pop("shapley")} == {"data-driven"} and kinds.pop("mine") == "custom"
    assert set(kinds.values()) == {"rule"}
