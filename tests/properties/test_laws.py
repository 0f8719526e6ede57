"""Laws that hold for every model of the catalogue, whatever the data are."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import WriteData
from hypothesis import assume
from hypothesis import strategies as st
from reference import BUCKETS, DAY, Data, is_of_conversion, offered
from strategies import BASE, TYPES, Case, Cell, for_random_cases, fraction

from attrib_cli.engine import Report, ReportSpec, Settings, discover, run
from attrib_cli.engine.models import CATALOGUE
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import DateRange

Rows = dict[tuple[str, ...], dict[str, Cell]]
RULES = tuple(model.name for model in CATALOGUE if not (model.estimated or model.of_rows))
BY_NAME = tuple(model.name for model in CATALOGUE if model.name in RULES and model.by_name)
VALUES = {"contact-create": ("contacts",), "deal-create": ("deals", "amount"), "revenue": ("deals", "revenue")}


def rows_of(report: Report) -> Rows:
    """The rows by dimensions and model, those that a model gives nothing left out."""
    width = len(report.dimensions()) + 1
    names = [column.name for column in report.columns][width:]
    return {
        tuple(str(cell) for cell in row[:width]): dict(zip(names, row[width:], strict=True))
        for row in report.rows
        if any(row[width:])
    }


def add_up(rows: Rows, kept: list[int], measure: str) -> dict[tuple[str, ...], Fraction]:
    """Sums of a measure over the rows that agree in the kept dimensions (and the model, which is the last)."""
    sums: dict[tuple[str, ...], Fraction] = defaultdict(Fraction)
    for key, row in rows.items():
        sums[*(key[i] for i in kept), key[-1]] += fraction(row[measure])
    return {key: total for key, total in sums.items() if total}


def ask(case: Case, folder: Path, **changes: object) -> Report:
    """The report of a case under every rule that there is, those of its configuration included."""
    changes.setdefault("models", ("all", *BY_NAME))
    return run(dataclasses.replace(case.spec(), **changes), discover(folder), case.settings(), threads=1)  # type: ignore[arg-type]


def test_every_rule_of_the_catalogue_has_a_reference_and_is_held_to_the_laws() -> None:
    assert set(offered("revenue")) == set(RULES)
    data = Path(__file__).parents[2] / "examples" / "data"
    found = {key[-1] for key in rows_of(run(ReportSpec(models=("all",)), discover(data), Settings()))}
    assert found == set(RULES) - set(BY_NAME)


@for_random_cases(5, whole=True)
def test_credits_are_never_negative_and_shares_sum_to_one(case: Case, write_data: WriteData) -> None:
    rows = rows_of(ask(case, write_data(case.data, case.style)))
    for row in rows.values():
        assert all(fraction(row[measure]) >= 0 for measure in (*VALUES[case.ask.type], "share"))
    primary = "revenue" if case.ask.type == "revenue" else VALUES[case.ask.type][0]
    for key, total in add_up(rows, [], "share").items():
        # Shares are rounded one by one: each may be off by half of the sixth decimal.
        assert abs(total - 1) <= Fraction(len(rows), 1_000_000), key
    whole = set(add_up(rows, [], primary).values())
    assert len(whole) <= 1, "models disagree about what there is to credit"


@for_random_cases(3, whole=True, factor=st.sampled_from([2, 10, 1000]))
def test_credits_scale_with_the_value(case: Case, factor: int, write_data: WriteData) -> None:
    assume(case.ask.type != "contact-create")
    scaled = tuple(
        row | {"amount": row["amount"] * factor if isinstance(row["amount"], Decimal) else None}  # type: ignore[operator]
        for row in case.data.deals or ()
    )
    measure = VALUES[case.ask.type][1]
    once = rows_of(ask(case, write_data(case.data, case.style)))
    more = rows_of(ask(case, write_data(dataclasses.replace(case.data, deals=scaled), case.style)))
    assert once.keys() == more.keys()
    for key, row in once.items():
        exact = fraction(row[measure]) * factor
        # A row's own rounding grows with the factor; the decay kernels are doubles.
        within = Fraction(2 * (factor + 1), 10**6) + abs(exact) / 10**11
        assert abs(fraction(more[key][measure]) - exact) <= within
        assert row["interactions"] == more[key]["interactions"]


@for_random_cases(5, unique_ids=True, seed=st.integers(0, 2**32))
def test_the_order_of_input_rows_does_not_matter(case: Case, seed: int, write_data: WriteData) -> None:
    def shuffled(rows: tuple | None) -> tuple | None:
        return None if rows is None else tuple(random.Random(seed).sample(rows, len(rows)))

    mixed = Data(**{field.name: shuffled(getattr(case.data, field.name)) for field in dataclasses.fields(Data)})
    once, again = (ask(case, write_data(data, case.style)) for data in (case.data, mixed))
    assert (once.columns, once.rows, once.totals) == (again.columns, again.rows, again.totals)


@for_random_cases(5)
def test_several_models_at_once_equal_each_alone(case: Case, write_data: WriteData) -> None:
    folder = write_data(case.data, case.style)
    together = rows_of(ask(case, folder))
    name = random.Random(case.seed).choice([*RULES, *case.ask.models])
    assume(case.ask.type == "revenue" or name in offered(case.ask.type) or name not in RULES)
    alone = rows_of(ask(case, folder, models=(name,)))
    assert alone == {key: row for key, row in together.items() if key[-1] == name}


@for_random_cases(4, whole=True)
def test_a_campaigns_rows_are_those_of_the_whole_report(case: Case, write_data: WriteData) -> None:
    names = [str(row["name"]) for row in case.data.campaigns or () if row["name"] is not None]
    ids = {str(row["campaign_id"]) for row in case.data.campaigns or ()}
    name = next((name for name in names if names.count(name) == 1 and name not in ids), None)
    assume(name is not None)
    folder = write_data(case.data, case.style)
    by = ("campaign", *(dimension for dimension in case.ask.by if dimension != "campaign"))
    whole = rows_of(ask(case, folder, by=by))
    some = rows_of(ask(case, folder, by=by, campaigns=(str(name).lower(),)))
    assert some == {key: row for key, row in whole.items() if key[0] == name}


@for_random_cases(4)
def test_a_report_split_by_the_conversion_sums_to_the_whole(case: Case, write_data: WriteData) -> None:
    """Counts do so exactly; credits to the last digit where no credit is hidden, else to the rounding of each row."""
    folder = write_data(case.data, case.style)
    own = [name for name in case.ask.by if is_of_conversion(case.data, case.ask, name)]
    rest = tuple(name for name in case.ask.by if name not in own) or ("channel",)
    split = ask(case, folder, by=(*rest, "month", *own))
    whole = ask(case, folder, by=rest)
    kept = list(range(len(rest)))
    assert add_up(rows_of(split), kept, "interactions") == add_up(rows_of(whole), kept, "interactions")
    for measure in VALUES[case.ask.type]:
        parts, sums = add_up(rows_of(split), kept, measure), add_up(rows_of(whole), kept, measure)
        for key in parts.keys() | sums.keys():
            near = Fraction(2 * (len(split.rows) + 1), 10**6) + Fraction(1, 10**5)
            assert abs(parts.get(key, Fraction(0)) - sums.get(key, Fraction(0))) <= near, key
        if not (case.ask.campaigns or case.ask.where):
            assert add_up(rows_of(split), [], measure) == add_up(rows_of(whole), [], measure)


@for_random_cases(3, whole=True, days=st.integers(0, 110))
def test_periods_that_follow_each_other_sum_to_the_whole(case: Case, days: int, write_data: WriteData) -> None:
    folder = write_data(case.data, case.style)
    cut = (BASE + days * DAY).date()
    early = ask(case, folder, dates=DateRange(end=cut))
    late = ask(case, folder, dates=DateRange(start=cut + DAY))
    whole = ask(case, folder, dates=DateRange())
    assert early.summary.conversions + late.summary.conversions == whole.summary.conversions
    for measure in (*VALUES[case.ask.type], "interactions"):
        parts = defaultdict(Fraction)
        for report in (early, late):
            for key, total in add_up(rows_of(report), [], measure).items():
                parts[key] += total
        assert parts == add_up(rows_of(whole), [], measure)


@for_random_cases(3)
def test_a_table_sorted_or_cut_by_other_dimensions_counts_the_same_interactions(
    case: Case, write_data: WriteData
) -> None:
    """Position, asset type and campaign split the same credits in different ways."""
    folder = write_data(case.data, case.style)
    sums = [
        add_up(rows_of(ask(case, folder, by=(name,))), [], "interactions")
        for name in ("position", "asset_type", "campaign")
    ]
    assert sums[0] == sums[1] == sums[2]


@for_random_cases(3, limit=st.integers(1, 3))
def test_a_limited_report_keeps_its_sums_and_its_first_rows(case: Case, limit: int, write_data: WriteData) -> None:
    folder = write_data(case.data, case.style)
    additive = (*VALUES[case.ask.type], "interactions", "share")
    whole, some = (ask(case, folder, limit=number, measures=additive) for number in (None, limit))
    for measure in additive[:-1]:
        assert add_up(rows_of(some), [], measure) == add_up(rows_of(whole), [], measure)
    parts, sums = add_up(rows_of(some), [], "share"), add_up(rows_of(whole), [], "share")
    assert all(
        abs(parts[key] - sums[key]) <= Fraction(len(whole.rows), 1_000_000) for key in parts.keys() | sums.keys()
    )
    kept = [row for row in some.rows if row[0] != "(other)"]
    assert [row for row in whole.rows if row in kept] == kept
    special = {row[: len(case.ask.by)] for row in some.rows if {"(other)", "(unattributed)"} & set(row)}
    assert len({row[: len(case.ask.by)] for row in some.rows} - special) <= limit


@for_random_cases(3, whole=True, days=st.integers(0, 110))
def test_a_comparison_shows_the_figures_of_both_periods(case: Case, days: int, write_data: WriteData) -> None:
    """Rows of either period are there; each period's figures are those of a report of its own."""
    folder = write_data(case.data, case.style)
    cut = (BASE + days * DAY).date()
    now, before = DateRange(start=cut + DAY, end=cut + 200 * DAY), DateRange(start=cut - 199 * DAY, end=cut)
    by = tuple(name for name in case.ask.by if name not in BUCKETS) or ("channel",)
    both = ask(case, folder, by=by, dates=now, compare="previous-period", compare_dates=before)
    later, earlier = (rows_of(ask(case, folder, by=by, dates=dates)) for dates in (now, before))
    rows = rows_of(both)
    nothing = dict.fromkeys((column.name for column in both.measures()), 0)
    assert later.keys() | earlier.keys() <= rows.keys()
    for key, row in rows.items():
        for measure in (*VALUES[case.ask.type], "interactions", "share"):
            assert fraction(row[measure]) == fraction(later.get(key, nothing)[measure]), (key, measure)
            assert fraction(row[f"{measure}_previous"]) == fraction(earlier.get(key, nothing)[measure]), (key, measure)


# --- large data -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120,000 interactions of 8,000 contacts in 5,000 deals: enough for several threads to work at once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, dice = tmp_path_factory.mktemp("large"), random.Random(20260301)
    contacts, deals, touches = 8_000, 5_000, 120_000
    start = int(BASE.timestamp()) * 1_000_000

    def moments(number: int) -> pa.Array:
        return pa.array([start + dice.randrange(90 * 24 * 60) * 60_000_000 for _ in range(number)], pa.timestamp("us"))

    def write(name: str, **columns: object) -> None:
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=12_000)

    write(
        "touchpoints",
        contact_id=[int(contacts * dice.random() ** 2) for _ in range(touches)],
        occurred_at=moments(touches),
        channel=dice.choices(["Email", "Paid", "Event", None], k=touches),
        campaign_id=dice.choices([*range(40), None], k=touches),
        asset_type=dice.choices(["Page", "Form", "static list"], k=touches),
    )
    write("contacts", contact_id=list(range(contacts)), created_at=moments(contacts))
    write(
        "deals",
        deal_id=list(range(deals)),
        created_at=moments(deals),
        closed_at=moments(deals),
        amount=[Decimal(dice.randrange(10_000_000)).scaleb(-2) for _ in range(deals)],
        is_won=dice.choices([True, False], k=deals),
        pipeline=dice.choices(["New", "Renewal", None], k=deals),
    )
    pairs = sorted({(dice.randrange(deals), dice.randrange(contacts)) for _ in range(2 * deals)})
    write("deal_contacts", deal_id=[pair[0] for pair in pairs], contact_id=[pair[1] for pair in pairs])
    return folder


@pytest.mark.parametrize("kind", TYPES)
def test_the_number_of_threads_does_not_matter(kind: str, large: Path) -> None:
    by = ("campaign", "position", "month") if kind == "contact-create" else ("campaign", "channel", "pipeline")
    spec = ReportSpec(type=kind, models=("all",), by=by)
    found = [run(spec, discover(large), Settings(), threads=threads) for threads in (1, 4)]
    lines = [repr((report.columns, tuple(report.rows), tuple(report.totals), report.summary)) for report in found]
    assert lines[0] == lines[1]
    assert len(found[0].rows) > 300


def test_a_filter_on_credits_leaves_the_other_rows_of_a_large_report_alone(large: Path) -> None:
    spec = ReportSpec(models=("all",), by=("channel", "pipeline"))
    picked = dataclasses.replace(spec, where=(Filter(column="channel", op="=", values=("paid",)),), allow_empty=True)
    whole, some = (rows_of(run(each, discover(large), Settings(), threads=2)) for each in (spec, picked))
    assert some == {key: row for key, row in whole.items() if key[0] == "Paid"}


def test_one_deal_with_eighty_thousand_interactions(write_data: WriteData, tmp_path: Path) -> None:
    """Closed formulas: interactions every two hours, channels taking turns, four key positions at known places."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, channels, step = 80_000, 4, dt.timedelta(hours=2)
    lead, made = 1_001, 60_002  # key positions that no other one shares, in channels 1 and 2
    start = BASE - count * step
    at = [start + i * step for i in range(count)]
    pq.write_table(
        pa.table(
            {
                "touchpoint_id": list(range(count)),
                "contact_id": [i % 3 + 1 if i != lead else 1 for i in range(count)],
                "occurred_at": pa.array(at, pa.timestamp("us", tz="UTC")),
                "channel": [f"ch{i % channels}" for i in range(count)],
            }
        ),
        tmp_path / "touchpoints.parquet",
        row_group_size=20_000,
    )
    (tmp_path / "contacts.csv").write_text(
        f"contact_id,created_at\n1,{at[lead].isoformat()}\n2,{at[lead + 1].isoformat()}\n3,\n"
    )
    (tmp_path / "deals.csv").write_text(
        "deal_id,created_at,closed_at,amount,is_won,contact_id\n"
        f"1,{at[made].isoformat()},{at[-1].isoformat()},1000000.00,true,1\n"
    )
    (tmp_path / "deal_contacts.csv").write_text("deal_id,contact_id\n1,1\n1,2\n1,3\n")
    found = rows_of(run(ReportSpec(models=("all",), by=("channel",)), discover(tmp_path), Settings(), threads=2))

    each = count // channels
    places = {"first": 0, "lead": lead, "deal": made, "last": count - 1}
    for name, model in offered("revenue").items():
        if name in BY_NAME:
            continue
        weighted = {place % channels: Fraction(0) for place in range(channels)}
        free = dict.fromkeys(range(channels), each)
        for position, weight in model.positions.items():
            weighted[places[position] % channels] += weight
            free[places[position] % channels] -= 1
        for channel in range(channels):
            if model.half_life is None:
                spread = Fraction(free[channel], sum(free.values()))
            else:  # a geometric series: the channel's last interaction is `channels - 1 - channel` steps old
                ratio = 2 ** (-(step / model.half_life))
                spread = Fraction(ratio ** (channels - 1 - channel) * (1 - ratio) / (1 - ratio**channels))
            share = (weighted[channel] + model.rest * spread) / (sum(model.positions.values()) + model.rest)
            interactions = free[channel] if model.rest else 0
            interactions += sum(places[position] % channels == channel for position in model.positions)
            row = found.get((f"ch{channel}", name), {"revenue": 0, "deals": 0, "interactions": 0})
            assert abs(fraction(row["revenue"]) - share * 1_000_000) <= Fraction(1, 100_000), (name, channel)
            assert abs(fraction(row["deals"]) - share) <= Fraction(2, 1_000_000), (name, channel)
            assert row["interactions"] == interactions, (name, channel)
