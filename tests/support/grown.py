"""A copy of the program to which one of each catalogue is added, as somebody would who reads CONTRIBUTING.md.

`ADDITIONS` are the edits: each is text at the end of one catalogue, or a new module. Nothing else of the copy is
changed, so that what it shows of them comes from the entries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from program import ROOT, clean_environment

END_OF_CATALOGUE = "\n)\n"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Text that is put into `file`, before the first `end` after `start`; a file that is not there is made of it."""

    file: str
    text: str
    start: str = "\nCATALOGUE: tuple["
    end: str = END_OF_CATALOGUE


PIPES = '''"""Values between bars: an example of a format."""


def write(report, options):
    rows = [[column.name for column in report.columns], *report.rows]
    return ("|".join("" if cell is None else str(cell) for cell in row).encode() + b"\\n" for row in rows)


def write_list(records, options):
    return "".join("|".join(map(str, record.values())) + "\\n" for record in records).encode()
'''

EVEN = '''"""Every state is worth the same: an example of a data-driven model."""

from attrib_cli.engine.data_driven.replicates import BATCH, Recount


class Even:
    def estimate(self, con, request, period, states):
        return [1] * states, [1] * states

    def recount(self, request, model):
        return Recount()

    def redraw(self, con, request, model, period, states, counted):
        return (([1] * states, [1] * states) for _ in range(BATCH))

    def shares(self, request, model, weights):
        return weights

    def doubts(self, request, model):
        return ()

    def explain(self, request, model):
        return "even: all states alike"
'''

ADDITIONS: dict[str, tuple[Edit, ...]] = {
    "a model by rules": (
        Edit(
            file="attrib_cli/engine/models.py",
            text="""
    Model(
        name="late-heavy",
        description="A quarter to the first interaction, the rest to the last",
        weights=_weights(first="25", last="75"),
    ),""",
        ),
    ),
    "a data-driven model": (
        Edit(file="attrib_cli/engine/data_driven/even_model.py", text=EVEN),
        Edit(
            file="attrib_cli/engine/models.py",
            text="""
    Model(
        name="even",
        description="The same for every state",
        rest=Decimal(100),
        kernel="estimated",
        counts="coalitions",
        estimator="even_model:Even",
    ),""",
        ),
    ),
    "a measure": (
        Edit(
            file="attrib_cli/engine/measures.py",
            text="""
    Measure(
        name="revenue_per_deal",
        unit="currency",
        source="credit",
        description="Revenue of one attributed deal",
        definition="revenue / deals",
        total="the same, of all rows",
        of=("revenue",),
        additive=False,
        sql=lambda one: one.ratio(one.valued, one.counted),
    ),""",
        ),
    ),
    "a time bucket": (
        Edit(
            file="attrib_cli/engine/buckets.py",
            text="""
    Bucket(
        name="half_year",
        description="Half of the year of the conversion, such as 2026-H1",
        sql=lambda local, _: f"strftime({local}, '%Y') || '-H' || ((month({local}) + 5) // 6)",
        unit=Unit(name="half-year", months=6),
        label=lambda day, _: f"{day.year:04}-H{(day.month + 5) // 6}",
        finest="month",
    ),""",
        ),
    ),
    "what a journey says, as a dimension": (
        Edit(
            file="attrib_cli/engine/journey_values.py",
            text="""
    JourneyValue(
        name="variety",
        kind="number",
        description="Number of different channels of the journey",
        sql=lambda *_: "count(DISTINCT i.channel_label)",
        of_channels=True,
    ),""",
        ),
    ),
    "a comparison": (
        Edit(
            file="attrib_cli/engine/comparisons.py",
            text="""
    Comparison(
        name="previous-fortnight",
        description="the days that lie 14 days earlier",
        before=lambda whole: DateRange(
            label="",
            start=whole.start - dt.timedelta(days=14),
            end=whole.end - dt.timedelta(days=14),
        ),
    ),""",
        ),
    ),
    "a report type": (
        Edit(
            file="attrib_cli/engine/conversions.py",
            text="""
    ReportType(
        name="deal-close",
        title="Deals closed",
        short="Closed",
        thing="deal",
        whose="contacts",
        value="amount",
        description="Deals and their amounts, won or lost, credited to what led to their closing",
        done="closed",
        table="deals",
        key="deal_id",
        moment="closed_at",
        counted="deals",
        valued="amount",
        primary="deals",
        positions=("first", "lead", "deal", "last"),
    ),""",
        ),
    ),
    "an output format": (
        Edit(file="attrib_cli/output/text/pipes.py", text=PIPES),
        Edit(
            file="attrib_cli/output/registry.py",
            text="""
    Format(
        name="pipes",
        suffixes=(".psv",),
        mime="text/x-pipes",
        description="values between bars",
        report="text.pipes:write",
        list="text.pipes:write_list",
    ),""",
        ),
    ),
    "a kind of chart": (
        Edit(
            file="attrib_cli/output/charts/catalogue.py",
            start="\nCATALOGUE",
            text="""
    ChartType(name="plain-bars", description="bars again", refusal=_categories, drawing="bars:draw_bar"),""",
        ),
    ),
    "a setting": (
        Edit(
            file="attrib_cli/engine/settings.py",
            start="\nclass Settings:",
            end="\n    exclude_asset_types",
            text='    house_style: Annotated[str | None, ConfigKey("Text")] = None\n'
            '    """The style of the house, as an example."""\n',
        ),
    ),
}


def grow(folder: Path) -> Path:
    """Make a copy of the program in `folder` with the additions, and return where it is."""
    for part in ("attrib_cli", "tools", "examples", "docs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for edits in ADDITIONS.values():
        for edit in edits:
            _apply(folder / edit.file, edit)
    return folder


def _apply(path: Path, edit: Edit) -> None:
    if not path.exists():
        path.write_text(edit.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    at = text.index(edit.end, text.index(edit.start))
    path.write_text(text[:at] + edit.text + text[at:], encoding="utf-8")


def python(tree: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with the copy in place of the program."""
    environment = clean_environment(PYTHONPATH=str(tree), PYTHONUTF8="1", COLUMNS="200", ATTRIB_USER="ann")
    environment.setdefault("HOME", os.fspath(tree))
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd or tree, env=environment, capture_output=True, text=True, timeout=100
    )


def attrib(tree: Path, *arguments: str, cwd: Path | None = None) -> str:
    """Run the copy's program and return what it printed; what fails is an error of the test."""
    done = python(tree, "-m", "attrib_cli", *arguments, cwd=cwd)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def contributing(what: str) -> Sequence[str]:
    """Return the files that CONTRIBUTING.md names for an addition."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| {what} |"))
    return [part for part in row.split("`") if "/" in part]
