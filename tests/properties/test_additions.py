"""One of each catalogue is added to the program, and is there wherever its kind is: no other edit was made."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from grown import ADDITIONS, attrib, contributing, grow, python
from program import ROOT

YAML = """version: 1
house_style: plain
reports:
  halves:
    demo: true
    by: half-year
    measure: [revenue, deals, revenue_per_deal]
    period: all-time
  lately:
    demo: true
    type: deal-close
    by: channel
    model: [late-heavy, even]
    from: 2026-04-15
    to: 2026-04-28
    compare: previous-fortnight
dashboards:
  Both: {reports: [halves, lately]}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grow(tmp_path_factory.mktemp("grown"))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def report(tree: Path, *arguments: str) -> list[dict[str, str]]:
    return rows(attrib(tree, "report", "--demo", "-f", "csv", *arguments))


def closed(*, won: bool) -> list[tuple[dt.date, Decimal | None]]:
    with (ROOT / "examples" / "data" / "deals.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["closed_at"]]
    return [
        (dt.date.fromisoformat(row["closed_at"][:10]), Decimal(row["amount"]) if row["amount"] else None)
        for row in found
        if not won or (row["stage"] == "Closed won" and row["amount"])
    ]


@pytest.mark.parametrize("what", ADDITIONS)
def test_contributing_names_the_files_of_each_addition_and_no_other(what: str) -> None:
    named = contributing(what)
    modules = [name for name in named if name.startswith("attrib_cli/") and name.endswith(".py")]
    for edit in ADDITIONS[what]:
        assert any(edit.file == name or (name.endswith("/") and edit.file.startswith(name)) for name in named)
    assert all(any(edit.file.startswith(name) for edit in ADDITIONS[what]) for name in modules)


def test_help_completion_and_lists_have_them(tree: Path) -> None:
    said = " ".join(attrib(tree, "report", "--help").split())
    for name in ("pipes", "previous-fortnight", "deal-close", "plain-bars", "(markov, shapley, even)"):
        assert name in said, name
    assert "pipes" in attrib(tree, "export", "--help") and "pipes" in attrib(tree, "models", "--help")
    code = """
from attrib_cli.cli import completion as c
print([c.formats("pi"), c.exported_formats("pi"), c.list_formats("pi"), c.comparisons("previous-f"), c.charts("plain"),
    c.report_types("deal-cl"), c.measures("revenue_p"), c.models("late"), c.models("eve"), c.dimensions("half"),
    c.dimensions("vari")])
"""
    done = python(tree, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(
        [["pipes"]] * 3
        + [["previous-fortnight"], ["plain-bars"], ["deal-close"], ["revenue_per_deal"]]
        + [["late-heavy"], ["even"], ["half_year"], ["variety"]]
    )
    listed = {row["model"]: row for row in rows(attrib(tree, "models", "-f", "csv"))}
    assert (listed["late-heavy"]["kind"], listed["even"]["kind"]) == ("rule", "data-driven")
    assert "deal-close" in listed["linear"]["report_types"]
    measures = {row["measure"]: row for row in rows(attrib(tree, "measures", "-f", "csv"))}
    assert measures["revenue_per_deal"]["report_types"] == "revenue"
    assert measures["deals"]["report_types"] == "deal-create, revenue, deal-close"
    dimensions = attrib(tree, "dimensions", "--demo", "-f", "pipes")
    assert "half_year" in dimensions and "variety|journey" in dimensions


def test_documentation_and_schema_have_them(tree: Path) -> None:
    printed = python(tree, "-m", "tools.reference")
    assert printed.returncode == 0, printed.stderr
    docs = {path.name: path.read_text(encoding="utf-8") for path in (tree / "docs").glob("*.md")}
    for name in ("pipes", "previous-fortnight", "deal-close", "plain-bars", "even"):
        assert name in docs["commands.md"], name
    assert "| `pipes` | `.psv` |" in docs["output.md"] and "`half-year`" in docs["periods.md"]
    assert "`house_style`" in docs["configuration.md"]
    schema = json.loads(attrib(tree, "config", "schema"))
    assert schema["properties"]["house_style"]["description"] == "The style of the house, as an example."
    assert '"previous-fortnight"' in json.dumps(schema)


def test_a_setting_is_read_shown_and_refused(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").write_text(YAML, encoding="utf-8")
    assert "house_style" in attrib(tree, "config", "show", cwd=tmp_path)
    code = "from attrib_cli.config.load import load_config as l; import pathlib as p; " \
        "print(l(p.Path('attrib.yaml')).settings.house_style)"  # fmt: skip
    assert python(tree, "-c", code, cwd=tmp_path).stdout == "plain\n"
    (tmp_path / "attrib.yaml").write_text("version: 1\nhouse_stile: plain\n", encoding="utf-8")
    done = python(tree, "-m", "attrib_cli", "config", "validate", cwd=tmp_path)
    assert done.returncode == 2 and "house_style" in done.stderr


def test_figures_by_the_new_bucket_and_measure_are_those_of_the_deals(tree: Path) -> None:
    wanted: dict[str, list[Decimal]] = defaultdict(list)
    for day, amount in closed(won=True):
        wanted[f"{day.year}-H{1 if day.month <= 6 else 2}"].append(amount or Decimal(0))
    found = report(tree, "--by", "half-year", "--measure", "revenue,deals,revenue_per_deal")
    assert [row["half_year"] for row in found] == sorted(wanted)
    for row in found:
        amounts = wanted[row["half_year"]]
        assert (Decimal(row["revenue"]), int(row["deals"])) == (sum(amounts), len(amounts))
        assert abs(Decimal(row["revenue_per_deal"]) - sum(amounts) / len(amounts)) <= Decimal("0.000001")


def test_figures_by_what_a_journey_newly_says_are_those_of_its_paths(tree: Path) -> None:
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for row in report(tree, "--by", "path", "--measure", "deals"):
        channels = {*row["path"].split(" > ")} - {"(unattributed)"}
        wanted[len(channels)] += Decimal(row["deals"])
    found = report(tree, "--by", "variety", "--measure", "deals")
    assert {int(row["variety"]): Decimal(row["deals"]) for row in found} == wanted and len(wanted) > 2
    two = report(tree, "--by", "variety", "--measure", "deals", "--where", "variety=2")
    assert [(row["variety"], Decimal(row["deals"])) for row in two] == [("2", wanted[2])]


def test_the_new_report_type_counts_what_closed_and_the_comparison_the_days_before(tree: Path) -> None:
    def total(start: str, end: str) -> int:
        first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
        return sum(first <= day <= last for day, _ in closed(won=False))

    days = ["--from", "2026-04-15", "--to", "2026-04-28"]
    found = report(
        tree, "--type", "deal-close", "--by", "channel", *days, "--compare", "fortnight", "--measure", "deals"
    )
    assert sum(Decimal(row["deals"]) for row in found) == total("2026-04-15", "2026-04-28") > 0
    assert sum(Decimal(row["deals_previous"]) for row in found) == total("2026-04-01", "2026-04-14") > 0


def test_the_new_models_give_what_their_weights_say(tree: Path) -> None:
    found = report(
        tree, "--by", "channel", "--model", "late-heavy", "--weights", "first=25,last=75", "--measure", "revenue"
    )
    by_model: dict[str, dict[str, str]] = defaultdict(dict)
    for row in found:
        by_model[row["model"]][row["channel"]] = row["revenue"]
    assert by_model["late-heavy"] == by_model["first=25 last=75"]
    even = [row for row in report(tree, "--by", "channel", "--model", "even") if row["channel"] != "(unattributed)"]
    amounts = [Decimal(row["revenue"]) for row in even]
    assert len(amounts) > 3 and max(amounts) - min(amounts) <= Decimal("0.00001")


def test_every_kind_of_output_shows_them(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").write_text(YAML, encoding="utf-8")
    table = attrib(tree, "report", "halves", "-f", "table", cwd=tmp_path)
    assert "Revenue by half year" in table and "2025-H2" in table and "Revenue per deal" in table
    drawn = attrib(tree, "report", "halves", "-f", "table", "--chart", "plain-bars", cwd=tmp_path)
    assert drawn != table and "2025-H2" in drawn
    bars = attrib(tree, "report", "lately", "-o", "lately.psv", cwd=tmp_path)
    assert bars == "" and (tmp_path / "lately.psv").read_text().startswith("channel|model|deals|deals_previous|")
    attrib(tree, "export", "halves", "lately", "-f", "xlsx", "--name", "Book", cwd=tmp_path)
    book = openpyxl.load_workbook(tmp_path / "Book.xlsx")
    cells = {str(cell) for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line}
    assert {"2025-H2", "Revenue per deal", "late-heavy", "even", "deal-close"} <= cells
    attrib(tree, "dashboard", "open", "Both", "-o", "page.html", cwd=tmp_path)
    whole = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '{"name":"previous-fortnight","title":"Previous fortnight"}' in whole, "the page offers every comparison"
    page = whole.partition("<script")[0]
    assert all(text in page for text in ("2025-H2", "late-heavy", "even", "Deals closed"))
