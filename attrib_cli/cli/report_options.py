"""The options of a report as groups, each written once, for every command that takes them.

A command names a group as one parameter; `flattened` gives Typer the options in it one by one. So report, save and
export cannot come to differ, and a new option is one field here.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_type_hints

from attrib_cli.cli import options as o
from attrib_cli.console import Console
from attrib_cli.engine.errors import UsageError
from attrib_cli.reporting.data_context import DataContext
from attrib_cli.reporting.request import ReportRequest, listed, repeated
from attrib_cli.reporting.workspace import Workspace

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry


@dataclass(frozen=True, kw_only=True)
class OptionGroup:
    """Options that belong together; each field is an option of the command line with its default."""


@dataclass(frozen=True, kw_only=True)
class DataOptions(OptionGroup):
    """Where the tables and the configuration are."""

    data: o.Data = None
    config: o.ConfigPath = None
    demo: o.Demo = False

    def world(self, console: Console, saved: ReportEntry | None = None) -> DataContext:
        """Return the data of a report: those typed, else those that the saved one names, else the usual."""
        return self.worlds(console).world(saved)

    def worlds(self, console: Console, today: str | None = None) -> Workspace:
        """Return what these options come to for any number of saved reports."""
        return Workspace(console=console, data=self.data, config=self.config, demo=self.demo, today=today)


@dataclass(frozen=True, kw_only=True)
class RequestOptions(OptionGroup):
    """What is computed and what of it is shown, all of it that a definition keeps but the format."""

    type: o.Type = None
    model: o.Model = None
    period: o.Period = None
    first: o.From = None
    to: o.To = None
    lookback: o.Lookback = None
    half_life: o.HalfLife = None
    eligible: o.Eligible = None
    campaign: o.Campaign = None
    by: o.By = None
    where: o.Where = None
    measure: o.Measures = None
    sort: o.Sort = None
    limit: o.Limit = None
    compare: o.Compare = None
    states: o.States = None
    order: o.Order = None
    game: o.Game = None
    non_converting: o.NonConverting = None
    confidence: o.Confidence = None
    seed: o.Seed = None
    transitions: o.Transitions = None
    without: o.Without = None

    def asked(self, format: str | None = None) -> ReportRequest:
        """Return what was typed, lists split, with the format where the command has one."""
        return ReportRequest(
            type=self.type,
            model=listed(self.model),
            by=listed(self.by),
            campaign=repeated(self.campaign),
            period=self.period,
            first=self.first,
            to=self.to,
            lookback=self.lookback,
            half_life=self.half_life,
            where=repeated(self.where),
            eligible=repeated(self.eligible),
            measure=listed(self.measure),
            sort=listed(self.sort),
            limit=self.limit,
            compare=self.compare,
            states=listed(self.states),
            order=self.order,
            game=self.game,
            non_converting=self.non_converting,
            confidence=self.confidence,
            seed=self.seed,
            transitions=self.transitions,
            format=format,
            without=self._without(),
        )

    def over(self, saved: ReportEntry) -> ReportEntry:
        """Return a saved report without what is to be left out of it."""
        gone: dict[str, None] = dict.fromkeys(self._without() or ())
        if "period" in gone:
            gone |= {"first": None, "to": None}
        if "data" in gone:
            gone["demo"] = None
        return dataclasses.replace(saved, **gone)

    def _without(self) -> tuple[str, ...] | None:
        """Return what is to be left out, as names of keys; raises UsageError for what is none or is typed beside it."""
        from attrib_cli.config.schema.markers import WrongValue
        from attrib_cli.config.schema.report_parsers import left_out

        if self.without is None:
            return None
        try:
            found = left_out(",".join(self.without))
        except WrongValue as error:
            raise UsageError(error.message, hint=error.hint, place="--without") from None
        typed = dict(vars(self), period=self.period or self.first or self.to)
        for name in found:
            if typed.get(name) is not None:
                hint = "Give one or the other."
                raise UsageError(f"{name.replace('_', '-')} is typed beside it", hint=hint, place="--without")
        return found


@dataclass(frozen=True, kw_only=True)
class OutputOptions(OptionGroup):
    """Where a report goes and as what."""

    format: o.OutputFormat = None
    output: o.Output = None
    excel_safe: o.ExcelSafe = False
    show_sql: o.ShowSql = False
    fail_on_empty: o.FailOnEmpty = False


@dataclass(frozen=True, kw_only=True)
class RunOptions(OptionGroup):
    """How this run goes, which no definition keeps but its day."""

    today: o.Today = None
    quiet: o.Quiet = False
    verbose: o.Verbose = False
    debug: o.Debug = False


@dataclass(frozen=True, kw_only=True)
class ComputingOptions(RunOptions):
    """How a run that computes reports goes."""

    strict: o.Strict = False


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with each parameter that is an `OptionGroup` replaced by the options in it, for Typer."""
    hints = get_type_hints(command, include_extras=True)
    del hints["return"]
    groups: dict[str, tuple[type[OptionGroup], tuple[str, ...]]] = {}
    parameters: dict[str, inspect.Parameter] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        for one in _options(kind) if _is_group(kind) else (parameter.replace(annotation=kind),):
            if one.name in parameters:
                raise TypeError(f"{command.__name__} has the option '{one.name}' twice")
            parameters[one.name] = one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        if _is_group(kind):
            groups[parameter.name] = (kind, tuple(field.name for field in dataclasses.fields(kind)))

    def run(**given: object) -> None:
        whole = {name: group(**{key: given.pop(key) for key in keys}) for name, (group, keys) in groups.items()}
        command(**given, **whole)

    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    vars(run)["__signature__"] = inspect.Signature(list(parameters.values()))
    return run


def _is_group(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, OptionGroup)


def _options(group: type[OptionGroup]) -> tuple[inspect.Parameter, ...]:
    hints: Mapping[str, object] = get_type_hints(group, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return tuple(
        inspect.Parameter(field.name, keyword, default=cast(object, field.default), annotation=hints[field.name])
        for field in dataclasses.fields(group)
    )
