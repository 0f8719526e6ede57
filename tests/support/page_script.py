"""The script of the page, run without a browser: what it computes, for comparison with the engine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrib_cli
from attrib_cli.engine import Report, ReportSpec
from attrib_cli.engine.day_cube import FILTERED, TimeUnit, day_cube
from attrib_cli.engine.models import fold
from attrib_cli.engine.session import Session
from attrib_cli.output.dashboard import page_script
from attrib_cli.output.dashboard.page_data import cube_json, measure_json, model_json
from attrib_cli.output.values import plain

SCRIPTS = Path(attrib_cli.__file__).parent / "output" / "page"
COMPUTING = page_script.SCRIPTS[: page_script.SCRIPTS.index("finish.js") + 1]


class PageScript:
    """The computing parts of the page's script in an engine of their own (V8)."""

    def __init__(self) -> None:
        from py_mini_racer import MiniRacer

        self._engine = MiniRacer()
        self._engine.eval("\n".join((SCRIPTS / name).read_text(encoding="utf-8") for name in COMPUTING))

    def value(self, expression: str) -> object:
        """The value of an expression that is JSON."""
        return json.loads(str(self._engine.eval(f"JSON.stringify({expression})")))

    def finish(self, cube: Mapping[str, object], choice: Mapping[str, object]) -> dict[str, list[list[str]]]:
        """The rows and totals of a choice; figures as whole millionths in digits, counts as they are."""
        self._engine.eval(f"var cube = {json.dumps(cube)}; var choice = {json.dumps(choice)};")
        bare = "(key, value) => typeof value === 'bigint' ? String(value) : value"
        return json.loads(str(self._engine.eval(f"JSON.stringify(Finish.finish(cube, choice), {bare})")))


def carried(
    session: Session,
    spec: ReportSpec,
    *,
    unit: TimeUnit = "day",
    filters: Sequence[str] = FILTERED,
    only: Mapping[str, Sequence[str]] | None = None,
) -> tuple[dict[str, object], dict[str, object]]:
    """The cube of a report as a page has it, and the choice that is this very report."""
    cube = day_cube(session, spec, unit=unit, filters=filters)
    request = session.prepare(spec)
    models = {fold(model.name): model for model in cube.models}
    choice = {
        "from": day(spec.dates.start),
        "to": day(spec.dates.end),
        "before": None
        if spec.compare_dates is None
        else {"from": day(spec.compare_dates.start), "to": day(spec.compare_dates.end)},
        "models": [model_json(models[fold(model.name)]) for model in request.models],
        "measures": [measure_json(measure) for measure in request.measures],
        "sort": [list(key) for key in request.sort],
        "limit": spec.limit,
        "only": dict(only or {}),
    }
    return json.loads(json.dumps(cube_json(cube))), choice


def day(value: dt.date | None) -> str | None:
    """A day as the script has it."""
    return None if value is None else value.isoformat()


def as_script_has_it(report: Report, rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows of a report in whole millionths, counts as they are."""
    units = [column.unit for column in report.columns]
    return [
        [
            cell if cell is None or isinstance(cell, str) else plain(cell if unit == "count" else cell.scaleb(6))  # type: ignore[union-attr]
            for cell, unit in zip(row, units, strict=True)
        ]
        for row in rows
    ]
