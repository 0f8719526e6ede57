"""What a page carries for its script: the credit cubes of its reports, as JSON of whole numbers.

Numbers beyond what a JSON reader holds exactly (2^53) are texts of digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrib_cli.engine.day_cube import CubeDimension, CubeModel, DayCube
    from attrib_cli.engine.measures import Measure
    from attrib_cli.output.described import Json

_EXACT = 2**53


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
