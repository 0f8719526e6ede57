"""The data-driven models by the name that the catalogue of models knows them by."""

from __future__ import annotations

from collections.abc import Mapping

from attrib_cli.engine.data_driven.interface import Estimator
from attrib_cli.engine.data_driven.markov_model import MarkovEstimator
from attrib_cli.engine.data_driven.shapley_model import ShapleyEstimator

ESTIMATORS: Mapping[str, Estimator] = {
    "markov": MarkovEstimator(),
    "shapley": ShapleyEstimator(),
}
"""One line for each; its entry in `models.CATALOGUE` says what it is estimated from."""
