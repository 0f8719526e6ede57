"""Every known export: recognised by its real headers, and read into its tables by the configuration that is written."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pyarrow.json
import pyarrow.parquet
import pytest
from samples import SAMPLES

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.sources import open_tables
from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.propose import propose
from attrib_cli.proposal.shapes import shapes
from attrib_cli.proposal.text import configuration


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_as_what_it_is(tmp_path: Path, name: str) -> None:
    sample = SAMPLES[name]
    path = tmp_path / f"x.{sample.ending}"
    if sample.ending == "parquet":
        pyarrow.parquet.write_table(pyarrow.json.read_json(io.BytesIO(sample.text.encode())), path)
    else:
        path.write_text(sample.text, encoding=sample.encoding)
    if sample.beside is not None:
        (tmp_path / "y.csv").write_text(sample.beside)
    proposal = propose([tmp_path], tmp_path, Answers())
    assert not proposal.left_out
    assert {plan.shape.name for plans in proposal.plans.values() for plan in plans if plan.shape} == {name}
    assert set(proposal.plans) == ({"paths"} if name.startswith("paths") else set(sample.want))
    path = tmp_path / "attrib.yaml"
    path.write_text(configuration(proposal))
    config = load_config(path)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for table, (rows, first) in sample.want.items():
            opened = open_tables(con, config_sources(config), config.settings, needed=[table])[table]
            columns = ", ".join(f"CAST({column} AS VARCHAR)" for column in first)
            found = con.execute(f"SELECT {columns} FROM {opened.relation} AS s ORDER BY source_row").fetchall()
            assert len(found) == rows
            assert dict(zip(first, found[0], strict=True)) == first


def test_every_shape_has_a_sample_and_says_where_its_headers_come_from() -> None:
    assert {shape.name for shape in shapes() if shape.tables} == set(SAMPLES)
    assert all(shape.seen and shape.get and shape.title and shape.system for shape in shapes())


def test_charges_are_in_the_units_of_their_currency_also_of_one_that_comes_later(tmp_path: Path) -> None:
    head, first, *_ = SAMPLES["fivetran-stripe-charge"].text.splitlines()
    (tmp_path / "charge.csv").write_text(f"{head}\n{first}\n")
    text = configuration(propose([tmp_path], tmp_path, Answers()))
    assert "union" not in text
    (tmp_path / "attrib.yaml").write_text(text)
    rows = [first, *(first.replace("ch_1", code).replace("usd", code) for code in ("jpy", "kwd", "isk"))]
    (tmp_path / "charge.csv").write_text("\n".join([head, *rows, ""]))
    config = load_config(tmp_path / "attrib.yaml")
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        deals = open_tables(con, config_sources(config), config.settings, needed=["deals"])["deals"]
        found = con.execute(f"SELECT deal_id, CAST(amount AS INTEGER) FROM {deals.relation} AS s").fetchall()
    assert dict(found) == {"ch_1": 80, "jpy": 8000, "kwd": 8, "isk": 80}


def test_spend_of_several_days_a_row_is_said_to_count_on_the_first(tmp_path: Path) -> None:
    text = SAMPLES["meta-ads-spend"].text
    (tmp_path / "meta.csv").write_text(text)
    assert not propose([tmp_path], tmp_path, Answers()).plans["campaign_spend"][0].notes
    (tmp_path / "meta.csv").write_text(text.replace("2026-08-01,2026-08-01", "2026-08-01,2026-08-31"))
    proposal = propose([tmp_path], tmp_path, Answers())
    note = "1 of 2 rows are spend of several days, which counts on the first, 'Reporting starts'"
    assert proposal.plans["campaign_spend"][0].notes[0].startswith(note)
    assert f"# {note}" in configuration(proposal)


def test_what_is_taken_off_is_what_the_file_has(tmp_path: Path) -> None:
    text = SAMPLES["shopify-orders"].text.replace("Outstanding Balance", "Notes")
    (tmp_path / "orders.csv").write_text(text)
    deals = propose([tmp_path], tmp_path, Answers()).plans["deals"][0]
    assert deals.columns["amount"]["minus"] == ["Refunded Amount"]


def test_a_report_of_totals_is_left_out_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "ga4.csv").write_text(
        "# ----\n# Traffic acquisition\n# ----\n\nSession default channel group,Sessions,Engaged sessions\nDirect,4,2\n"
    )
    proposal = propose([tmp_path], tmp_path, Answers())
    assert not proposal.plans
    assert "totals of sessions and no people" in proposal.left_out[0].why


def test_spend_by_ad_without_the_ads_is_left_out_and_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "basic_ad.csv").write_text(SAMPLES["fivetran-meta-ads-spend"].text)
    proposal = propose([tmp_path], tmp_path, Answers())
    assert not proposal.plans
    assert (
        "needs one file that is Fivetran's Meta ad_history beside it, and no file here is that"
        in proposal.left_out[0].why
    )


def test_ad_sets_are_no_campaigns(tmp_path: Path) -> None:
    (tmp_path / "ad_set_history.csv").write_text(
        "id,account_id,campaign_id,name,_fivetran_synced,updated_time\n1,170,9,Set,2021-06-29,2020-12-31\n"
    )
    proposal = propose([tmp_path], tmp_path, Answers())
    assert not proposal.plans and "Ad sets are no table" in proposal.left_out[0].why
