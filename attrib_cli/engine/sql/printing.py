"""The query of a report as one statement that people read and run: each source first, under the name of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.source_spec import in_order
from attrib_cli.engine.sql.cte import Cte, with_clause, with_literals
from attrib_cli.engine.sql.layout import laid_out
from attrib_cli.engine.sql.memberships import membership_parts
from attrib_cli.engine.sql.plan import Plan
from attrib_cli.engine.sql.resolved import Request

if TYPE_CHECKING:
    from attrib_cli.engine.sources import Table


def by_name(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return the tables as a printed query reads them: by their names."""
    return {name: replace(table, relation=name) for name, table in tables.items()}


def printed(plan: Plan, request: Request) -> str:
    """Return a plan, which reads the tables of `request` by their names, as one statement.

    It runs as it stands in a DuckDB shell.
    """
    tables = request.tables
    parts = plan.all_parts()
    of_campaigns = membership_parts(request)
    if any(f"{of_campaigns[-1].name} AS t" in part.sql for part in parts if of_campaigns):
        parts = [*of_campaigns, *parts]
    text = "\n".join([*(part.sql for part in parts), plan.select])
    sources = [
        Cte(name=name, grain=f"{table.name}: one row for each row of the source, in its order", sql=table.definition)
        for name, table in ((name, tables[name]) for name in in_order(tables))
        if f" {name} AS " in text
    ]
    return laid_out(with_literals(with_clause([*sources, *parts]) + plan.select, plan.values)) + ";\n"
