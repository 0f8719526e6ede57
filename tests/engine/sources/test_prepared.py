"""What a source can say of rows and values in attrib.yaml, against values worked out by hand or by Python itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import duckdb
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.engine.sources import Table, open_tables

Rows = list[dict[str, object]]
Read = Callable[[str, Mapping[str, str]], Rows]


@pytest.fixture
def opened(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Callable[[str, Mapping[str, str]], Table]:
    """Write files and a configuration of one table, and open it."""

    def opened(sources: str, files: Mapping[str, str]) -> Table:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "attrib.yaml").write_text(f"sources:\n{sources}", encoding="utf-8")
        config = load_config(tmp_path / "attrib.yaml")
        found = config_sources(config)
        (name,) = found.tables
        return open_tables(connection, found, config.settings, needed=[name])[name]

    return opened


def rows_of(con: duckdb.DuckDBPyConnection, table: Table) -> Rows:
    """The rows of a table by name; its definition over the original files has the same."""
    found = con.execute(f"SELECT * FROM {table.relation} ORDER BY source_row")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    again = con.execute(f"SELECT * FROM ({table.definition}) ORDER BY source_row").fetchall()
    assert [tuple(row.values()) for row in rows] == again
    return [{name: value for name, value in row.items() if name != "source_row"} for row in rows]


@pytest.fixture
def read(opened: Callable[[str, Mapping[str, str]], Table], connection: duckdb.DuckDBPyConnection) -> Read:
    return lambda sources, files: rows_of(connection, opened(sources, files))


def errors_of(error: AttribError) -> list[str]:
    return [str(one) for one in (error.errors if isinstance(error, ErrorGroup) else (error,))]


def column(read: Read, rule: str, texts: Sequence[str], *, name: str = "stage", header: str = "X") -> list[object]:
    """The values of a column of deals by a rule, its texts being what the file has below `header`."""
    fields = "".join(f'{i},2026-01-01,"{text.replace(chr(34), chr(34) * 2)}"\n' for i, text in enumerate(texts))
    sources = f"  deals:\n    path: deals.csv\n    columns:\n      {name}: {{header: {header}, {rule}}}\n"
    return [row[name] for row in read(sources, {"deals.csv": f"deal_id,created_at,{header}\n{fields}"})]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", "1234.50"),
        ("(250.00)", "-250"),
        ("($20)", "-20"),
        ("-$5.25", "-5.25"),
        ("$-5.25", "-5.25"),
        ("- 7", "-7"),
        ("12.5-", "-12.5"),
        ("−3", "-3"),
        ("  $8 ", "8"),
        ("9", "9"),
        ("1'234'567.80", "1234567.80"),
        ("12\u2019345", "12345"),
    ],
)
def test_amounts_with_signs_and_brackets(read: Read, text: str, amount: str) -> None:
    assert column(read, "number: money", [text, "$1.00"], name="amount")[0] == Decimal(amount)


@pytest.mark.parametrize("text", ["EUR 1.234,50", "1.234,50 EUR", "€1.234,50", "1 234,50 €", "1.234,50\u00a0€"])
def test_the_currency_stands_on_either_side(read: Read, text: str) -> None:
    assert column(read, "number: money", [text], name="amount") == [Decimal("1234.50")]


def test_amounts_in_two_currencies_are_not_added_up(read: Read) -> None:
    with pytest.raises(AttribError) as error:
        column(read, "number: money", ["$1", "2", "€3"], name="amount")
    assert errors_of(error.value)[0].endswith(
        "deals.csv:4: the amounts of 'amount' are in several currencies: '$' and '€'"
    )


def test_what_is_no_amount_is_refused_with_its_line(read: Read) -> None:
    with pytest.raises(AttribError) as error:
        column(read, "number: money", ["$1", "$x"], name="amount")
    assert errors_of(error.value) == ["deals.csv:3: 'x' in column 'X' (amount) is not a number"]


@pytest.mark.parametrize("scale", ["cents", "micros", "thousands", "0.25", "0.3"])
def test_scales_are_exact(read: Read, scale: str) -> None:
    texts = ["0", "1", "-1", "7", "149", "-150", "123456789012345", "1.000001", "-0.5", "1000000"]
    factor = {"cents": "0.01", "micros": "0.000001", "thousands": "1000"}.get(scale, scale)
    expected = [(Decimal(text) * Decimal(factor)).quantize(Decimal("0.000001"), ROUND_HALF_UP) for text in texts]
    assert column(read, f"scale: {scale}", texts, name="amount") == expected


WORTH = {  # what 1,000 units are: ISO 4217, and the examples of docs.stripe.com/currencies
    "usd": ("10", "10"),
    "JPY": ("1000", "1000"),
    " kwd ": ("1", "1"),
    "ISK": ("1000", "10"),
    "UGX": ("1000", "10"),
    "MGA": ("10", "1000"),
    "CLF": ("0.1", "0.1"),
}


@pytest.mark.parametrize(("scale", "place"), [("smallest unit", 0), ("stripe", 1)])
def test_units_of_currencies(read: Read, scale: str, place: int) -> None:
    """Taken off too; a row without an amount needs no currency, and the currency may be a constant, or mapped."""
    amount = f"{{header: A, scale: {scale}, minus: [B]}}"
    sources = f"  deals:\n    path: d.csv\n    where: [deal_id!=out]\n    columns:\n      amount: {amount}\n"
    lines = [f"{n},2026-01-01,3000,2000,{code}" for n, code in enumerate(WORTH)]
    text = "\n".join(["deal_id,created_at,A,B,Currency", *lines, "none,2026-01-01,,1,", "out,2026-01-01,1,,XYZ", ""])
    found = read(sources, {"d.csv": text})
    assert [row["amount"] for row in found] == [*(Decimal(worth[place]) for worth in WORTH.values()), None]
    for rule in ("{value: JPY}", "{header: Currency, map: {yen: JPY}, otherwise: JPY}"):
        found = read(f"{sources}      currency: {rule}\n", {"d.csv": text})
        assert {row["amount"] for row in found} == {Decimal(1000), None}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("XYZ", "d.csv:3: 'XYZ' is no currency of ISO 4217, whose smallest unit 'amount' is counted in"),
        ("", "d.csv:3: the row has no currency, whose smallest unit 'amount' is counted in"),
    ],
)
def test_units_of_no_currency_are_refused_with_their_row(read: Read, code: str, message: str) -> None:
    sources = "  deals:\n    path: d.csv\n    columns: {amount: {header: A, scale: smallest unit}}\n"
    text = f"deal_id,created_at,A,Currency\n1,2026-01-01,5,usd\n2,2026-01-01,5,{code}\n"
    with pytest.raises(AttribError) as error:
        read(sources, {"d.csv": text})
    assert errors_of(error.value)[0].endswith(message)
    with pytest.raises(AttribError) as error:
        read(sources, {"d.csv": text.replace("Currency", "Money")})
    said = "`scale: smallest unit` of 'amount' follows from the column `currency`, and there is none"
    assert errors_of(error.value)[0].endswith(f"attrib.yaml:4: {said}")


def test_percent(read: Read) -> None:
    assert column(read, "number: percent", ["12.5%", "7 %", "-1%"], name="amount") == [
        Decimal("0.125"),
        Decimal("0.07"),
        Decimal("-0.01"),
    ]


def test_paid_minus_refunded(read: Read) -> None:
    sources = (
        "  deals:\n    path: o.csv\n    columns:\n      amount: {header: Paid, number: money, minus: [Refunded, Fee]}\n"
    )
    text = "deal_id,created_at,Paid,Refunded,Fee\n1,2026-01-01,$10.00,$2.50,\n2,2026-01-01,$3,,$1\n3,2026-01-01,,$1,\n"
    assert [row["amount"] for row in read(sources, {"o.csv": text})] == [Decimal("7.5"), Decimal(2), None]


def test_missing_markers_of_column_and_source(read: Read) -> None:
    sources = (
        "  deals:\n    path: d.csv\n    missing: [--, n/a]\n    columns:\n"
        "      amount: {header: Value, missing: unknown}\n      stage: Stage\n"
    )
    text = "deal_id,created_at,Value,Stage\n1,2026-01-01,--,N/A\n2,2026-01-01, Unknown ,unknown\n3,2026-01-01,5,-- \n"
    found = read(sources, {"d.csv": text})
    assert [(row["amount"], row["stage"]) for row in found] == [(None, None), (None, "unknown"), (Decimal(5), None)]


def test_first_filled_of_several_and_a_constant(read: Read) -> None:
    sources = (
        "  touchpoints:\n    path: t.csv\n    columns:\n      contact_id: {header: [Work, Private], value: nobody}\n"
        "      channel: {value: email}\n"
    )
    text = 'occurred_at,Work,Private\n2026-01-01,a@x,b@x\n2026-01-02,"  ",c@x\n2026-01-03,,\n'
    assert [(row["contact_id"], row["channel"]) for row in read(sources, {"t.csv": text})] == [
        ("a@x", "email"),
        ("c@x", "email"),
        ("nobody", "email"),
    ]


def test_map_lower_and_trim(read: Read) -> None:
    assert column(read, "map: {cpc: Paid, 'p p c': Paid}", ["CPC", " cpc ", "P P C", "Email", ""]) == [
        *("Paid", "Paid", "Paid", "Email", None)
    ]
    assert column(read, "map: {cpc: Paid}, otherwise: Other", ["CPC", "x", ""]) == ["Paid", "Other", None]
    assert column(read, "trim: true, lower: yes", ["  ÄB c ", "D"]) == ["äb c", "d"]


URLS = (
    "https://www.Acme.com/a%20b/?utm_source=Google&utm_campaign=Spring+Launch%21#top",
    "http://user:pw@acme.com:8080/x?q=1&UTM_SOURCE=bing",
    "https://acme.com?utm_source=&x=utm_source=no",
    "https://acme.com/deep/path.html#utm_source=no",
    "//cdn.acme.com/x",
    "",
)


@pytest.mark.parametrize("part", ["utm_source", "utm_campaign", "host", "path", "q"])
def test_parts_of_urls(read: Read, part: str) -> None:
    expected: list[str | None] = []
    for url in URLS:
        pieces = urlsplit(url)
        found = {key.lower(): value[0] for key, value in parse_qs(pieces.query).items()}
        path = pieces.path.replace("%20", " ")
        expected.append({"host": pieces.hostname, "path": path or None}.get(part, found.get(part)))
    assert column(read, f"url: {part}", URLS) == expected


def test_each_source_of_a_table_has_dates_and_zones_of_its_own(read: Read) -> None:
    sources = """\
  touchpoints:
    union:
      - path: web.csv
        timezone: America/New_York
        date_format: '%m/%d/%Y %I:%M %p'
        columns: {contact_id: Visitor, occurred_at: When, channel: {value: web}}
      - path: mail.csv
        columns: {contact_id: To, occurred_at: {header: Sent, timezone: Europe/Berlin}, channel: {value: email}}
      - path: ads.csv
        columns: {channel: {value: ads}}
"""
    files = {
        "web.csv": "Visitor,When\na,01/02/2026 10:00 PM\n",
        "mail.csv": "To;Sent\nb;13.07.2026 09:00\n",
        "ads.csv": "contact_id,occurred_at\nc,2026-01-01T10:00:00+01:00\n",
    }
    berlin = dt.datetime(2026, 7, 13, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    york = dt.datetime(2026, 1, 2, 22, tzinfo=ZoneInfo("America/New_York"))
    moments = [one.astimezone(dt.UTC).replace(tzinfo=None) for one in (york, berlin)] + [dt.datetime(2026, 1, 1, 9)]
    found = [(row["contact_id"], row["occurred_at"], row["channel"]) for row in read(sources, files)]
    assert found == list(zip("abc", moments, ("web", "email", "ads"), strict=True))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31 10:00 EST", dt.datetime(2026, 1, 31, 15)),
        ("01/31/2026 3:30 PM PDT", dt.datetime(2026, 1, 31, 22, 30)),
        ("2026-07-01 10:00:00 Europe/Berlin", dt.datetime(2026, 7, 1, 8)),
        ("2026-01-31 10:00 (CET)", dt.datetime(2026, 1, 31, 9)),
        ("2026-01-31T10:00:00Z", dt.datetime(2026, 1, 31, 10)),
    ],
)
def test_names_of_zones(read: Read, text: str, moment: dt.datetime) -> None:
    assert column(read, "zone_names: true", [text], name="closed_at") == [moment]


def test_a_zone_that_nobody_knows_is_refused(read: Read) -> None:
    with pytest.raises(AttribError, match=r"deals\.csv:2: '2026-01-31 10:00 XYZ' in column 'X' \(closed_at\)"):
        column(read, "zone_names: true", ["2026-01-31 10:00 XYZ"], name="closed_at")


def test_a_list_in_a_cell_becomes_rows(opened: Callable[[str, Mapping[str, str]], Table], read: Read) -> None:
    sources = (
        "  deal_contacts:\n    path: deals.csv\n    columns: {deal_id: Id, contact_id: {header: People, split: ';'}}\n"
    )
    files = {"deals.csv": 'Id,People\n1,51004847; 51002146\n2,\n3,"[""7"", 8]"\n4,;9;\n'}
    expected = [("1", "51004847"), ("1", "51002146"), ("3", "7"), ("3", "8"), ("4", "9")]
    assert [(row["deal_id"], row["contact_id"]) for row in read(sources, files)] == expected
    (note,) = opened(sources, files).notes
    assert "1 of 6 rows are left out by an empty list of 'contact_id' (" in note.text
    assert dict(note.counts) == {"rows": 6, "left_out": 1}


HISTORY = """\
Deal,Stage,Changed,created_at
1,new,2026-01-05,2026-01-01
1,won,2026-03-01,2026-01-01
2,new,2026-02-01,2026-01-02
1,lost,2026-02-01,2026-01-01
2,old,2026-02-01,2026-01-02
"""


@pytest.mark.parametrize(
    ("which", "expected"),
    [("latest", ["won", "old"]), ("earliest", ["new", "new"]), ("repeats", ["won", "lost", "old"])],
)
def test_one_row_of_those_about_the_same(
    opened: Callable[[str, Mapping[str, str]], Table],
    connection: duckdb.DuckDBPyConnection,
    which: str,
    expected: list[str],
) -> None:
    sources = f"  deals:\n    path: h.csv\n    columns: {{deal_id: Deal}}\n    {which}: {{of: Deal, by: Changed}}\n"
    table = opened(sources, {"h.csv": HISTORY})
    assert [row["stage"] for row in rows_of(connection, table)] == expected
    assert f"{5 - len(expected)} of 5 rows are left out by `{which}`" in table.notes[0].text


def test_what_orders_rows_may_be_a_number(read: Read) -> None:
    sources = "  deals:\n    path: h.csv\n    latest: {of: deal_id, by: Version}\n"
    text = "deal_id,created_at,Version,Stage\n1,2026-01-01,9,a\n1,2026-01-01,10,b\n,2026-01-01,1,c\n,2026-01-01,2,d\n"
    assert [row["stage"] for row in read(sources, {"h.csv": text})] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ("['Status=sent|opened']", "ab"),
        ("['Status!=Sent']", "bcd"),
        ("['Status=']", "c"),
        ("['Status!=']", "abd"),
        ("['Status~EN']", "abd"),
        ("['Status!~en', 'N>=1']", "c"),
        ("['N>9.5']", "bc"),
        ("['Day>=2026-02-01']", "cd"),
        ("['  day < 2026-02-01']", "ab"),
    ],
)
def test_filters_on_rows(read: Read, filters: str, kept: str) -> None:
    sources = f"  deals:\n    path: d.csv\n    where: {filters}\n"
    text = (
        "deal_id,created_at,Status,N,Day\na,2026-01-01, SENT ,9,2026-01-31\nb,2026-01-01,Opened,10,2025-12-01\n"
        "c,2026-01-01,,100,2026-02-01\nd,2026-01-01,Unsent Opened-not,x,2026-03-01\n"
    )
    assert "".join(str(row["deal_id"]) for row in read(sources, {"d.csv": text})) == kept


def test_a_union_is_filtered_and_given_values_as_one_table(read: Read) -> None:
    sources = """\
  touchpoints:
    union:
      - path: a.csv
        columns: {channel: {value: A}}
      - {path: b.csv, date_format: '%d/%m/%Y', columns: {contact_id: Who, occurred_at: Day, channel: {value: B}}}
    latest: {of: contact_id, by: occurred_at}
    where: [contact_id!=z]
    columns: {channel: {header: channel, map: {a: Web}}}
"""
    files = {
        "a.csv": "contact_id,occurred_at\nx,2026-02-01\ny,2026-02-02\nz,2026-02-02\n",
        "b.csv": "Who,Day\nx,03/02/2026\ny,01/02/2026\n",
    }
    found = [(row["contact_id"], row["occurred_at"], row["channel"]) for row in read(sources, files)]
    assert found == [("y", dt.datetime(2026, 2, 2), "Web"), ("x", dt.datetime(2026, 2, 3), "B")]


def test_lines_of_errors_are_those_of_the_file_behind_filters_lists_and_unions(read: Read) -> None:
    sources = """\
  touchpoints:
    union:
      - {path: a.csv}
      - {path: b.csv, where: [Keep=yes], columns: {contact_id: {header: Who, split: ';'}}}
"""
    files = {
        "a.csv": "contact_id,occurred_at\nx,2026-02-01\n",
        "b.csv": 'Who,occurred_at,Keep\n"x\ny",2026-01-01,yes\np,never,no\n\nq;r,soon,yes\n',
    }
    with pytest.raises(AttribError) as error:
        read(sources, files)
    assert errors_of(error.value)[0].split("/")[-1].startswith("b.csv:6: 'soon' in column 'occurred_at' is not a date")


def test_parquet_columns_have_rules_too(read: Read, tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "COPY (SELECT 7.0::DOUBLE AS id, TIMESTAMP '2026-01-02 10:00:00' AS at, 150000000::BIGINT AS micros, "
        f"['c1', 'c2'] AS people) TO '{tmp_path / 'd.parquet'}'"
    )
    sources = """\
  deals:
    path: d.parquet
    timezone: Europe/Berlin
    columns:
      deal_id: id
      created_at: at
      amount: {header: micros, scale: micros}
      contact_id: {header: people, split: ';'}
"""
    assert [{k: row[k] for k in ("deal_id", "created_at", "amount", "contact_id")} for row in read(sources, {})] == [
        {"deal_id": "7", "created_at": dt.datetime(2026, 1, 2, 9), "amount": Decimal(150), "contact_id": contact}
        for contact in ("c1", "c2")
    ]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (
            "  deals:\n    path: d.csv\n    columns:\n      amount: {header: Amnt, scale: cents}\n",
            "attrib.yaml:5: there is no header 'Amnt', which the rule of 'amount' names",
        ),
        (
            "  deals:\n    path: d.csv\n    where: [Stat=x]\n",
            "attrib.yaml:4: there is no header 'Stat', which `where` names",
        ),
        (
            "  deals:\n    path: d.csv\n    latest: {of: deal_id, by: When}\n",
            "attrib.yaml:4: there is no header 'When', which `latest` names",
        ),
        (
            "  deals:\n    path: d.csv\n    columns: {created_at: {header: Amount, date_format: '%Q'}}\n",
            "attrib.yaml:4: '%Q' is not a date format",
        ),
        (
            "  deals:\n    path: d.csv\n    columns: {amount: {header: Amount, minus: Refund}}\n",
            "attrib.yaml:4: there is no header 'Refund', which the rule of 'amount' names",
        ),
    ],
)
def test_rules_about_what_is_not_there(read: Read, sources: str, message: str) -> None:
    with pytest.raises(AttribError) as error:
        read(sources, {"d.csv": "deal_id,created_at,Amount\n1,2026-01-01,5\n"})
    assert errors_of(error.value)[0].endswith(message)


def test_a_date_and_a_time_of_day_in_two_columns_are_one_moment(read: Read) -> None:
    days = ["05/01/2026", "13/01/2026 00:00:00", "14/01/2026", "15/01/2026", ""]
    times = ["10:30", "2:05 PM", "--", "1899-12-30 08:00:00", "09:00"]
    text = "c,d,t\n" + "".join(f"{n},{day},{time}\n" for n, (day, time) in enumerate(zip(days, times, strict=True)))
    rule = "{header: d, time: t, missing: [--], timezone: Europe/Berlin}"
    rows = read(
        f"  touchpoints:\n    path: t.csv\n    columns: {{contact_id: c, occurred_at: {rule}, again: t}}\n",
        {"t.csv": text},
    )
    hours = [(5, 9, 30), (13, 13, 5), (13, 23, 0), (15, 7, 0)]  # an hour earlier in UTC
    assert [row["occurred_at"] for row in rows] == [*(dt.datetime(2026, 1, *at) for at in hours), None]
    assert [row["again"] for row in rows] == times
    with pytest.raises(AttribError, match=r"there is no header 'tt', which the rule of 'occurred_at' names"):
        read("  touchpoints:\n    path: t.csv\n    columns: {contact_id: c, occurred_at: {header: d, time: tt}}\n", {})
    with pytest.raises(AttribError, match="`time` goes with the `header` of a date"):
        read("  touchpoints:\n    path: t.csv\n    columns: {contact_id: c, occurred_at: {value: x, time: t}}\n", {})


def test_a_day_alone_can_be_the_end_of_it(read: Read) -> None:
    days = ["2026-01-05", "6/1/2026", "07.01.2026", "Jan 8, 2026", "9 Jan 2026", "2026-01-10 00:00:00", "20260111"]
    moments = ["2026-01-12 08:30", "2026-01-13T00:30:00Z", "1768348800", ""]
    rule = "end_of_day: true, date_format: '%d/%m/%Y', timezone: Europe/Berlin"
    found = column(read, rule, [*days, *moments], name="closed_at")
    ends = [dt.datetime(2026, 1, day, 22, 59, 59, 999999) for day in range(5, 12)]  # an hour earlier in UTC
    stay = [dt.datetime(2026, 1, 12, 7, 30), dt.datetime(2026, 1, 13, 0, 30), dt.datetime(2026, 1, 14), None]
    assert found == [*ends, *stay]


FORMS = ("%d/%m/%y", "%Y/%m/%d", "%Y%m%d", "%d %b, %y")
"""Formats of days alone: what else than them a text can be is told by none of these."""


@pytest.mark.parametrize("form", FORMS)
def test_days_in_any_format_have_times_and_ends(read: Read, form: str) -> None:
    text = dt.date(2026, 3, 13).strftime(form)
    day = dt.datetime(2026, 3, 13)
    rule = f"end_of_day: true, date_format: '{form}'"
    ends = column(read, rule, [text, f"{text} 08:30", ""], name="closed_at")
    assert ends == [
        day.replace(hour=23, minute=59, second=59, microsecond=999999),
        day.replace(hour=8, minute=30),
        None,
    ]
    times = {"10:30": (10, 30), "2:05 PM": (14, 5), "00:10:20.5": (0, 10, 20, 500000), "": (0, 0)}
    rows = read(
        f"  touchpoints:\n    path: t.csv\n    date_format: '{form}'\n"
        "    columns: {contact_id: c, occurred_at: {header: d, time: t}}\n",
        {"t.csv": "c,d,t\n" + "".join(f'1,"{text}",{time}\n' for time in times)},
    )
    assert [row["occurred_at"] for row in rows] == [dt.datetime(2026, 3, 13, *time) for time in times.values()]
    with pytest.raises(AttribError, match="'2026-13-03' in column 'X'"):
        column(read, rule, ["2026-13-03"], name="closed_at")


MIDNIGHTS = ("T00:00:00Z", "T00:00:00+00:00", " 00:00 UTC", " 12:00:00 AM", ", 12:00 a.m.", " 0:00:00.000")


@pytest.mark.parametrize("day", ["2026-03-13", "3/13/2026"])
def test_every_way_of_writing_midnight_is_a_day(read: Read, day: str) -> None:
    written = [f"{day}{midnight}" for midnight in MIDNIGHTS]
    found = column(read, "end_of_day: true", written, name="closed_at")
    assert found == [dt.datetime(2026, 3, 13, 23, 59, 59, 999999)] * len(MIDNIGHTS)
    rows = read(
        "  touchpoints:\n    path: t.csv\n    columns: {contact_id: c, occurred_at: {header: d, time: t}}\n",
        {"t.csv": "c,d,t\n" + "".join(f'1,"{text}",10:30\n' for text in written)},
    )
    assert [row["occurred_at"] for row in rows] == [dt.datetime(2026, 3, 13, 10, 30)] * len(MIDNIGHTS)


def test_a_day_that_has_no_midnight_or_25_hours_ends_with_its_last_moment(read: Read) -> None:
    days = ["2018-11-04", "2018-02-17"]  # clocks went forward at midnight, and back from it
    found = column(read, "end_of_day: true, timezone: America/Sao_Paulo", days, name="closed_at")
    zone = ZoneInfo("America/Sao_Paulo")
    after = [dt.datetime(2018, 11, 5, tzinfo=zone), dt.datetime(2018, 2, 18, tzinfo=zone)]
    last = [moment.astimezone(dt.UTC).replace(tzinfo=None) - dt.timedelta(microseconds=1) for moment in after]
    assert found == last


def test_rows_are_numbered_for_a_key(read: Read) -> None:
    files = {
        "deals-1.csv": "who,at,people\na,2026-01-01,1;2\nb,2026-01-02,\n",
        "deals-2.csv": "who,at,people\nc,2026-01-03,3\n",
    }
    rules = "columns: {deal_id: {row_number: true}, created_at: at"
    rows = read(f"  deals:\n    path: deals-*.csv\n    where: [who!=b]\n    {rules}}}\n", files)
    assert [(row["deal_id"], row["who"]) for row in rows] == [("1", "a"), ("2-1", "c")]
    rules = "columns: {deal_id: {row_number: true}, contact_id: {header: people, split: ';'}}"
    pairs = read(f"  deal_contacts:\n    path: deals-*.csv\n    {rules}\n", {})
    assert [(row["deal_id"], row["contact_id"]) for row in pairs] == [("1", "1"), ("1", "2"), ("2-1", "3")]
    with pytest.raises(AttribError, match="`row_number` is the value itself"):
        read("  deals:\n    path: deals-*.csv\n    columns: {deal_id: {row_number: true, header: who}}\n", {})


def test_a_list_in_a_cell_is_one_text(read: Read) -> None:
    texts = ['["a","b, c"]', "[a, b]", "a > b", "[]", "", '["a"]', "[x"]
    found = column(read, "join: ' > '", texts)
    assert found == ["a > b, c", "a > b", "a > b", "[]", None, "a", "[x"]
