"""The options of a report as groups, each written once, for every command that takes them.

A command names a group as one parameter; `flattened` gives Typer the options in it one by one. So report, save and
export cannot come to differ. What a report can be asked for comes from the list of its fields, in
`config.schema.report_fields`.
"""

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import Annotated, Self, TypeGuard, cast, get_args, get_type_hints

from attrib_cli.cli import options as o
from attrib_cli.config.schema.report_fields import OUTPUT, ReportFields
from attrib_cli.config.schema.report_options import ReportOption, Typed, report_options, with_companions
from attrib_cli.engine.errors import AttribError, UsageError, at, did_you_mean, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.resources import ENGINES, EngineChoice, Resources, check_size
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.reporting.workspace import Workspace
from attrib_cli.terminal.console import Console


@frozen
class OptionGroup:
    """Options that belong together: each field is an option of the command line with its default, or another group."""

    @classmethod
    def parameters(cls) -> tuple[inspect.Parameter, ...]:
        """Return the options as parameters of a command."""
        hints: Mapping[str, object] = get_type_hints(cls, include_extras=True)
        found: list[inspect.Parameter] = []
        for field in dataclasses.fields(cls):
            hint = hints[field.name]
            found += hint.parameters() if _is_group(hint) else [_parameter(field.name, hint, field.default)]
        return tuple(found)

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the group with what was typed for its options, by the names of `parameters`."""
        hints: Mapping[str, object] = get_type_hints(cls, include_extras=True)
        kinds = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
        return cls(**{name: kind.of(given) if _is_group(kind) else given[name] for name, kind in kinds.items()})


@frozen
class DataOptions(OptionGroup):
    """Where the tables and the configuration are."""

    data: o.Data = None
    config: o.ConfigPath = None
    demo: o.Demo = False
    no_cache: o.NoCache = False

    def workspace(self, console: Console, how: "RunOptions | None" = None) -> Workspace:
        """Return what these options come to: the configuration, data, definitions and sessions of a command."""
        return Workspace(
            console=console,
            data=self.data,
            config=self.config,
            demo=self.demo,
            cached=not self.no_cache,
            today=None if how is None else how.today,
            resources=Resources() if how is None else how.machine.resources(),
            partials=how.gathering.partials if isinstance(how, ComputingOptions) else None,
            engine=how.gathering.choice() if isinstance(how, ComputingOptions) else EngineChoice(name="duckdb"),
        )


@frozen
class RequestOptions(OptionGroup):
    """What is computed and what of it is shown: every field of a report but those of its output."""

    typed: Mapping[str, Typed]

    @classmethod
    def offered(cls) -> Sequence[ReportOption]:
        """Return the fields that can be typed."""
        names = {field.name for field in dataclasses.fields(ReportFields)}
        return [one for one in report_options().values() if one.name in names and one.option.panel != OUTPUT]

    @classmethod
    def parameters(cls) -> tuple[inspect.Parameter, ...]:
        """Return the options as parameters of a command."""
        return tuple(
            _parameter(one.name, Annotated[_typed_as(one), o.report_option(one.name)], None) for one in cls.offered()
        )

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the group with what was typed."""
        return cls(typed={one.name: cast(Typed, given[one.name]) for one in cls.offered()})

    def request(self, **more: str | None) -> ReportRequest:
        """Return what was typed, and `more` fields that were typed as other options; raises as `read` does."""
        return ReportRequest.of_values(self.read(**more))

    def read(self, **more: str | None) -> Mapping[str, object]:
        """Return what was typed, by field, as what it means, and `more` fields that were typed as other options.

        Raises UsageError, or an ErrorGroup of them, with the option in which something is wrong.
        """
        typed = {**self.typed, **more}
        values = read_options(typed)
        left_out = ReportRequest.of_values({"without": values.get("without")}).without or ()
        for name in left_out:
            if any(typed.get(one) is not None for one in with_companions((name,))):
                hint = "Give one or the other."
                raise UsageError(f"{name.replace('_', '-')} is typed beside it", hint=hint, place="--without")
        return values


def read_options(typed: Mapping[str, Typed]) -> Mapping[str, object]:
    """Return what was typed for fields of a report, by their names, as what it means.

    Raises UsageError, or an ErrorGroup of them, with the option in which something is wrong.
    """
    values: dict[str, object] = {}
    wrong: list[AttribError] = []
    for name, given in typed.items():
        try:
            values[name] = report_options()[name].read(given)
        except AttribError as error:
            wrong.append(error)
    if wrong:
        raise together(wrong)
    return values


@frozen
class OutputOptions(OptionGroup):
    """Where a report goes and as what."""

    format: o.OutputFormat = None
    output: o.Output = None
    excel_safe: o.ExcelSafe = False
    template: o.Template = None
    show_sql: o.ShowSql = False
    fail_on_empty: o.FailOnEmpty = False
    with_conversions: o.WithConversions = False


@frozen
class MachineOptions(OptionGroup):
    """What the engine may take of the machine."""

    memory: o.Memory = None
    threads: o.Threads = None
    temp_dir: o.TempDir = None

    def resources(self) -> Resources:
        """Return what was typed; raises UsageError for what is no size, no number, or no folder."""
        with at("--memory"):
            memory = None if self.memory is None else check_size(self.memory)
        if self.temp_dir is not None and not Path(self.temp_dir).is_dir():
            raise UsageError(f"there is no folder '{self.temp_dir}'", hint="Make it first.", place="--temp-dir")
        return Resources(memory=memory, threads=_number(self.threads, "threads"), temp_dir=self.temp_dir)


def _number(typed: str | None, what: str) -> int | None:
    if typed is not None and not re.fullmatch("0*[1-9][0-9]{0,3}", typed, re.ASCII):
        hint = "Write a whole number of at least 1."
        raise UsageError(f"'{typed}' is no number of {what}", hint=hint, place=f"--{what}")
    return None if typed is None else int(typed)


@frozen
class EngineOptions(OptionGroup):
    """Who gathers the journeys."""

    partials: o.Partials = None
    engine: o.Engine = None
    master: o.Master = None
    spark_remote: o.SparkRemote = None
    shards: o.Shards = None

    def choice(self) -> EngineChoice:
        """Return what was typed; raises UsageError for an engine there is not, and for what excludes one another."""
        name = None if self.engine is None else self.engine.strip().casefold()
        if name is not None and name not in ENGINES:
            hint = did_you_mean(name, ENGINES) or f"Engines: {', '.join(ENGINES)}."
            raise UsageError(f"there is no engine '{self.engine}'", hint=hint, place="--engine")
        if self.master is not None and self.spark_remote is not None:
            raise UsageError("it was given beside --master", hint="Give one or the other.", place="--spark-remote")
        if self.partials is not None and name not in (None, "duckdb"):
            hint = "Partials are put together here: leave out one of the two."
            raise UsageError("it was given beside --partials", hint=hint, place="--engine")
        return EngineChoice(
            name=name, master=self.master, remote=self.spark_remote, shards=_number(self.shards, "shards")
        )


@frozen
class RunOptions(OptionGroup):
    """How this run goes, which no definition keeps but its day."""

    today: o.Today = None
    quiet: o.Quiet = False
    verbose: o.Verbose = False
    debug: o.Debug = False
    machine: MachineOptions = MachineOptions()


@frozen
class ComputingOptions(RunOptions):
    """How a run that computes reports goes."""

    strict: o.Strict = False
    gathering: EngineOptions = EngineOptions()


def refuse_unused(typed: ReportRequest, names: Sequence[str], what: str) -> None:
    """Raise UsageError where an option was typed that `what` makes no use of; `names` are those of fields."""
    for name in names:
        if getattr(typed, name) is not None:
            flag = report_options()[name].option.flag
            raise UsageError(f"{what} makes no use of it", hint="Leave it out.", place=flag)


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with each parameter that is an `OptionGroup` replaced by the options in it, for Typer."""
    return _flattened(command, {})


def flattened_but(
    *, hidden: Sequence[str], helps: Mapping[str, str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what does as `flattened`, for a command whose help says nothing of `hidden` options, which it refuses.

    `helps` have the help of options that mean something else to the command than to a report.
    """
    changed: dict[str, dict[str, object]] = {name: {"hidden": True} for name in hidden}
    changed |= {name: {"help": text} for name, text in (helps or {}).items()}
    return partial(_flattened, changed=changed)


def _flattened(command: Callable[..., None], changed: Mapping[str, Mapping[str, object]]) -> Callable[..., None]:
    hints = get_type_hints(command, include_extras=True)
    del hints["return"]
    groups: dict[str, type[OptionGroup]] = {}
    grouped: set[str] = set()
    parameters: dict[str, inspect.Parameter] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        options: tuple[inspect.Parameter, ...] = (parameter.replace(annotation=kind),)
        if _is_group(kind):
            groups[parameter.name], options = kind, kind.parameters()
            grouped |= {one.name for one in options}
        for one in options:
            if one.name in parameters:
                raise TypeError(f"{command.__name__} has the option '{one.name}' twice")
            typed = _changed(one.annotation, changed[one.name]) if one.name in changed else one.annotation
            parameters[one.name] = one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=typed)

    def run(**given: object) -> None:
        whole = {name: group.of(given) for name, group in groups.items()}
        command(**{name: value for name, value in given.items() if name not in grouped}, **whole)

    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {}  # the signature has them, as types; Typer would take them apart a second time
    vars(run)["__signature__"] = inspect.Signature(list(parameters.values()))
    return run


def _changed(annotation: object, changes: Mapping[str, object]) -> object:
    """Return the type of an option with other help, or without any, than it has elsewhere."""
    kind, option = get_args(annotation)
    option = copy(option)
    vars(option).update(changes)
    return Annotated[kind, option]


def listed(values: list[str] | None) -> tuple[str, ...] | None:
    """Return what was typed as a list: repeated, or separated by commas; None where it was not typed."""
    if values is None:
        return None
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _is_group(kind: object) -> TypeGuard[type[OptionGroup]]:
    return isinstance(kind, type) and issubclass(kind, OptionGroup)


def _parameter(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _typed_as(one: ReportOption) -> object:
    """Return the type that Typer gives what is typed: true for a switch, a text, or several."""
    if one.option.metavar is None:
        return bool | None
    return str | None if one.option.several is None else list[str] | None
