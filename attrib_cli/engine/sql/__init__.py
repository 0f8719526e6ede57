"""The attribution pipeline as SQL: one function for each common table expression, compiled to one plan."""

from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.plan import Plan, compile_plan
from attrib_cli.engine.sql.resolved import Period, Request

__all__ = ["Binder", "Period", "Plan", "Request", "compile_plan"]
