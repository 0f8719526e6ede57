"""Every figure of random reports by data-driven models, held against the brute-force reference."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

from conftest import WriteData
from fitted_cases import fitted
from fitted_reference import Fitted, converting, estimated, without_interactions
from hypothesis import example
from reference import Figures, Key
from report_checks import EXACT, NAMES, check_totals, cuts_credits, table
from strategies import Case, build, for_random_cases, fraction

from attrib_cli.engine import Report, discover, run
from attrib_cli.engine.spec import EstimationSpec


def answered(case: Case, fit: Fitted, spec: EstimationSpec, write_data: WriteData, **more: object) -> Report:
    rules = tuple(list(case.ask.models)[:1]) if case.seed % 3 == 0 else ()
    asked = dataclasses.replace(case.spec(), models=(*fit.models, *rules), estimation=spec, **more)  # type: ignore[arg-type]
    return run(asked, discover(write_data(case.data, case.style)), case.settings(), threads=1)


def check_row(case: Case, where: str, row: dict, wanted: Figures, whole: Fraction) -> None:
    """Compare one row, figure by figure; effects are doubles, so that a millionth of a millionth of all may be off."""
    counted, valued = NAMES[case.ask.type]
    for measure, exact in ((counted, wanted.count), (valued, wanted.amount)):
        if measure is not None:
            found = fraction(row[measure])
            within = max(EXACT, abs(exact) / 10**9, whole / 10**12)
            assert abs(found - exact) <= within, f"{where} {measure}: {float(found)} instead of {float(exact)}"
    assert row["interactions"] == wanted.interactions, f"{where}: {row}, {wanted}"
    assert row["conversions_touched"] == len(wanted.touched), f"{where}: {row}, {wanted}"


def check(case: Case, fit: Fitted, found: Report) -> None:
    """Compare the data-driven models of a report with the reference, cell by cell."""
    rows = table(found)
    whole = Fraction(sum(abs(walk.worth) for walk in converting(case.data, case.ask)))
    for model in fit.models:
        wanted: dict[Key, Figures] = dict(estimated(case.data, case.ask, fit, model).rows)
        for key, figures in without_interactions(case.data, case.ask).items():
            row = wanted.setdefault(key, Figures())
            row.count += figures.count
            row.amount += figures.amount
        for key in wanted.keys() | rows[model].keys():
            assert key in rows[model] or not (wanted[key].count or wanted[key].amount), f"no {model} {key}"
            if key in rows[model]:
                check_row(case, f"{model} {key}", rows[model][key], wanted.get(key, Figures()), whole)
    if not cuts_credits(case):
        check_totals(found)


@example(case=build(282, crowded=True))  # a state that earns a thousandth of a cent beside a hundred million
@for_random_cases(9, crowded=True)
def test_random_reports_equal_the_reference(case: Case, write_data: WriteData) -> None:
    fit, spec = fitted(case)
    check(case, fit, answered(case, fit, spec, write_data))
