"""The objects that estimate data-driven models, found by what the entries of the models say."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

from attrib_cli.engine import models

if TYPE_CHECKING:
    from attrib_cli.engine.data_driven.interface import Estimator
    from attrib_cli.engine.models import Model


def estimator_of(model: Model | str) -> Estimator:
    """Return what estimates a data-driven model, which may be given by its name; raises LookupError for a rule."""
    name = model if isinstance(model, str) else model.name
    path = next((entry.estimator for entry in models.CATALOGUE if entry.name == name), None)
    if path is None:
        raise LookupError(f"nothing estimates the model {name}")
    return _loaded(path)


@functools.cache
def _loaded(path: str) -> Estimator:
    module, _, name = path.partition(":")
    found = getattr(importlib.import_module(f"attrib_cli.engine.data_driven.{module}"), name)
    made: Estimator = found()
    return made
