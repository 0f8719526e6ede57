"""What a data-driven model has to do. The next one is a module with such a class, and its entry of the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from attrib_cli.engine.data_driven.weights import Weights
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.data_driven.replicates import Recount
    from attrib_cli.engine.models import Model
    from attrib_cli.engine.notes import Note


class Estimator(Protocol):
    """A way to estimate what states weigh, from the table that its model `counts` (see `models.Model`)."""

    def estimate(self, con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int) -> Weights:
        """Return what the states 1 to `states` weigh in a period, from the table that is staged.

        Asked only where the model is no equal split: then its weights follow from each journey alone.
        """

    def recount(self, request: Request, model: Model) -> Recount:
        """Return what is counted in journeys that are drawn again (see `replicates`)."""

    def redraw(
        self,
        con: duckdb.DuckDBPyConnection,
        request: Request,
        model: Model,
        period: int,
        states: int,
        counted: Mapping[str, str],
    ) -> Iterator[Weights]:
        """Yield what the states weigh in each replicate of a batch in a period.

        `counted` is the SQL of what `recount` counts of the period, by name.
        """

    def shares(self, request: Request, model: Model, weights: Weights) -> Weights:
        """Return the weights that a replicate shares out: those for amounts only where these are of use."""

    def doubts(self, request: Request, model: Model) -> tuple[Note, ...]:
        """Return what speaks against this model's estimate, beside what speaks against all."""

    def explain(self, request: Request, model: Model) -> str:
        """Return in a sentence how the model is estimated for this request."""
