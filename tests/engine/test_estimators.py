"""A data-driven model is one object: the next one is a module, and an entry of the catalogue that names it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from attrib_cli.engine import ReportSpec, discover, explain, models, open_session, run
from attrib_cli.engine.data_driven.replicates import BATCH, Recount
from attrib_cli.engine.data_driven.weights import Weights
from attrib_cli.engine.models import Model
from attrib_cli.engine.notes import Note
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql import Request

DATA = discover(str(Path(__file__).parents[2] / "examples" / "data"))


class Even:
    """Every state is worth the same, in every replicate."""

    def estimate(self, con: duckdb.DuckDBPyConnection, request: Request, period: int, states: int) -> Weights:
        return [1] * states, [1] * states

    def recount(self, request: Request, model: Model) -> Recount:
        return Recount()

    def redraw(
        self,
        con: duckdb.DuckDBPyConnection,
        request: Request,
        model: Model,
        period: int,
        states: int,
        counted: Mapping[str, str],
    ) -> Iterator[Weights]:
        for _ in range(BATCH):
            yield [1] * states, [1] * states

    def shares(self, request: Request, model: Model, weights: Weights) -> Weights:
        return weights

    def doubts(self, request: Request, model: Model) -> tuple[Note, ...]:
        return (Note(code="even", text="all states are taken to be alike"),)

    def explain(self, request: Request, model: Model) -> str:
        return "even: all states alike"


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    even = Model(
        name="even",
        description="All alike",
        rest=Decimal(100),
        kernel="estimated",
        counts="coalitions",
        estimator="even_model:Even",
    )
    monkeypatch.setattr(models, "CATALOGUE", (*models.CATALOGUE, even))
    module = ModuleType("even_model")
    vars(module)["Even"] = Even
    monkeypatch.setitem(sys.modules, "attrib_cli.engine.data_driven.even_model", module)


def test_one_more_model_runs_beside_the_others() -> None:
    spec = ReportSpec(
        models=("even", "markov", "linear"), by=("channel",), estimation=EstimationSpec(confidence=Decimal("0.9"))
    )
    report = run(spec, DATA)
    names = [column.name for column in report.columns]
    rows = [row for row in report.rows if row[names.index("model")] == "even" and row[0] != "(unattributed)"]
    revenue = [row[names.index("revenue")] for row in rows]
    assert len(rows) > 3
    assert max(revenue) - min(revenue) <= Decimal("0.00001")
    assert all(row[names.index("revenue_low")] == row[names.index("revenue_high")] for row in rows)
    totals = {row[names.index("model")]: row[names.index("revenue")] for row in report.totals}
    assert totals["even"] == totals["markov"] == totals["linear"]
    assert any("all states are taken to be alike" in str(note) for note in (*report.warnings, *report.notes))


def test_it_is_explained_in_the_printed_query() -> None:
    query = explain(ReportSpec(models=("even", "shapley"), by=("channel",)), DATA)
    assert "-- even: all states alike.\n" in query
    assert "-- shapley: Shapley values over channel, a set of which is worth conversions.\n" in query
    with open_session(DATA) as session:
        assert session.con.execute(query).fetchall()
