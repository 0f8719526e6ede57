"""The ledger, row by row against the brute-force reference, and in its formats against each other."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import WriteData
from reference import conversions, held, ident, is_of_interaction, journey, shares, shown
from strategies import Case, for_random_cases

from attrib_cli.engine import ReportSpec, Settings, SourceMap, discover, open_session, run
from attrib_cli.engine.errors import CheckError, SourceError, UsageError
from attrib_cli.engine.ledger import Ledger, open_ledger, reader
from attrib_cli.engine.models import SHOWN_POSITIONS, fold
from attrib_cli.output.registry import FORMATS, WriteOptions

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
Rows = list[dict[str, object]]


@contextmanager
def opened(spec: ReportSpec, sources: SourceMap, settings: Settings | None = None) -> Iterator[Ledger]:
    with open_session(sources, settings, shared=False) as session, open_ledger(session, spec) as found:
        yield found


def rows_of(spec: ReportSpec, sources: SourceMap, settings: Settings | None = None) -> Rows:
    with opened(spec, sources, settings) as found:
        return pa.Table.from_batches(list(found.batches), found.schema).to_pylist()


def answered(case: Case, folder: Path) -> Rows | None:
    """The ledger of a case; None where the data contradict themselves, or the case is none."""
    try:
        return rows_of(case.spec(), discover(folder), case.settings())
    except (CheckError, SourceError, UsageError):
        return None


def test_a_ledger_that_nobody_reads_to_its_end_leaves_its_session_free() -> None:
    with open_session(discover(DATA), shared=False) as session:
        with pytest.raises(BrokenPipeError), open_ledger(session, ReportSpec()) as found:
            next(found.batches)
            raise BrokenPipeError
        assert session.run(ReportSpec()).summary.conversions == 41


@for_random_cases(12)
def test_every_row_of_random_ledgers_equals_the_reference(case: Case, write_data: WriteData) -> None:
    folder = write_data(case.data, case.style)
    with pytest.MonkeyPatch.context() as patch:
        for name, small in (("CHUNK", 3), ("RANGE", 7), ("FIRST", 2)):
            patch.setattr(reader, name, small if case.seed % 2 else 200_000)
        found = answered(case, folder)
    if found is None:
        return
    by_conversion: dict[str, Rows] = defaultdict(list)
    for row in found:
        by_conversion[str(row["conversion_id"])].append(row)
    cuts = bool(case.ask.campaigns) or any(is_of_interaction(case.data, case.ask, t.column) for t in case.ask.where)
    for conversion in conversions(case.data, case.ask):
        check_conversion(case, conversion, by_conversion.pop(str(conversion.key), []), cuts)
    assert not by_conversion


def check_conversion(case, conversion, rows: Rows, cuts: bool) -> None:
    ask, data = case.ask, case.data
    steps = journey(conversion, data, ask)
    positions = held(conversion, steps, data, ask)
    value = Fraction(1) if ask.type == "contact-create" else Fraction(conversion.amount or 0)
    visible = [i for i, step in enumerate(steps) if shown(step.row, data, ask)]
    interactions = [row for row in rows if row["occurred_at"] is not None]
    assert len(interactions) == len(visible)
    for row, i in zip(interactions, visible, strict=True):
        assert row["contact_id"] == steps[i].contact
        assert row.get("touchpoint_id") == ident(steps[i].row.get("touchpoint_id"))
        assert row["position"] == ("+".join(p for p in SHOWN_POSITIONS if p in positions[i]) or "middle")
        assert Fraction(row["value"]) == value
    for name, model in ask.models.items():
        column = fold(name).replace("-", "_")
        wanted = shares(model, steps, positions)
        near = Fraction(2, 10**6) if model.half_life is None else Fraction(1, 10**5) + value / 10**9
        for row, i in zip(interactions, visible, strict=True):
            exact = Fraction(0) if wanted is None else wanted[i]
            assert abs(Fraction(row[f"{column}_share"]) - exact) <= Fraction(1, 10**5)
            assert abs(Fraction(row[f"{column}_credit"]) - exact * value) <= near
            if model.half_life is None and not exact:
                assert row[f"{column}_credit"] == row[f"{column}_share"] == 0
        if not cuts:
            assert sum(Fraction(row[f"{column}_share"]) for row in rows) == 1
            assert sum(Fraction(row[f"{column}_credit"]) for row in rows) == value
            [*empty] = [row for row in rows if row["occurred_at"] is None]
            assert bool(empty) or wanted is not None
            assert not empty or (empty[0][f"{column}_share"] == 1) == (wanted is None)


def written(format: str, spec: ReportSpec) -> bytes:
    with opened(spec, discover(DATA)) as found:
        return b"".join(FORMATS[format].load_ledger()(found, WriteOptions()))


def test_credits_of_a_campaign_sum_to_its_row_in_the_report() -> None:
    spec = ReportSpec(models=("u-shaped", "time-decay"), by=("campaign",))
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows_of(spec, discover(DATA)):
        name = "(unattributed)" if row["occurred_at"] is None else str(row["campaign"] or "(no campaign)")
        for model in spec.models:
            sums[name, model] += row[f"{fold(model).replace('-', '_')}_credit"]
    for campaign, model, revenue, *_ in run(spec, discover(DATA)).rows:
        assert abs(sums[campaign, model] - revenue) < Decimal("0.001")


def test_all_formats_hold_the_same_values() -> None:
    spec = ReportSpec(models=("first", "linear"), by=("campaign", "month"))
    by_csv = list(csv.reader(io.StringIO(written("csv", spec).decode(), newline="")))
    tsv = [line.split("\t") for line in written("tsv", spec).decode().splitlines()]
    lines = [json.loads(line, parse_float=Decimal) for line in written("jsonl", spec).decode().splitlines()]
    table = pq.read_table(io.BytesIO(written("parquet", spec)))
    assert tsv == by_csv
    header, *rows = by_csv
    assert list(lines[0]) == table.schema.names == header
    for row, line, cells in zip(rows, lines, table.to_pylist(), strict=True):
        for text, name in zip(row, header, strict=True):
            assert text == ("" if line[name] is None else str(line[name]))
            cell = cells[name]
            if isinstance(cell, Decimal):
                assert Decimal(text) == cell
            else:
                assert text == ("" if cell is None else cell.isoformat() if name.endswith("_at") else cell)
    assert table.schema.metadata[b"attrib.type"] == b"revenue"


def test_order_and_bytes_do_not_depend_on_chunks_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ReportSpec(models=("first", "u-shaped", "time-decay"))
    whole = written("csv", spec)
    for name, small in (("CHUNK", 90), ("RANGE", 250), ("FIRST", 3)):
        monkeypatch.setattr(reader, name, small)
    assert written("csv", spec) == whole
    with open_session(discover(DATA), threads=1) as session, open_ledger(session, spec) as found:
        assert b"".join(FORMATS["csv"].load_ledger()(found, WriteOptions())) == whole


def test_the_printed_query_gives_the_same_rows() -> None:
    import duckdb

    from attrib_cli.engine.ledger import explain_ledger

    spec = ReportSpec(models=("linear", "w-shaped"), where=())
    with open_session(discover(DATA), stage=False) as session:
        sql = explain_ledger(session, spec)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        printed = con.sql(sql).to_arrow_table().to_pylist()
    assert printed == rows_of(spec, discover(DATA))


def test_a_comparison_and_a_table_are_refused() -> None:
    with pytest.raises(UsageError, match="compares no periods"):
        rows_of(ReportSpec(compare="previous-year"), discover(DATA))
    with pytest.raises(UsageError, match="cannot be written as markdown"):
        written("markdown", ReportSpec())
