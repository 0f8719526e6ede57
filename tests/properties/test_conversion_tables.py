"""Conversions of the configuration against the brute force: they are deals by another name, with other columns."""

from __future__ import annotations

import dataclasses

from cluster_here import ClusterHere
from conftest import WriteData, examples
from hypothesis import given
from hypothesis import strategies as st
from own_conversions import as_conversions, of_deals
from reference import Figures
from reference import report as brute_force
from report_checks import EXACT, check_totals, table
from strategies import Case, fraction

from attrib_cli.engine import open_session
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.backends.shards import ShardedBackend
from attrib_cli.engine.report import Report


def held_against(case: Case, report: Report) -> None:
    """Compare a report of conversions with the brute force of the deals that they are."""
    expected = brute_force(case.data, case.ask)
    found = table(report)
    assert report.summary.conversions == expected.conversions
    for model, rows in expected.rows.items():
        shown = {key for key, figures in rows.items() if figures.count or figures.amount or figures.interactions}
        assert shown <= set(found[model]), model
        for key, cells in found[model].items():
            figures = rows.get(key, Figures())
            assert key in expected.possible
            assert abs(fraction(cells["conversions"]) - figures.count) <= EXACT, (model, key)
            assert abs(fraction(cells["value"]) - figures.amount) <= EXACT, (model, key)
            assert cells["interactions"] == figures.interactions, (model, key)
    check_totals(report)


@examples(8)
@given(
    seed=st.integers(0, 2**64),
    of=st.sampled_from(["deal", "contact"]),
    place=st.sampled_from(["", "shards", "cluster"]),
)
def test_deals_by_another_name(seed: int, of: str, place: str, write_data: WriteData) -> None:
    case = of_deals(seed)
    if of == "contact":
        case = dataclasses.replace(case, data=dataclasses.replace(case.data, deal_contacts=None))
    folder = write_data(case.data, case.style)
    sources, settings, spec = as_conversions(case, folder, of=of)
    backends = {"shards": ShardedBackend(shards=3), "cluster": ClusterBackend(cluster=ClusterHere(), shards=3)}
    with open_session(sources, settings, threads=1, shared=False, backend=backends.get(place)) as session:
        held_against(case, session.run(spec))
