"""PDF and PowerPoint: every figure of a table, what was asked, charts that can be edited, names that stay texts."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from in_process import attrib_here

pypdf = pytest.importorskip("pypdf")
pptx = pytest.importorskip("pptx")
pytest.importorskip("vl_convert")
DATA = ("--data", ROOT / "examples" / "data")


def made(tmp_path: Path, ending: str, *arguments: str | Path) -> Path:
    path = tmp_path / f"report.{ending}"
    ended = attrib_here("report", *DATA, *arguments, "-o", path)
    assert ended.returncode == 0, ended.stderr
    return path


def shown(*arguments: str | Path) -> list[str]:
    """The names and figures of a report as a table shows them."""
    ended = attrib_here("report", *DATA, *arguments, "-f", "markdown")
    rows = [line.strip("|").split("|") for line in ended.stdout.splitlines() if line.startswith("|")]
    return [cell.strip(" *").replace("\\", "") for row in rows[2:] for cell in row[:2]]


def pdf_text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def slide_text(path: Path) -> str:
    texts = []
    for slide in pptx.Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                texts.append(shape.text_frame.text)
            if shape.has_table:
                texts += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(texts)


ASKED = ("--by", "channel", "-m", "linear", "--where", "country=Germany")


@pytest.mark.parametrize(("ending", "read"), [("pdf", pdf_text), ("pptx", slide_text)])
def test_a_document_says_what_was_asked_and_every_figure(tmp_path: Path, ending: str, read: object) -> None:
    text = read(made(tmp_path, ending, *ASKED))  # type: ignore[operator]
    bare = re.sub(r"\s", "", text)
    for cell in shown(*ASKED):
        assert re.sub(r"\s", "", cell) in bare, cell
    assert "Revenuebychannel,linearmodel,alltime" in bare
    assert "wherecountry=Germany" in bare
    assert "interactionsexcluded" in bare
    assert "Source:" in text and "touchpoints.csv" in text


@pytest.mark.parametrize(
    ("chart", "by", "kind"),
    [("bar", "channel", "BAR_CLUSTERED"), ("column", "channel", "COLUMN_CLUSTERED"), ("pie", "position", "PIE"),
     ("line", "month", "LINE_MARKERS"), ("waterfall", "channel", "COLUMN_STACKED")],
)  # fmt: skip
def test_slides_have_charts_that_can_be_edited(tmp_path: Path, chart: str, by: str, kind: str) -> None:
    path = made(tmp_path, "pptx", "--by", by, "--chart", chart)
    (slide,) = pptx.Presentation(str(path)).slides
    (found,) = [shape.chart for shape in slide.shapes if shape.has_chart]
    assert found.chart_type.name == kind
    plot = found.plots[0]
    ended = attrib_here("report", *DATA, "--by", by, "-f", "csv")
    wanted = {line.split(",")[0]: float(line.split(",")[2]) for line in ended.stdout.splitlines()[1:]}
    drawn = dict(zip(plot.categories, plot.series[-1].values, strict=True))
    for name, value in wanted.items():
        assert drawn[name] == pytest.approx(value)
    with zipfile.ZipFile(path) as zipped:
        assert any(name.startswith("ppt/embeddings/") for name in zipped.namelist())


def test_a_long_report_goes_on_over_pages_and_keeps_every_row(tmp_path: Path) -> None:
    path = made(tmp_path, "pdf", "--by", "month,channel")
    reader = pypdf.PdfReader(path)
    assert len(reader.pages) > 2
    bare = re.sub(r"\s", "", pdf_text(path))
    cells = shown("--by", "month,channel")
    for month, channel in zip(cells[::2], cells[1::2], strict=True):
        assert month + re.sub(r"\s", "", channel) in bare
    assert f"1/{len(reader.pages)}" in bare


def test_long_names_leave_the_figures_of_a_slide_whole(tmp_path: Path) -> None:
    """Each figure and each name has a line, at six tenths of its size for a character; tables end above the notes."""
    name = "a channel with a name that is as long as eighty characters, and so no column's "
    data = tmp_path / "data"
    shutil.copytree(ROOT / "examples" / "data", data)
    touchpoints = data / "touchpoints.csv"
    touchpoints.write_text(
        touchpoints.read_text().replace(",Email,", f',"{name}",').replace(",Social,", ",שיווק בדוא״ל,")
    )
    for by in ("channel", "channel,campaign"):
        path = tmp_path / f"{by}.pptx"
        ended = attrib_here(
            "export", "--data", data, "--by", by, "-m", "linear,first", "-f", "pptx", "-o", path, "--name", name
        )
        assert ended.returncode == 0, ended.stderr
        (slide,) = pptx.Presentation(str(path)).slides
        (frame,) = [shape for shape in slide.shapes if shape.has_table]
        table = frame.table
        assert sum(column.width for column in table.columns) <= frame.width * 1.001
        texts = [[cell.text for cell in row.cells] for row in table.rows]
        assert any(text.endswith("…") for row in texts for text in row)
        for row in texts[1:]:
            for column, cell, text in zip(table.columns, table.rows[1].cells, row, strict=True):
                size = cell.text_frame.paragraphs[0].font.size.inches
                assert len(text) * 0.6 * size <= column.width.inches - 0.12 + 0.01, text
        for column, text in zip(table.columns, texts[-1], strict=True):  # totals are bold, and so wider
            assert len(text) * 0.7 * size <= column.width.inches - 0.12 + 0.01, text
        assert slide.shapes.title.text_frame.paragraphs[0].font.size.pt < 20


def test_the_reports_of_an_export_are_a_page_or_a_slide_each(tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").write_text(
        f"version: 1\nsources:\n  touchpoints: {{path: {ROOT}/examples/data/touchpoints.csv}}\n"
        f"  deals: {{path: {ROOT}/examples/data/deals.csv}}\n  deal_contacts: "
        f"{{path: {ROOT}/examples/data/deal_contacts.csv}}\nreports:\n"
        "  '<b>&': {by: channel, model: first}\n  all: {by: []}\ndashboards:\n  Board: {reports: ['<b>&', all]}\n"
    )
    where = ("--config", tmp_path / "attrib.yaml")
    for ending, read in (("pdf", pdf_text), ("pptx", slide_text)):
        path = tmp_path / f"board.{ending}"
        ended = attrib_here("dashboard", "export", "Board", *where, "-o", path)
        assert ended.returncode == 0, ended.stderr
        assert "<b>&" in read(path)
    assert len(pypdf.PdfReader(tmp_path / "board.pdf").pages) == 2
    assert len(pptx.Presentation(str(tmp_path / "board.pptx")).slides) == 2


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for package, ending in (("pypdf", "pdf"), ("pptx", "pptx")):
        monkeypatch.setitem(sys.modules, package, None)
        ended = attrib_here("report", *DATA, "-f", ending)
        assert ended.returncode == 2
        assert f"pip install 'attrib-cli[{ending}]'" in ended.stderr
        assert ended.stdout == ""


def test_a_single_figure_of_a_board_is_one_in_files_too(tmp_path: Path) -> None:
    """What the board shows as one figure has no bars on its slide, and the axis of another writes its currency."""
    reports = "  Total: {by: channel, model: linear, display: figure}\n  Channels: {by: channel, model: linear}\n"
    boards = "dashboards:\n  Board: {reports: [Total, Channels]}\n"
    (tmp_path / "attrib.yaml").write_text(f"version: 1\nreports:\n{reports}{boards}")
    slides = tmp_path / "board.pptx"
    ended = attrib_here("dashboard", "export", "Board", *DATA, "--config", tmp_path / "attrib.yaml", "-o", slides)
    assert ended.returncode == 0, ended.stderr
    total, channels = (slide.shapes for slide in pptx.Presentation(str(slides)).slides)
    assert not any(shape.has_chart for shape in total)
    assert "$1,133,227.32" in [shape.text_frame.text for shape in total if shape.has_text_frame]
    (chart,) = (shape.chart for shape in channels if shape.has_chart)
    assert chart.value_axis.tick_labels.number_format == '"$"#,##0'
