"""``attrib report --rerun``: the same bytes from the same data, and what changed where they are others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from in_process import attrib_here

ROOT = Path(__file__).parents[2]
ASKED = ("--by", "channel,month", "-m", "first,linear", "--where", "amount>=1000", "--lookback", "90d", "--limit", "7")


def project(folder: Path) -> Path:
    shutil.copytree(ROOT / "examples" / "data", folder / "data")
    config = "version: 1\ntimezone: Europe/Berlin\nmodels:\n  own: {weights: {first: 30}, rest: 70}\n"
    (folder / "attrib.yaml").write_text(config)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose data and configuration no test changes, so that files made of it serve several."""
    return project(tmp_path_factory.mktemp("kept"))


def made(folder: Path, file: str, *args: str) -> Path:
    where = ("--config", folder / "attrib.yaml", "--data", folder / "data")
    done = attrib_here("report", *where, *(args or ASKED), "--period", "2026", "-o", folder / file)
    assert done.returncode == 0, done.stderr
    return folder / file


@pytest.mark.parametrize(
    ("ending", "shown"),
    [("xlsx", ()), ("xlsx", ("--chart", "heatmap", "--layout", "wide")), ("parquet", ("--layout", "wide")),
     ("about.json", ())],
)  # fmt: skip
def test_the_same_bytes_on_the_same_data(folder: Path, ending: str, shown: tuple[str, ...]) -> None:
    file = made(folder, f"old.{ending}", *ASKED, *shown)
    (folder / "attrib.yaml").write_text("version: 1\ntimezone: Asia/Tokyo\n")  # the file has the settings of then
    done = attrib_here("report", "--rerun", file, "-o", folder / f"new.{ending}")
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" in done.stderr
    assert (folder / f"new.{ending}").read_bytes() == file.read_bytes()
    moved = folder / "moved"
    shutil.move(folder / "data", moved)
    done = attrib_here("report", "--rerun", file, "--data", moved, "-o", folder / f"moved.{ending}")
    assert done.returncode == 0, done.stderr
    assert (folder / f"moved.{ending}").read_bytes() == file.read_bytes()


def test_what_a_report_says_beside_its_rows_is_said_when_it_is_made_again(kept: Path) -> None:
    asked = ("report", "--data", kept / "data", "--by", "channel", "-w", "amount>=30000", "-m", "markov", "--period")
    first = attrib_here(*asked, "2026", "-o", kept / "said.about.json")
    again = attrib_here("report", "--rerun", kept / "said.about.json", "-f", "csv")
    assert "warning: " in first.stderr and "note: " in first.stderr
    assert {*first.stderr.splitlines()} < {*again.stderr.splitlines()}
    asked = ("report", "--data", kept / "data", "--period", "2031")
    attrib_here(*asked, "-o", kept / "none.about.json")
    assert attrib_here("report", "--rerun", kept / "none.about.json", "--fail-on-empty").returncode == 4


def test_what_changed_is_said_and_with_a_ledger_which_conversions(folder: Path) -> None:
    file = made(folder, "old.parquet")
    where = ("--config", folder / "attrib.yaml", "--data", folder / "data")
    ledgers = [folder / "ledger.csv", folder / "ledger.parquet"]
    for ledger in ledgers:
        done = attrib_here("export", *where, *ASKED[:-2], "--period", "2026", "--ledger", "-o", ledger)
        assert done.returncode == 0, done.stderr
    deals = folder / "data" / "deals.csv"
    lines = deals.read_text().splitlines()
    spot = next(i for i, line in enumerate(lines) if line.startswith("570,"))
    gone = next(i for i, line in enumerate(lines) if line.startswith("558,"))
    names = lines[0].split(",")
    cells = lines[spot].split(",")
    cells[names.index("amount")] = "999999"
    lines[spot] = ",".join(cells)
    lines.append(",".join(["99999", *cells[1:]]))
    del lines[gone]
    deals.write_text("\n".join(lines) + "\n")
    for ledger in ledgers:
        done = attrib_here("report", "--rerun", file, "--ledger", ledger, "-f", "csv")
        assert done.returncode == 0, done.stderr
        assert f"deals: {deals} changed" in done.stderr
        assert "touchpoints" not in done.stderr
        assert "1 conversion changed: 570" in done.stderr
        assert "1 conversion gone: 558" in done.stderr
    tables = ("touchpoints", "contacts", "deals", "deal_contacts")
    sources = "".join(f"  {name}: {{path: data/{name}.csv, delimiter: ','}}\n" for name in tables)
    (folder / "attrib.yaml").write_text(f"version: 1\nsources:\n{sources}")
    done = attrib_here("report", "--rerun", file, "--config", folder / "attrib.yaml", "-f", "csv")
    assert "campaigns: the table is not there any more" in done.stderr
    assert "in another way than then" in done.stderr


def test_a_workbook_of_several_reports(folder: Path) -> None:
    (folder / "attrib.yaml").write_text(
        "version: 1\nreports:\n  A: {by: channel}\n  B: {by: month, type: contact-create}\n"
    )
    where = ("--config", folder / "attrib.yaml", "--data", folder / "data")
    done = attrib_here("export", *where, "A", "B", "-f", "xlsx", "-o", folder / "both.xlsx")
    assert done.returncode == 0, done.stderr
    done = attrib_here("report", "--rerun", folder / "both.xlsx", "-o", folder / "again.xlsx")
    assert done.returncode == 0, done.stderr
    assert (folder / "again.xlsx").read_bytes() == (folder / "both.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("file", "args", "said"),
    [
        ("old.csv", (), "csv does not carry what it was made of"),
        ("old.csv", (), "it is taken from old.about.json, the same report as json-about"),
        ("old.md", (), "markdown does not carry"),
        ("old.pptx", (), "pptx does not carry"),
        ("old.parquet", ("--by", "channel"), "by was given beside it"),
        ("old.parquet", ("--period", "2026"), "period was given beside it"),
        ("old.parquet", ("Saved",), "NAME was given beside it"),
    ],
)
def test_what_cannot_be_made_again_is_refused(kept: Path, file: str, args: tuple[str, ...], said: str) -> None:
    done = attrib_here("report", *args, "--rerun", kept / file if (kept / file).exists() else made(kept, file))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_ledger_alone_and_a_file_that_is_none(folder: Path) -> None:
    assert "there is nothing to hold" in attrib_here("report", "--demo", "--ledger", "x.csv").stderr
    assert attrib_here("report", "--rerun", folder / "nowhere.xlsx").returncode == 3
    changed = folder / "changed.about.json"
    text = made(folder, "old.about.json").read_text()
    changed.write_text(text.replace('"order": 1', '"order": "one"'))
    done = attrib_here("report", "--rerun", changed)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


@pytest.mark.parametrize("ending", ["csv", "jsonl", "tsv"])
def test_rows_alone_are_made_again_by_their_about_file(kept: Path, tmp_path: Path, ending: str) -> None:
    (kept / "beside").mkdir(exist_ok=True)  # where no refusal is tried
    file = made(kept, f"beside/old.{ending}")
    if not (kept / "beside" / "old.about.json").exists():
        made(kept, "beside/old.about.json")
    done = attrib_here("report", "--rerun", file, "-o", tmp_path / f"new.{ending}")
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" in done.stderr
    assert (tmp_path / f"new.{ending}").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_a_ledger_is_made_again_and_says_itself_which_conversions_changed(folder: Path, ending: str) -> None:
    where = ("--config", folder / "attrib.yaml", "--data", folder / "data")
    file = folder / f"ledger.{ending}"
    done = attrib_here("export", *where, "--by", "channel", "--where", "amount>=1000", "--ledger", "-o", file)
    assert done.returncode == 0, done.stderr
    done = attrib_here("report", "--rerun", file, "-o", folder / f"again.{ending}")
    assert done.returncode == 0, done.stderr
    assert (folder / f"again.{ending}").read_bytes() == file.read_bytes()
    deals = folder / "data" / "deals.csv"
    deals.write_text("\n".join(line for line in deals.read_text().splitlines() if not line.startswith("558,")) + "\n")
    done = attrib_here("report", "--rerun", file, "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert f"deals: {deals} changed" in done.stderr
    assert ("1 conversion gone: 558" in done.stderr) is (ending == "parquet")


@pytest.mark.parametrize("ending", ["html", "pdf", "xlsx"])
def test_a_board_is_made_again(folder: Path, ending: str) -> None:
    (folder / "attrib.yaml").write_text(
        "version: 1\nreports:\n  A: {by: channel, description: Of channels}\n  B: {by: month, display: line}\n"
        "  C: {type: contact-create, by: channel, chart: pie}\n"
        "dashboards:\n  All: {reports: [A, B, C], description: Of all}\n"
    )
    where = ("--config", folder / "attrib.yaml", "--data", folder / "data")
    file = folder / f"board.{ending}"
    done = attrib_here("dashboard", "export", "All", *where, "--period", "2026", "-f", ending, "-o", file)
    assert done.returncode == 0, done.stderr
    (folder / "attrib.yaml").write_text("version: 1\n")
    done = attrib_here("report", "--rerun", file, "-o", folder / f"again.{ending}")
    assert done.returncode == 0, done.stderr
    assert (folder / f"again.{ending}").read_bytes() == file.read_bytes()
    assert "nothing has changed" in done.stderr
