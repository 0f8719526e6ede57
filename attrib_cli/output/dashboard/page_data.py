"""What a page carries for its script: its reports as they were computed, and the credit cubes that they are made of.

Figures are texts of all their digits; whole numbers beyond what a JSON reader holds exactly (2^53) are texts too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import CATALOGUE as BUCKETS
from attrib_cli.engine.comparisons import CATALOGUE as COMPARISONS
from attrib_cli.engine.comparisons import all_previous
from attrib_cli.engine.conversions import known_types
from attrib_cli.engine.models import CATALOGUE as MODELS
from attrib_cli.engine.models import SHOWN_POSITIONS
from attrib_cli.engine.report import Report
from attrib_cli.output.scope import models_of
from attrib_cli.output.values import plain
from attrib_cli.output.words import label

if TYPE_CHECKING:
    from attrib_cli.engine.day_cube import CubeDimension, CubeModel, DayCube
    from attrib_cli.engine.measure import Measure
    from attrib_cli.engine.report import Row
    from attrib_cli.engine.spec import DateRange
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.output.dashboard.live import LiveBoard, LiveReport
    from attrib_cli.output.described import Json

_EXACT = 2**53


def page_json(board: Board, live: LiveBoard) -> dict[str, Json]:
    """Return what output/page/answers.js takes: reports, cubes and the periods that can be picked."""
    return {
        "name": board.name,
        "today": board.today.isoformat(),
        "first": _day(live.first),
        "last": _day(live.last),
        "positions": list(SHOWN_POSITIONS),
        "buckets": [
            {"name": one.name, "months": one.unit.months, "days": one.unit.days, "scripted": one.scripted}
            for one in BUCKETS
            if one.unit is not None
        ],
        "comparisons": [{"name": one.name, "title": label(one.name.replace("-", "_"))} for one in COMPARISONS],
        "periods": [
            {
                "name": period.dates.label,
                "title": label(period.dates.label.replace("-", "_")),
                **_days(period.dates),
                "before": {kind: _days(dates) for kind, dates in period.before.items()},
            }
            for period in live.periods
        ],
        "reports": [_report(tile, one) for tile, one in zip(board.tiles, live.reports, strict=True)],
        "types": [
            {"name": kind.name, "title": kind.title, "short": kind.short, "aliases": list(kind.aliases)}
            for kind in known_types(live.conversions)
            if any(cube.type == kind for cube in live.cubes)
        ],
        "aliases": {alias: model.name for model in MODELS for alias in model.aliases},
        "cubes": [cube_json(cube) for cube in live.cubes],
    }


def _report(tile: Tile, live: LiveReport) -> dict[str, Json]:
    own: Mapping[str, Json] | None = None
    currency = None
    if isinstance(tile.answer, Report):
        report, currency = tile.answer, tile.answer.summary.currency
        before = report.summary.compared_with
        own = {
            "type": report.summary.type,
            **_days(report.summary.dates),
            "period": report.summary.dates.label,
            "compare": report.spec.compare,
            "before": None if before is None else _days(before),
            "befores": _befores(report),
            "models": [model.name for model in models_of(report.spec, report.settings)],
            "dimensions": [column.name for column in report.dimensions()],
            "columns": [
                {
                    "name": column.name,
                    "role": column.role,
                    "unit": column.unit,
                    "additive": column.additive,
                    "of": column.of,
                    "better": column.better,
                }
                for column in report.columns
            ],
            "rows": [_texts(row) for row in report.rows],
            "totals": [_texts(row) for row in report.totals],
        }
    return {
        "name": tile.name,
        "display": tile.display,
        "chart": live.chart,
        "still": live.still,
        "carried": list(live.carried),
        "currency": currency,
        "own": own,
        "views": {
            name: {
                "cube": view.cube,
                "by": list(view.by),
                "measures": [measure_json(measure) for measure in view.measures],
                "sort": [list(key) for key in view.sort],
                "limit": view.limit,
                "conversions": view.conversions,
                "key": view.key,
            }
            for name, view in live.views.items()
        },
    }


def _befores(report: Report) -> dict[str, Json]:
    """Return what the days of a report would be compared with, by kind of comparison; empty for days without an end."""
    return {name: _days(before) for name, before in all_previous(report.summary.dates, report.settings).items()}


def _texts(row: Row) -> list[Json]:
    return [None if cell is None else plain(cell) for cell in row]


def _days(dates: DateRange) -> dict[str, Json]:
    return {"from": _day(dates.start), "to": _day(dates.end)}


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def cube_json(cube: DayCube) -> dict[str, Json]:
    """Return a cube as output/page/finish.js takes it."""
    cells, kind = cube.cells, cube.type
    return {
        "type": {"name": kind.name, "counted": kind.counted, "valued": kind.valued, "primary": kind.primary},
        "unit": cube.unit,
        "positions": cube.positions,
        "models": [model_json(model) for model in cube.models],
        "dimensions": [_dimension(one) for one in cube.dimensions],
        "filters": [_dimension(one) for one in cube.filters],
        "sizes": list(cube.sizes),
        "campaign": cube.campaign,
        "by_campaign": cube.by_campaign,
        "by_position": cube.by_position,
        "filtered": cube.filtered,
        "week_starts_on": cube.week_starts_on,
        "finer": cube.finer,
        "moments": list(cube.moments),
        "cells": {
            "moment": list(cells.moment),
            "attributed": list(cells.attributed),
            "keys": [list(codes) for codes in cells.keys],
            "shown": list(cells.shown),
            "allowed": list(cells.allowed),
            "held": list(cells.held),
            "pattern": list(cells.pattern),
            "length": list(cells.length),
            "interactions": list(cells.interactions),
            "amount": _whole(cells.amount),
            "earned": [_whole(values) for values in cells.earned],
        },
    }


def measure_json(measure: Measure) -> dict[str, Json]:
    """Return what a script has to know of a measure."""
    return {
        "name": measure.name,
        "unit": measure.unit,
        "change": measure.change,
        "additive": measure.additive,
        "better": measure.better,
    }


def model_json(model: CubeModel) -> dict[str, Json]:
    """Return a model as a script weighs with it."""
    return {"name": model.name, "weights": list(model.weights), "rest": model.rest, "kernel": model.kernel}


def _dimension(one: CubeDimension) -> dict[str, Json]:
    return {
        "name": one.name,
        "kind": one.kind,
        "of_conversion": one.of_conversion,
        "missing": one.missing,
        "column": one.column,
        "labels": list(one.labels),
    }


def _whole(values: Sequence[int]) -> list[Json]:
    return [value if -_EXACT < value < _EXACT else str(value) for value in values]
