"""Where a command finds what it works on: the configuration, the tables, the saved definitions, the day."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableName
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.terminal.console import Console

if TYPE_CHECKING:
    from attrib_cli.config.load import Config


@frozen
class DataContext:
    """What a command works on: the tables, the settings that hold for them, and what the configuration prefers."""

    sources: SourceMap
    settings: Settings
    preferred: ReportRequest
    config: Config | None


def demo_folder() -> Path:
    """The folder of the example data: packaged with the program, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "demo"
    return packaged if packaged.is_dir() else package.parent / "examples"


def data_context_of(
    console: Console, config: Config | None, data: list[str] | None = None, *, touchpoints_needed: bool = True
) -> DataContext:
    """Return the tables and what holds for them: folders that were typed, else the sources of the configuration.

    Files of touchpoints may be missing unless they are needed. Raises UsageError where nothing says where the data are,
    ConfigError and SourceError.
    """
    sources = _find_sources(console, data or [], config, touchpoints_needed=touchpoints_needed)
    preferred = ReportRequest.of(config.defaults) if config else ReportRequest()
    return DataContext(sources=sources, settings=settings_of(config), preferred=preferred, config=config)


def settings_of(config: Config | None) -> Settings:
    """Return the settings of a configuration, the program's own without one."""
    return config.settings if config else Settings()


def find_config(console: Console, given: Path | None) -> Config | None:
    """Read the configuration that is given, else the one that is found; None where there is none."""
    from attrib_cli.config import find

    path = given if given is not None else find.find_config(Path.cwd(), console.environ)
    if path is None:
        return None
    from attrib_cli.config.load import load_config

    return load_config(path)


def _find_sources(console: Console, data: list[str], config: Config | None, *, touchpoints_needed: bool) -> SourceMap:
    from attrib_cli.engine.sources import discover, spool_stdin

    folders = [name for name in data if name != "-"]
    if len(folders) > 1:
        raise UsageError(
            f"{len(folders)} folders were given",
            hint="Give one; a configuration can name many files.",
            place="--data",
        )
    piped = "-" in data
    if folders:
        own = [one.table for one in settings_of(config).conversions]
        found = discover(Path(folders[0]), touchpoints=not piped, needed=touchpoints_needed, conversions=own)
    elif config is not None and (config.sources or config.conversions):
        from attrib_cli.config.table_sources import config_sources

        optional: tuple[TableName, ...] = () if touchpoints_needed else ("touchpoints",)
        found = config_sources(config, optional=optional)
    elif piped:
        found = SourceMap(tables={})
    else:
        raise UsageError(
            "nothing says where the data are",
            hint="Give --data DIR, write an attrib.yaml, or try `attrib report --demo`.",
        )
    if not piped:
        return found
    if console.stdin is None:
        raise UsageError("standard input is closed, but --data - reads it", hint="Pipe touchpoints in.")
    piped_in = spool_stdin(cast(BinaryIO, console.stdin.buffer))
    return dataclasses.replace(found, tables={**found.tables, "touchpoints": piped_in})


def reference_date(console: Console, typed: str | None, settings: Settings) -> dt.date:
    """Return the day that periods count from: as typed, else $ATTRIB_TODAY, else today in the data's time zone."""
    from attrib_cli.engine.periods import parse_day

    return console.today(settings.timezone) if typed is None else parse_day(typed)
