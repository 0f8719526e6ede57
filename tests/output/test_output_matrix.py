"""The transition matrix as people see it: which figure stands where, at any width, with any names and any order."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

import openpyxl
import pytest
from output_reports import NASTY, summary
from rich.cells import cell_len

from attrib_cli.engine.report import Column, Report
from attrib_cli.engine.spec import EstimationSpec, ReportSpec
from attrib_cli.output.dashboard import page, terminal
from attrib_cli.output.dashboard.board import Board, Tile
from attrib_cli.output.matrix import matrix
from attrib_cli.output.registry import WriteOptions
from attrib_cli.output.text import markdown
from attrib_cli.output.text.matrix_table import percent
from attrib_cli.output.text.table import lines
from attrib_cli.output.xlsx import workbook

MANY = [f"state number {i}" for i in range(60)]
ANSI = re.compile(r"\x1b\[[0-9;]*m")
COLUMNS = (
    Column(name="from", role="dimension"),
    Column(name="to", role="dimension"),
    Column(name="model", role="model"),
    Column(name="transitions", role="measure", unit="count", additive=True),
    Column(name="probability", role="measure", unit="share"),
)


def walked(names: Sequence[str], *, order: int = 1, journeys: int = 60, seed: int = 1) -> tuple[Report, Counter]:
    """A report of random journeys over `names`, and how often each window of states was followed by which end."""
    draw = random.Random(seed)
    counts: Counter[tuple[tuple[str, ...], tuple[str, ...] | str]] = Counter()
    for _ in range(journeys):
        path = [draw.choice(names) for _ in range(draw.randint(1, 6))]
        windows = [tuple(path[max(i - order, 0) : i]) for i in range(min(order, len(path)), len(path) + 1)]
        for before, after in zip([(), *windows], [*windows, draw.choice(("(conversion)", "(null)"))], strict=True):
            counts[before, after] += 1
    left: Counter[tuple[str, ...]] = Counter()
    for (before, _), n in counts.items():
        left[before] += n

    def text(state: tuple[str, ...] | str) -> str:
        return state if isinstance(state, str) else " > ".join(state) or "(start)"

    rows = [
        (text(before), text(after), "markov", n, (Decimal(n) / left[before]).quantize(Decimal("0.000001")))
        for (before, after), n in sorted(counts.items(), key=lambda item: (item[0][0] != (), text(item[0][0])))
    ]
    spec = ReportSpec(models=("markov",), by=("channel",), transitions=True, estimation=EstimationSpec(order=order))
    totals = [(None, None, "markov", sum(counts.values()), None)]
    return Report(spec=spec, columns=COLUMNS, rows=rows, totals=totals, summary=summary()), counts


def board_of(report: Report) -> Board:
    return Board(name="b", today=dt.date(2026, 4, 1), tiles=(Tile(name="Steps", answer=report),))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_every_step_has_its_cell(order: int) -> None:
    report, counts = walked(["A", "B > C", "D", "E F"], order=order)
    found = matrix(report)
    assert found is not None
    left: defaultdict[str, int] = defaultdict(int)
    for (before, _), n in counts.items():
        left[" > ".join(before) or "(start)"] += n
    expected = {}
    begins = {}
    for (before, after), n in counts.items():
        source = " > ".join(before) or "(start)"
        part = (Decimal(n) / left[source]).quantize(Decimal("0.000001"))
        if order > 1 and not before:
            begins[" > ".join(after)] = part
        else:
            expected[source, after if isinstance(after, str) else after[-1]] = part
    assert {(found.sources[r], found.targets[c]): value for (r, c), value in found.cells.items()} == expected
    assert dict(zip(found.sources, found.steps, strict=True)) == {
        s: n for s, n in left.items() if order == 1 or s != "(start)"
    }
    if found.begins is None:
        assert order == 1
    else:
        assert {s: p for s, p in zip(found.sources, found.begins, strict=True) if p} == begins
    assert found.targets[-2:] == ("(conversion)", "(null)")


def test_names_that_do_not_say_which_step_is_meant_leave_the_rows() -> None:
    report, _ = walked(["(start)", "A"])
    assert matrix(report) is None
    assert re.search(r"From +To +Transitions", "\n".join(lines(report, WriteOptions(width=100))))
    report, _ = walked(["A", "(null)"])
    assert matrix(report) is None


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("width", [50, 64, 80, 100, 120, 160, 200, None])
@pytest.mark.parametrize(
    "names", [("Email", "Paid search", "Direct"), NASTY[:5], [f"state number {i}" for i in range(60)]]
)
def test_lines_fit(order: int, width: int | None, names: Sequence[str]) -> None:
    report, _ = walked(names, order=order, journeys=300)
    found = list(lines(report, WriteOptions(width=width, color=True)))
    assert "\x1b[31mred" not in "\n".join(found) and not any("\n" in line for line in found)
    if width is not None:
        assert max(cell_len(ANSI.sub("", line)) for line in found) <= width
    drawn = list(terminal.lines(board_of(report), WriteOptions(width=width)))
    assert width is None or max(map(cell_len, drawn)) <= width
    assert len(drawn) < 35, "a tile shows the first rows of many"


def test_as_it_gets_narrower_names_become_numbers_and_then_rows() -> None:
    report, _ = walked(["Email", "Organic search", "Direct", "Events"], journeys=400)

    def header(width: int) -> str:
        return next(line for line in lines(report, WriteOptions(width=width)) if line.startswith("From"))

    assert re.search(r"From +Steps .*Direct.*search.*\(conversion\)  \(null\)", header(100))
    assert re.search(r"From +Steps +1 +2 +3 +4  \(conv\.\)  \(null\)", header(64))
    assert re.search(r"From +To +Transitions", header(45))
    longer, _ = walked(["Email", "Direct", "Events"], order=2, journeys=400)
    found = matrix(longer)
    assert found is not None
    legend = ", ".join(f"{number} {name}" for number, name in enumerate(found.targets[:-2], start=1))
    assert legend in list(lines(longer, WriteOptions(width=64)))
    ascii_text = "\n".join(lines(report, WriteOptions(width=80, encoding="ascii")))
    assert ascii_text.isascii() and "(null)" in ascii_text


def test_two_hundred_states_are_rows_in_text_and_a_heat_map_in_a_workbook() -> None:
    names = [f"=SUM({i})" if i % 2 else f'+{i} "q" 🎉 {"long " * (i % 7)}' for i in range(200)]
    report, _ = walked([name.strip() for name in names], journeys=900)
    assert re.search(r"From +To +Transitions", "\n".join(lines(report, WriteOptions(width=200))))
    assert re.search(r"\| From +\| To ", b"".join(markdown.write(report, WriteOptions())).decode())
    found = matrix(report)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(workbook.write(report, WriteOptions(name="Steps")))))
    assert book.sheetnames == ["Steps", "Transitions", "About"], "a chart of single steps says nothing"
    sheet = book["Transitions"]
    assert found is not None
    assert all(cell.data_type != "f" for row in sheet.rows for cell in row)
    assert [cell.value for cell in sheet[1]] == ["From", "Steps", *found.targets]
    assert [cell.value for cell in sheet["A"]][1:] == list(found.sources)
    for (row, column), value in found.cells.items():
        assert sheet.cell(row + 2, column + 3).value == pytest.approx(float(value))
    [ranged] = sheet.conditional_formatting
    assert [rule.type for rule in ranged.rules] == ["colorScale"]
    assert str(ranged.sqref) == f"C2:{sheet.cell(sheet.max_row, sheet.max_column).coordinate}"
    assert sheet.freeze_panes == "C2"


def test_markdown_and_pages_show_a_matrix_and_names_as_they_are() -> None:
    report, _ = walked(["<b>x</b>", "a|b", "=1+1"], journeys=100)
    found = matrix(report)
    assert found is not None
    text = b"".join(markdown.write(report, WriteOptions())).decode()
    assert "\\<b\\>x\\</b\\>" in text and "a\\|b" in text
    html = b"".join(page.write(board_of(report))).decode().partition("<script")[0]
    assert "&lt;b&gt;x&lt;/b&gt;" in html and "<b>x" not in html
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html.partition("<tbody>")[2])
    assert cells[1 : 1 + len(found.targets)] == [percent(found.cells.get((0, c))) for c in range(len(found.targets))]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("0.5", ("50.0", "50")),
        ("0.0001", ("<0.1", "<1")),
        ("0.9999", (">99.9", ">99")),
        ("1", ("100.0", "100")),
        ("0.0005", ("0.1", "<1")),
    ],
)
def test_what_happens_is_never_shown_as_never_or_always(value: str, texts: tuple[str, str]) -> None:
    assert (percent(Decimal(value)), percent(Decimal(value), 0)) == texts
