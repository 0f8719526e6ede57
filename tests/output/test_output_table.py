"""The table at every width: lines fit, figures stay whole, names can do no harm."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from output_reports import compared, documented, empty, nasty, uniform
from rich.cells import cell_len

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.report import Report
from attrib_cli.output.registry import FORMATS, WriteOptions
from attrib_cli.output.text.glyphs import glyphs_for
from attrib_cli.output.text.layout import choose
from attrib_cli.output.text.records import render_records
from attrib_cli.output.text.table import lines
from attrib_cli.output.wide import widen

ALL_MODELS = ["first", "last", "linear", "u-shaped", "w-shaped", "full-path", "time-decay", "j-shaped"]
ALL_MODELS.append("inverse-j-shaped")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
NAMES = ["Spring Launch", "Webinar series: attribution for busy people, part two", "日本 キャンペーン 🎉 春", "(other)"]


def shown(report: Report, **options: object) -> list[str]:
    return list(lines(report, WriteOptions(**options)))


@pytest.mark.parametrize("width", [40, 50, 60, 80, 100, 120, 160, 200, 300])
@pytest.mark.parametrize("models", [["linear"], ["first", "linear", "u-shaped"], ALL_MODELS])
@pytest.mark.parametrize("color", [False, True])
def test_lines_fit_and_figures_are_whole(width: int, models: list[str], color: bool) -> None:
    found = [ANSI.sub("", line) for line in shown(uniform(models, NAMES), width=width, color=color)]
    assert max(map(cell_len, found)) <= width
    text = "\n".join(found)
    assert text.count("€123,456.78") == len(models) * len(NAMES)
    assert text.count("€493,827.12") == len(models)


@pytest.mark.parametrize("make", [nasty, compared, empty])
@pytest.mark.parametrize("width", range(40, 220, 7))
def test_other_reports_fit_too(make: object, width: int) -> None:
    assert max(cell_len(line) for line in shown(make(), width=width)) <= width


def test_what_goes_first_as_it_gets_narrower() -> None:
    report = uniform(["linear"], ["Spring Launch"])

    def has(width: int) -> list[bool]:
        text = "\n".join(line for line in shown(report, width=width) if "not shown" not in line and "·" not in line)
        return [word in text for word in ("█", "Interactions", "Deals", "Share", "€123,456.78")]

    seen = [has(width) for width in range(100, 24, -1)]
    assert seen[0] == [True] * 5
    assert [True, True, True, True, True] in seen
    for before, after in pairwise(seen):
        assert all(b or not a for b, a in zip(before, after, strict=True)), "what has gone stays away"
    vanished = [next((i for i, row in enumerate(seen) if not row[k]), len(seen)) for k in range(5)]
    assert vanished == sorted(vanished)
    assert vanished[4] == len(seen)


def test_what_is_not_shown_is_named() -> None:
    text = "\n".join(shown(uniform(["linear"], NAMES), width=50))
    assert "not shown at this width: interactions" in text
    assert "not shown" not in "\n".join(shown(uniform(["linear"], NAMES)))


def test_nothing_is_cut_without_a_width() -> None:
    name = "a very long name of a campaign " * 20
    found = shown(uniform(ALL_MODELS, [name.strip()]))
    assert any(name.strip() in line for line in found)
    assert not any("…" in line for line in found)


def test_models_stand_below_each_other_when_they_do_not_fit_beside() -> None:
    found = shown(uniform(ALL_MODELS, ["Spring"]), width=60)
    body = [line.split() for line in found if "€123,456.78" in line]
    assert [row[: row.index("€123,456.78")] for row in body[:9]] == [
        ["Spring", "first"],
        *([model] for model in ALL_MODELS[1:]),
    ]
    assert [row[: row.index("€123,456.78")] for row in body[9:]] == [
        ["Total", "first"],
        *([model] for model in ALL_MODELS[1:]),
    ]


def test_columns_line_up_under_wide_characters() -> None:
    found = [line for line in shown(uniform(["linear"], NAMES), width=70) if "€123,456.78" in line]
    assert len({cell_len(line[: line.index("€")]) for line in found}) == 1


NASTIEST = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.lists(NASTIEST, min_size=1, max_size=4, unique=True), st.sampled_from([None, 40, 80]))
def test_no_name_can_break_a_line_or_reach_the_terminal(names: list[str], width: int | None) -> None:
    found = shown(uniform(["linear"], names), width=width, color=False)
    assert len([line for line in found if "€123,456.78" in line]) >= len(names)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u202e" for char in "".join(found))


def test_rich_markup_and_escapes_appear_literally() -> None:
    text = "\n".join(shown(uniform(["linear"], ["[red]x[/red]", "\x1b[2Jy", "\u202egnp.exe"]), color=True))
    assert "[red]x[/red]" in text
    assert "\\x1b[2Jy" in text
    assert "\\u202egnp.exe" in text


def test_changes_are_coloured_and_rests_dimmed() -> None:
    found = shown(compared(), color=True)
    email = next(line for line in found if "email" in line)
    search = next(line for line in found if "search" in line)
    other = next(line for line in found if "(other)" in line)
    assert re.search(r"\x1b\[32m +\+12\.3%", email)
    assert re.search(r"\x1b\[32m +-25\.0%", email), "lower cost is good news"
    assert re.search(r"\x1b\[31m +-20\.0%", search)
    assert other.startswith("\x1b[2m(other)")
    assert "\x1b" not in "".join(shown(compared()))


def test_totals_without_names_stand_in_the_order_of_the_models() -> None:
    report = nasty()
    unnamed = [tuple(None if i == 1 else cell for i, cell in enumerate(row)) for row in report.totals]
    assert shown(dataclasses.replace(report, totals=unnamed)) == shown(report)


def test_no_rows_though_something_converted() -> None:
    report = dataclasses.replace(nasty(), rows=(), totals=())
    assert "no credit matches, of 4 conversions in 2026-01-01 to 2026-03-31" in shown(report)


RECORDS = [
    {"name": "linear", "weights": ["rest 100"], "aliases": [], "order": 1, "what": "the same to each, " * 6},
    {"name": "u-shaped", "weights": ["first 40", "lead 40"], "aliases": ["x,y"], "order": 20, "what": None},
]


def test_records_as_table_wrap_their_last_column() -> None:
    text = render_records(RECORDS, FORMATS["table"], WriteOptions(width=80)).decode()
    found = text.splitlines()
    assert max(map(len, found)) <= 80
    assert found[0].split() == ["Name", "Weights", "Aliases", "Order", "What"]
    assert " ".join(line[found[0].index("What") :] for line in found[2:-1]) == RECORDS[0]["what"].strip()


def test_records_for_machines() -> None:
    import json

    assert json.loads(render_records(RECORDS, FORMATS["json"])) == RECORDS
    assert [json.loads(line) for line in render_records(RECORDS, FORMATS["jsonl"]).splitlines()] == RECORDS
    assert render_records(RECORDS, FORMATS["csv"]).decode().splitlines()[2] == 'u-shaped,"first 40, lead 40","x,y",20,'
    assert render_records([], FORMATS["json"]) == b"[]\n"
    assert render_records([], FORMATS["csv"]) == render_records([], FORMATS["table"]) == b""
    with pytest.raises(UsageError):
        render_records(RECORDS, FORMATS["parquet"])


def test_the_documentation_shows_what_is_printed_and_names_every_format() -> None:
    text = (Path(__file__).parents[2] / "docs" / "output.md").read_text(encoding="utf-8")
    assert "\n".join(f"    {line}".rstrip() for line in shown(documented())) in text
    for entry in FORMATS.values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{entry.name}`"))
        assert all(f"`{suffix}`" in row for suffix in entry.suffixes)


@pytest.mark.parametrize("width", range(40, 130, 6))
def test_measures_that_were_typed_go_after_all_that_comes_with_them(width: int) -> None:
    report = compared()
    names = ("revenue", "cost_per_deal", "roi")
    asked = dataclasses.replace(report, spec=dataclasses.replace(report.spec, measures=names))
    hidden = set(choose(widen(asked), width=width, glyphs=glyphs_for("utf-8")).hidden)
    with_them = {"revenue_previous", "revenue_change", "cost_per_deal_change"}
    assert not hidden & set(names) or with_them <= hidden, hidden


@pytest.mark.parametrize(("width", "blocks"), [(80, 3), (100, 2), (120, 2)])
def test_many_models_stand_in_a_few_blocks_with_every_figure_once(width: int, blocks: int) -> None:
    names = [f"Campaign {i}" for i in range(12)]
    found = shown(uniform(ALL_MODELS, names), width=width)
    text = "\n".join(found)
    assert max(map(cell_len, found)) <= width
    assert text.count("Total") == blocks
    assert len(found) <= blocks * (len(names) + 6) + 8
    assert text.count("€123,456.78") == len(ALL_MODELS) * len(names)
    for model in ALL_MODELS:
        assert re.search(rf"(^| ){model}( |$)", text, re.MULTILINE), model
