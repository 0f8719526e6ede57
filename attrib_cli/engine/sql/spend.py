"""Campaign spend and budget, cut by what campaigns and time have: campaign columns and time buckets."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.measures import Measure
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.buckets import bucket_label
from attrib_cli.engine.sql.cte import Part, comma, conjunction
from attrib_cli.engine.sql.labels import dimension_names
from attrib_cli.engine.sql.resolved import Request

_BUDGET = ("budget", "remaining_budget")


def check_spend(measure: Measure, dimensions: tuple[Field, ...]) -> None:
    """Raise UsageError where `measure` cannot be cut by `dimensions`: spend is known by campaign and day only."""
    for field in dimensions:
        if field.level == "campaign" or field.name == "campaign_id":
            continue
        if field.level == "bucket" and measure.name not in _BUDGET:
            continue
        known = "campaigns" if measure.name in _BUDGET else "campaigns and days"
        raise UsageError(
            f"'{measure.name}' cannot be cut by {field.name}: it is known for {known} only",
            hint="Cut by campaign" + ("" if measure.name in _BUDGET else ", by time (day, week, month, …)") + " alone.",
        )


def spend(request: Request) -> tuple[Part, ...]:
    """Spend and budget in millionths for each period and combination of dimensions; empty without such measures.

    Spend is that of `campaign_spend` whose day lies in the period; without that table, and for all time, the total
    of `campaigns`.
    """
    if not request.needs_spend:
        return ()
    names = dimension_names(request)
    groups = ["period", *names]
    parts = []
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
    nothing = ", ".join(["0 AS period", *(f"'' AS {name}" for name in names)])
    body = "\nUNION ALL\n".join(selects) or f"SELECT {nothing}, NULL AS spend, NULL AS budget WHERE false"
    sums = "CAST(sum(spend) AS HUGEINT) AS spend, CAST(sum(budget) AS HUGEINT) AS budget"
    parts.append(
        Part(
            name="spent",
            grain="one row for each period and dimensions of campaigns and time: spend and budget in millionths",
            sql=f"SELECT {', '.join(groups)}, {sums}\nFROM (\n{body}\n) AS s\nGROUP BY {', '.join(groups)}",
        )
    )
    return tuple(parts)


def _money(request: Request, column: str, alias: str) -> str:
    amount = f"{alias}.{identifier(column)}"
    converted = request.rate("n.currency", amount) if request.has("campaigns", "currency") else amount
    return f"CAST({converted} * 1000000 AS HUGEINT)"


def _label(request: Request, field: Field, campaign: str, local: str | None) -> str:
    if field.level == "bucket":
        return bucket_label(field.column, local or "NULL", request.settings.week_starts_on)
    missing = request.binder.bind(field.missing_label)
    if field.name in ("campaign", "campaign_id"):
        own = f"CAST({campaign} AS VARCHAR)"
        known = field.name == "campaign" and "campaigns" in request.tables
        return f"coalesce({f'n.name, {own}' if known else own}, {missing})"
    return f"coalesce({request.label(field, f'n.{identifier(field.column)}')}, {missing})"


def _shown(request: Request, campaign: str) -> list[str]:
    conditions = []
    if request.campaign_ids is not None:
        ids = ", ".join(f"CAST({request.binder.bind(id_)} AS VARCHAR)" for id_ in request.campaign_ids)
        conditions.append(f"CAST({campaign} AS VARCHAR) IN ({ids})" if ids else "false")
    for bound in request.credit_filters:
        field = bound[1]
        if field.level == "campaign":
            value = "n.name" if field.name == "campaign" else f"n.{identifier(field.column)}"
            conditions.append(request.condition(bound, value))
        elif field.name == "campaign_id":
            conditions.append(request.condition(bound, campaign))
    return conditions


def _dated(request: Request, number: int) -> str:
    period = request.periods[number]
    day = "CAST(s.spent_on AS TIMESTAMP)"
    if request.compared:
        day = f"({day} + to_months({period.shift_months}) + to_days({period.shift_days}))"
    labels = [f"{_label(request, f, 's.campaign_id', day)} AS x{i}" for i, f in enumerate(request.dimensions)]
    conditions = _shown(request, "s.campaign_id")
    if period.first_day is not None:
        conditions.append(f"s.spent_on >= {request.binder.bind(period.first_day)}")
    if period.last_day is not None:
        conditions.append(f"s.spent_on <= {request.binder.bind(period.last_day)}")
    source = f"{request.tables['campaign_spend'].relation} AS s"
    if "campaigns" in request.tables:
        source += "\n  LEFT JOIN campaign_names AS n ON CAST(n.campaign_id AS VARCHAR) = CAST(s.campaign_id AS VARCHAR)"
    columns = [f"{number} AS period", *labels, f"{_money(request, 'amount', 's')} AS spend"]
    return f"SELECT\n  {comma([*columns, 'NULL AS budget'])}\nFROM {source}\nWHERE {conjunction(conditions)}"


def _of_campaign(request: Request, number: int, column: str) -> str:
    labels = [f"{_label(request, f, 'n.campaign_id', None)} AS x{i}" for i, f in enumerate(request.dimensions)]
    money = _money(request, column, "n")
    amounts = [f"{money} AS spend", "NULL AS budget"] if column == "spend" else ["NULL AS spend", f"{money} AS budget"]
    return (
        f"SELECT\n  {comma([f'{number} AS period', *labels, *amounts])}\nFROM campaign_names AS n\n"
        f"WHERE {conjunction(_shown(request, 'n.campaign_id'))}"
    )
