"""Interactions of several campaigns: every figure of random cases against the brute-force reference, in fractions.

The data have assets with overlapping times, assets twice in one campaign, unknown and missing campaigns, nulls in keys,
and campaigns that share a utm.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from fractions import Fraction

import pyarrow as pa
import test_engine_reference as by_rules
from cluster_here import ClusterHere
from conftest import WriteData
from fitted_cases import fitted
from fitted_reference import Fitted, converting, estimated
from hypothesis import assume
from reference import Key, conversions, ident, journey, of_interaction, shares, shown, versions
from reference import held as positions_of
from report_checks import NAMES, table
from strategies import Case, for_random_cases, fraction

from attrib_cli.engine import Report, discover, open_session, run
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.errors import CheckError
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.engine.models import fold
from attrib_cli.engine.spec import EstimationSpec


@for_random_cases(5, assets=True)
def test_rules_equal_the_reference(case: Case, write_data: WriteData) -> None:
    by_rules.check(case, by_rules.answered(case, write_data))


@for_random_cases(2, assets=True, whole=True)
def test_the_rows_of_every_campaign_sum_to_the_report_without_campaigns(case: Case, write_data: WriteData) -> None:
    folder = discover(write_data(case.data, case.style))
    spec = dataclasses.replace(case.spec(), measures=tuple(name for name in NAMES[case.ask.type] if name))
    by_campaign = run(dataclasses.replace(spec, by=("campaign", "month")), folder, case.settings(), threads=1)
    without = run(dataclasses.replace(spec, by=("month",)), folder, case.settings(), threads=1)
    sums: dict[tuple[object, object], list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for row in by_campaign.rows:
        for i, cell in enumerate(row[3:]):
            sums[row[1], row[2]][i] += fraction(cell)
    for row in without.rows:
        figures = [fraction(cell) for cell in row[2:]]
        assert sums[row[0], row[1]][: len(figures)] == figures, row


@for_random_cases(3, assets=True, crowded=True)
def test_data_driven_models_equal_the_reference(case: Case, write_data: WriteData) -> None:
    fit, spec = fitted(case)
    states = spec.states if "campaign" in spec.states else ("campaign",)
    fit, spec = dataclasses.replace(fit, states=states), dataclasses.replace(spec, states=states)
    check_fitted(case, fit, fitted_report(case, fit, spec, write_data))


def fitted_report(case: Case, fit: Fitted, spec: EstimationSpec, write_data: WriteData) -> Report:
    asked = dataclasses.replace(case.spec(), models=fit.models, estimation=spec)
    return run(asked, discover(write_data(case.data, case.style)), case.settings(), threads=1)


def check_fitted(case: Case, fit: Fitted, found: Report) -> None:
    """Compare what interactions are credited with; credit without one is that of `test_fitted_reports`."""
    counted, valued = NAMES[case.ask.type]
    rows = table(found)
    whole = Fraction(sum(abs(walk.worth) for walk in converting(case.data, case.ask)))
    for model in fit.models:
        for key, wanted in estimated(case.data, case.ask, fit, model).rows.items():
            if not (wanted.count or wanted.amount):
                continue
            row = rows[model][key]
            for measure, exact in ((counted, wanted.count), (valued, wanted.amount)):
                if measure is not None:
                    within = max(Fraction(2, 10**6), abs(exact) / 10**9, whole / 10**12)
                    assert abs(fraction(row[measure]) - exact) <= within, f"{model} {key} {measure}: {row}, {wanted}"
            assert row["interactions"] == wanted.interactions, f"{model} {key}: {row}, {wanted}"


@for_random_cases(3, assets=True)
def test_a_ledger_has_a_row_for_each_campaign_of_an_interaction(case: Case, write_data: WriteData) -> None:
    models = {name: model for name, model in case.ask.models.items() if model.half_life is None}
    case = dataclasses.replace(case, ask=dataclasses.replace(case.ask, models=models))
    sources = discover(write_data(case.data, case.style))
    try:
        with open_session(sources, case.settings(), shared=False) as session, open_ledger(session, case.spec()) as one:
            rows = pa.Table.from_batches(list(one.batches), one.schema).to_pylist()
    except CheckError:
        assume(False)
    credits: dict[Key, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in rows:
        if row["occurred_at"] is not None:
            for name in models:
                credit = fraction(row[f"{fold(name).replace('-', '_')}_credit"])
                credits[str(row["conversion_id"]), str(row.get("campaign"))][name] += credit
    wanted: dict[Key, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    lines: dict[Key, int] = defaultdict(int)
    data, ask = case.data, case.ask
    for conversion in conversions(data, ask):
        steps = journey(conversion, data, ask)
        held = positions_of(conversion, steps, data, ask)
        value = Fraction(1) if ask.type == "contact-create" else Fraction(conversion.amount or 0)
        for name, model in models.items():
            parts = shares(model, steps, held) or [Fraction(0) for _ in steps]
            for step, part in zip(steps, parts, strict=True):
                each = versions(step.row, data, ask)
                for row in each:
                    if shown(row, data, ask):
                        key = str(ident(conversion.key)), str(of_interaction(row, data, ask, "campaign"))
                        wanted[key][name] += part * value / len(each)
                        lines[key] += 1
    assert wanted.keys() == credits.keys()
    for key, by_model in wanted.items():
        for name, exact in by_model.items():
            assert abs(credits[key][name] - exact) <= Fraction(2 * lines[key], 10**6), (key, name)


@for_random_cases(1, assets=True, crowded=True)
def test_a_cluster_answers_as_one_machine(case: Case, write_data: WriteData) -> None:
    sources = discover(write_data(case.data, case.style))
    found = []
    for backend in (None, ClusterBackend(cluster=ClusterHere(), shards=3)):
        with open_session(sources, case.settings(), shared=False, threads=1, backend=backend) as session:
            report = session.run(case.spec())
            found.append((report.columns, report.rows, report.totals, report.summary, report.notes))
    assert found[0] == found[1]
