"""Dates that need a format: `attrib init` proposes the one under which they are what ISO dates of the same days are."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from in_process import attrib_here
from openpyxl.utils.datetime import to_excel

Form = Callable[[dt.datetime], object]
TOUCHED = [dt.datetime(2026, 11, 25, 9, 30), dt.datetime(2026, 3, 4, 18, 0), dt.datetime(2026, 5, 6)]
CLOSED = [dt.datetime(2026, 12, 24), dt.datetime(2026, 3, 30), dt.datetime(2026, 6, 7)]


def write(path: Path, rows: list[list[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def exports(folder: Path, touched: Form, closed: Form, ending: str = "csv") -> Path:
    """Write a folder of touchpoints and deals whose dates are written in two ways."""
    touches = [[f"c{n}", touched(day), ("Email", "Social")[n % 2]] for n, day in enumerate(TOUCHED)]
    deals = [[f"d{n}", f"c{n}", closed(day), 100 + n] for n, day in enumerate(CLOSED)]
    write(folder / f"touchpoints.{ending}", [["Contact ID", "Date", "Channel"], *touches])
    write(folder / f"deals.{ending}", [["Deal ID", "Contact ID", "Close Date", "Amount"], *deals])
    return folder


def proposed(folder: Path, *more: str) -> tuple[str, str, str]:
    """Return the report that init runs, the configuration, and what it said."""
    config = folder.with_suffix(".yaml")
    options = ("--all-won", "--yes", "--timezone", "America/New_York", "--config", config, "--force")
    done = attrib_here("init", folder, *options, *more)
    explained = (
        attrib_here("explain", "deal", "d0", "--config", config, "--format", "json").stdout
        if not done.returncode
        else ""
    )
    return done.stdout + explained, config.read_text(), done.stderr


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the same days say as ISO dates."""
    folder = exports(tmp_path_factory.mktemp("iso") / "x", lambda t: t.isoformat(" "), lambda t: t.date().isoformat())
    shown, _, _ = proposed(folder)
    assert "Email" in shown and "2026-11-25T09:30" in shown
    return shown


@pytest.mark.parametrize(
    ("touched", "closed", "ending", "says"),
    [
        (lambda t: t.strftime("%m/%d/%y %H:%M"), lambda t: t.strftime("%m/%d/%y"), "csv", ["%m/%d/%y"] * 2),
        (lambda t: t.strftime("%d.%m.%y %H:%M"), lambda t: t.strftime("%d.%m.%y"), "csv", ["%d.%m.%y"] * 2),
        (lambda t: t.strftime("%d/%m/%y %I:%M %p"), lambda t: f"{to_excel(t):.0f}", "csv", ["%d/%m/%y", "excel"]),
        (lambda t: t.strftime("%m/%d/%Y %H:%M"), lambda t: t.strftime("%m-%d-%y"), "csv", ["%m-%d-%y"]),
        (to_excel, to_excel, "xlsx", ["excel"] * 2),
        (lambda t: repr(to_excel(t)).replace(".", ","), lambda t: t.strftime("%d-%m-%Y"), "csv", ["excel"]),
    ],
    ids=["months first", "points", "a day and a number", "four digits and two", "a workbook", "a comma"],
)
def test_the_format_proposed_reads_the_days_that_are_meant(
    tmp_path: Path, right: str, touched: Form, closed: Form, ending: str, says: list[str]
) -> None:
    shown, config, said = proposed(exports(tmp_path / "x", touched, closed, ending))
    assert shown == right, said
    found = [line.partition("date_format: ")[2].strip('"},').split('"')[0] for line in config.splitlines()]
    assert [form.split("}")[0].split(",")[0] for form in found if form] == says
    assert "in doubt" not in said


def test_years_of_two_digits_in_an_order_that_nobody_can_tell_are_asked(tmp_path: Path) -> None:
    def day_first(moment: dt.datetime) -> str:
        return moment.replace(day=min(moment.day, 12)).strftime("%d-%m-%y")

    folder = exports(tmp_path / "x", lambda t: t.isoformat(" "), day_first)
    shown, config, said = proposed(folder)
    assert "is the day, the month or the year first in 'Close Date' of x/deals.csv?" in said
    assert "date_format:" not in config and shown == ""  # refused, not guessed
    for typed, form in (("%d/%m/%Y", "%d-%m-%y"), ("%m/%d/%Y", "%m-%d-%y"), ("%y-%m-%d", "%y-%m-%d")):
        done = attrib_here(
            "init", folder, "--all-won", "--yes", "--print", "--config", "x.yaml", "--date-format", typed
        )
        assert form in done.stdout and "first in" not in done.stderr
