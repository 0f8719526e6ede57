"""Campaign spend and budget, cut by what campaigns and time have: campaign columns and time buckets."""

from __future__ import annotations

from attrib_cli.engine.buckets import names_over_time
from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.sql.buckets import bucket_label, bucket_of
from attrib_cli.engine.sql.campaigns import CAMPAIGN_ID, campaign_condition, campaign_value, with_campaigns
from attrib_cli.engine.sql.cte import Cte, comma, conjunction
from attrib_cli.engine.sql.labels import dimension_names, label_of
from attrib_cli.engine.sql.resolved import Request


def check_spend(measure: Measure, dimensions: tuple[Field, ...], *, joined: bool) -> None:
    """Raise UsageError where `measure` cannot be cut by `dimensions`: spend is known by campaign and day only.

    `joined` says whether touchpoints name their campaigns, without which no credit can be set against spend.
    """
    if measure.of_spenders and not joined:
        raise UsageError(
            f"'{measure.name}' sets credit against spend, but the touchpoints have no column campaign_id",
            hint="Add the column, or map it under sources: touchpoints: columns:.",
        )
    for field in dimensions:
        if field.level == "campaign":
            continue
        if field.level == "bucket" and measure.by_day and bucket_of(field).finest != "hour":
            continue
        known = "campaigns and days" if measure.by_day else "campaigns"
        raise UsageError(
            f"'{measure.name}' cannot be cut by {field.name}: it is known for {known} only",
            hint="Cut by campaign" + (f", by time ({names_over_time()})" if measure.by_day else "") + " alone.",
        )


def spend(request: Request) -> tuple[Cte, ...]:
    """Spend and budget in millionths for each period and combination of dimensions; empty without such measures.

    Spend is that of `campaign_spend` whose day lies in the period; without that table, and for all time, the total
    of `campaigns`.
    """
    if not request.needs_spend:
        return ()
    names = dimension_names(request)
    groups = ["period", *names]
    selects = []
    if "campaign_spend" in request.tables:
        selects += [_dated(request, period.number) for period in request.periods]
    elif request.has("campaigns", "spend"):
        selects += [
            _of_campaign(request, p.number, "spend")
            for p in request.periods
            if p.first_day is None and p.last_day is None
        ]
    if request.has("campaigns", "budget") and not any(f.level == "bucket" for f in request.dimensions):
        selects += [_of_campaign(request, period.number, "budget") for period in request.periods]
    nothing = comma(["0 AS period", "'' AS campaign", *(f"'' AS {name}" for name in names)])
    rows = "\nUNION ALL".join(selects)
    none = f"""
SELECT
  {nothing},
  NULL AS spend,
  NULL AS budget
WHERE false"""
    tables = [
        Cte(
            name="spend_rows",
            grain="one row for each row of spend, and for each campaign with a budget",
            sql=rows or none,
        ),
        Cte(
            name="spent",
            grain="one row for each period and dimensions of campaigns and time: spend and budget in millionths",
            sql=f"""
SELECT
  {comma(groups)},
  CAST(sum(spend) AS HUGEINT) AS spend,
  CAST(sum(budget) AS HUGEINT) AS budget
FROM spend_rows
GROUP BY {", ".join(groups)}""",
        ),
    ]
    if request.tells_spenders:
        tables.append(
            Cte(
                name="spenders",
                grain="one row for each period and campaign with spend",
                sql="""
SELECT
  period,
  campaign
FROM spend_rows
GROUP BY period, campaign
HAVING sum(spend) <> 0""",
            )
        )
    return tuple(tables)


def with_spenders(request: Request, source: str) -> tuple[str, list[str]]:
    """The `source` of cells c with their campaigns n, and whether the campaign has spend in the period of the cell."""
    if not request.tells_spenders:
        return source, []
    on = f"sp.period = c.period AND sp.campaign IS NOT DISTINCT FROM {campaign_value(request, CAMPAIGN_ID)}"
    joined = f"{source}\n  LEFT JOIN spenders AS sp ON {on}"
    return joined, ["c.cell <> 'unattributed' AND sp.period IS NOT NULL AS of_spender"]


def dated_spend(request: Request) -> tuple[str, str]:
    """The rows c of ``campaign_spend`` with their campaigns n, and the SQL of what each of them is in millionths."""
    columns = ["campaign_id AS campaign_key", "spent_on", "amount"]
    columns += ["currency"] if request.has("campaign_spend", "currency") else []
    spent = f"""(
  SELECT {", ".join(columns)}
  FROM {request.tables["campaign_spend"].relation} AS s
) AS c"""
    return with_campaigns(request, spent, True), _money(request, 'c."amount"', own=True)


def _money(request: Request, amount: str, *, own: bool = False) -> str:
    """The SQL of an amount in millionths; it is in the currency of its campaign n, or in its `own`, that of row c."""
    currencies = ["c.currency"] if own and request.has("campaign_spend", "currency") else []
    currencies += ["n.currency"] if request.has("campaigns", "currency") else []
    if currencies:
        amount = request.rate(f"coalesce({', '.join(currencies)})" if len(currencies) > 1 else currencies[0], amount)
    return f"CAST({amount} * 1000000 AS HUGEINT)"


def _keys(request: Request, number: int) -> list[str]:
    return [f"{number} AS period", f"{campaign_value(request, CAMPAIGN_ID)} AS campaign"]


def _labels(request: Request, local: str | None, shifts: tuple[int, int] | None = None) -> list[str]:
    """The texts of the dimensions for a campaign n of a row c; `local` is the moment of time buckets."""

    def label(field: Field) -> str:
        if field.level != "bucket":
            return label_of(request, field, "")
        text = "NULL" if local is None else request.label(field, bucket_label(request, field, local, shifts))
        return f"coalesce({text}, {literal(field.missing_label)})"

    return [f"{label(field)} AS {request.label_column(i)}" for i, field in enumerate(request.dimensions)]


def _shown(request: Request) -> list[str]:
    return [campaign_condition(request, bound) for bound in request.credit_filters if bound[1].level == "campaign"]


def _dated(request: Request, number: int) -> str:
    """The SELECT of spend by day in a period."""
    period = request.periods[number]
    day = "CAST(c.spent_on AS TIMESTAMP)"
    conditions = _shown(request)
    if period.first_day is not None:
        conditions.append(f"c.spent_on >= {request.binder.bind(period.first_day)}")
    if period.last_day is not None:
        conditions.append(f"c.spent_on <= {request.binder.bind(period.last_day)}")
    spent, money = dated_spend(request)
    return f"""
SELECT
  {comma([*_keys(request, number), *_labels(request, day, (period.shift_months, period.shift_days))])},
  {money} AS spend,
  NULL AS budget
FROM {spent}
WHERE {conjunction(conditions)}"""


def _of_campaign(request: Request, number: int, column: str) -> str:
    """The SELECT of a sum of money that campaigns themselves have, for all time."""
    money = _money(request, f"n.{identifier(column)}")
    amounts = [f"{money} AS spend", "NULL AS budget"] if column == "spend" else ["NULL AS spend", f"{money} AS budget"]
    own = "(SELECT campaign_id AS campaign_key FROM campaign_names) AS c"
    return f"""
SELECT
  {comma([*_keys(request, number), *_labels(request, None), *amounts])}
FROM {with_campaigns(request, own, True)}
WHERE {conjunction(_shown(request))}"""
