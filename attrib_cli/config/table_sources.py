"""From the sources of a configuration to files: globs expanded, rules put in their order, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from attrib_cli.config.load import Config
from attrib_cli.config.schema.conversion_sections import ConversionEntry, ConversionRows
from attrib_cli.config.schema.source_sections import (
    ChannelRuleEntry,
    ChannelsEntry,
    ColumnEntry,
    LookupEntry,
    OneRow,
    SourceEntry,
    SourceFiles,
    SourcePart,
)
from attrib_cli.config.yaml_text import KeyPath, dotted
from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup, SourceError, together
from attrib_cli.engine.source_spec import (
    CHANNEL_FIELDS,
    PATHS,
    Bounds,
    ChannelRule,
    Channels,
    ColumnRule,
    Lookup,
    Preparation,
    Query,
    RowChoice,
    SourceMap,
    TableName,
    TableSource,
)


def config_sources(config: Config, *, optional: Collection[TableName] = ()) -> SourceMap:
    """Return the tables that a configuration names, their globs and folders expanded to files.

    An `optional` table without files is left out. Raises `SourceError` for one that has no files or unknown formats, an
    `ErrorGroup` for several.
    """
    tables: dict[str, TableSource] = {}
    problems: list[AttribError] = []
    for table, made in _all_sources(config):
        try:
            tables[table] = made()
        except ErrorGroup as group:
            problems += group.errors
        except SourceError as error:
            problems += [] if table in optional else [error]
        except AttribError as error:
            problems.append(error)
    if problems:
        raise together(problems)
    return SourceMap(tables=MappingProxyType(tables), place=config.place("sources"))


def _all_sources(config: Config) -> Iterator[tuple[TableName, Callable[[], TableSource]]]:
    """Yield every table of a configuration, with what makes its source."""
    for table, entry in config.sources.items():
        if table == PATHS:
            yield from ((made, partial(_of_paths, config, entry, made)) for made in ("touchpoints", "deals"))
        else:
            yield table, partial(_source, config, table, entry, ("sources", table))
    for one in config.settings.conversions:
        yield one.table, partial(_conversions, config, one.table, config.conversions[one.name], one.name)


def _of_paths(config: Config, entry: SourceEntry, table: TableName) -> TableSource:
    """Return a table that the rows of `paths` make up; raises ConfigError where another source is written for it."""
    from attrib_cli.engine.sources.path_files import path_sources

    if table in config.sources:
        raise ConfigError(
            f"sources.{table}: {table} come from `paths` already",
            place=config.place(f"sources.{table}"),
            hint=f"Delete it, or `{PATHS}`.",
        )
    inner = _source(config, PATHS, entry, ("sources", PATHS))
    if entry.separator is not None:
        inner = replace(inner, separator=entry.separator)
    return path_sources(inner)[table]


def _conversions(config: Config, table: TableName, entry: ConversionEntry, name: str) -> TableSource:
    """Return the table of a kind of conversion of the configuration."""
    path = ("conversions", name)
    if not entry.union:
        return _conversion_rows(config, table, entry, path)
    parts = (_conversion_rows(config, table, part, (*path, "union", i)) for i, part in enumerate(entry.union))
    return _prepared(config, table, entry, path, _united(tuple(parts)), {})


def _conversion_rows(config: Config, table: TableName, entry: ConversionRows, path: KeyPath) -> TableSource:
    rules = {
        column: _rule(config, table, written, (*path, entry.key(column))) for column, written in entry.columns().items()
    }
    return _with_rules(config, table, entry, path, rules)


def _source(config: Config, table: TableName, entry: SourcePart, path: KeyPath) -> TableSource:
    """Return one source of a table: its files as they are where no rule needs more, else prepared."""
    rules = {
        name: _rule(config, table, column, (*path, "columns", name)) for name, column in (entry.columns or {}).items()
    }
    if entry.channels is not None:
        rules["channel"] = _channels(config, table, entry.channels, (*path, "channels"))
    return _with_rules(config, table, entry, path, rules)


def _with_rules(
    config: Config, table: TableName, entry: SourceFiles, path: KeyPath, rules: Mapping[str, ColumnRule]
) -> TableSource:
    """Return the files of a table as they are where no rule needs more, else prepared."""
    plain = {name: rule.headers[0] for name, rule in rules.items() if rule == _plain(rule)}
    union = entry.union if isinstance(entry, SourceEntry) and entry.union else ()
    inputs: tuple[TableSource, ...] = ()
    if union:
        inputs = _united(tuple(_source(config, table, part, (*path, "union", i)) for i, part in enumerate(union)))
    elif len(plain) == len(rules) and not _needs_preparing(entry):
        return _files(config, table, entry, path, plain)
    elif entry.sql is None:
        inputs = (_files(config, table, entry, path, {}),)
    return _prepared(config, table, entry, path, inputs, rules)


def _united(sources: tuple[TableSource, ...]) -> tuple[TableSource, ...]:
    """Return the sources of one table so that their rows can be put below each other."""
    _refuse_lakes(sources)
    return tuple(one if one.format == "prepared" else _as_prepared(one) for one in sources)


def _channels(config: Config, table: TableName, entry: ChannelsEntry, path: KeyPath) -> ColumnRule:
    """Return the rule of the column `channel`; raises ConfigError for a table that has none."""
    from attrib_cli.engine.sources.channel_groups import GROUPS

    place = config.place(dotted(path))
    if table != "touchpoints":
        raise ConfigError(f"{dotted(path)}: only touchpoints have channels", place=place, hint="Delete it.")
    own = (ChannelRule(channel=rule.channel, patterns=MappingProxyType(_patterns(rule))) for rule in entry.rules or ())
    built_in = GROUPS[entry.group] if entry.group is not None else ()
    channels = Channels(fields=MappingProxyType(_fields(entry)), rules=(*own, *built_in), otherwise=entry.otherwise)
    return ColumnRule(channels=channels, place=place)


def _fields(entry: ChannelsEntry) -> dict[str, str]:
    written: Mapping[str, str | None] = {name: getattr(entry, name) for name in CHANNEL_FIELDS}
    return {name: column for name, column in written.items() if column is not None}


def _patterns(entry: ChannelRuleEntry) -> dict[str, tuple[str, ...]]:
    written: Mapping[str, tuple[str, ...] | None] = {name: getattr(entry, name) for name in CHANNEL_FIELDS}
    return {name: patterns for name, patterns in written.items() if patterns is not None}


def _needs_preparing(entry: SourceFiles) -> bool:
    """Whether anything is to be done to the rows of files but to read them."""
    chosen = entry.latest or entry.earliest or entry.repeats
    return bool(entry.sql or entry.where or chosen or entry.missing or entry.timezone)


def _lookup(config: Config, table: TableName, entry: LookupEntry, path: KeyPath) -> Lookup:
    inputs = () if entry.sql is not None else (_files(config, table, entry, path, {}),)
    return Lookup(
        source=_prepared(config, table, entry, path, inputs, {}),
        key=entry.known_as,
        value=entry.value,
        also=MappingProxyType(dict(entry.also or {})),
        at=entry.at,
        first=entry.first,
        last=entry.last,
        unmatched=entry.unmatched or "keep",
    )


def _prepared(
    config: Config,
    table: TableName,
    entry: SourceFiles,
    path: KeyPath,
    inputs: tuple[TableSource, ...],
    rules: Mapping[str, ColumnRule],
) -> TableSource:
    """Return a source whose rows come from `inputs`, or from the query that it has, and are then prepared."""
    _refuse_lakes(inputs)
    query = None if entry.sql is None else _query(config, table, entry.sql, (*path, "sql"))
    done = Preparation(
        inputs=inputs,
        query=query,
        where=entry.where or (),
        where_place=config.place(dotted((*path, "where"))),
        choice=_choice(config, entry, path),
        columns=MappingProxyType(dict(rules)),
    )
    lookups = tuple(rule.lookup.source for rule in rules.values() if rule.lookup is not None)
    return TableSource(
        table=table,
        paths=_paths(config, (*inputs, *lookups), query),
        format="prepared",
        date_format=entry.date_format,
        decimal=entry.decimal,
        timezone=entry.timezone,
        missing=entry.missing or (),
        place=config.place(dotted(path)),
        preparation=done,
    )


def _refuse_lakes(inputs: Sequence[TableSource]) -> None:
    """Raise SourceError for tables that Spark reads, which no rules are applied to here."""
    for one in inputs:
        if one.format == "spark":
            raise SourceError(
                "a table that Spark reads takes no rules but the headers of its columns",
                place=one.place,
                hint="Make a view of it in Spark, and read that.",
            )


def _paths(config: Config, inputs: Sequence[TableSource], query: Query | None) -> tuple[str, ...]:
    """Return every file that a source reads, each once; of a query that reads none, the configuration."""
    read = [*inputs, *(query.files.values() if query is not None else ())]
    return tuple(dict.fromkeys(file for one in read for file in one.paths)) or (str(config.path),)


def _query(config: Config, table: TableName, text: str, path: KeyPath) -> Query:
    """Return a query with the files that it names; raises ConfigError, with its line, for what is not one SELECT."""
    from attrib_cli.engine.sources import expand
    from attrib_cli.engine.sources.prepared.query import files_named

    place = config.place(dotted(path))
    name, _, line = place.rpartition(":")
    first = int(line) + (_begins_below(config, int(line)))
    files = {}
    for named in files_named(text, name, first):
        file, member, sheet = _inside(config.path.parent, named)
        files[named] = expand(table, file, base=config.path.parent, place=place, member=member, sheet=sheet)
    return Query(text=text, files=MappingProxyType(files), config=name, first_line=first)


_PACKED = re.compile(r"(?i)(.+?\.(?:zip|xlsx))/(.+?\.xlsx(?=/)|.+)(?:/(.+))?")
"""What a query calls a member of a zip, a sheet of a workbook, or of one in a zip: ``exports.zip/book.xlsx/Deals``."""


def _inside(base: Path, named: str) -> tuple[str, str | None, str | None]:
    """Return the file that a query names, the member of a zip and the sheet of a workbook; None for none."""
    packed = _PACKED.fullmatch(named)
    if packed is None or (base / named).exists() or not (base / packed[1]).is_file():
        return named, None, None
    if packed[1].casefold().endswith(".xlsx"):
        return packed[1], None, packed[2] if packed[3] is None else f"{packed[2]}/{packed[3]}"
    return packed[1], packed[2], packed[3]


def _begins_below(config: Config, line: int) -> bool:
    """Whether the text of the key on a line begins on the next one, as it does behind ``|``."""
    return re.search(r":\s*[|>][0-9+-]*\s*(#.*)?$", config.text.splitlines()[line - 1]) is not None


def _files(
    config: Config, table: TableName, entry: SourceFiles, path: KeyPath, columns: Mapping[str, str]
) -> TableSource:
    """Return the files that a source names, and how they are read.

    Raises ConfigError for a key that files of their format make no use of.
    """
    from attrib_cli.engine.sources import expand
    from attrib_cli.engine.sources.discover import idle_key

    found = expand(
        table,
        entry.path or "",
        base=config.path.parent,
        columns=columns,
        delimiter=entry.delimiter,
        encoding=entry.encoding,
        date_format=entry.date_format,
        decimal=entry.decimal,
        place=config.place(dotted(path)),
        bounds=Bounds(
            header_line=entry.header_line,
            total_rows=entry.total_rows or (),
            footer=entry.footer or (),
            ends_at_blank=bool(entry.ends_at_blank),
            short_rows=entry.short_rows or "refuse",
        ),
        missing_columns=entry.missing_columns or "refuse",
        member=entry.member,
        sheet=entry.sheet,
    )
    if (idle := idle_key(found)) is not None:
        key, why = idle
        written = dotted((*path, key))
        said = f"{written}: `{key}` is of no use here: {why}"
        raise ConfigError(said, place=config.place(written), hint=f"Delete `{key}`.")
    return found


def _as_prepared(source: TableSource) -> TableSource:
    """Return files that need no rules of their own as one of several sources."""
    return TableSource(
        table=source.table,
        paths=source.paths,
        format="prepared",
        date_format=source.date_format,
        decimal=source.decimal,
        place=source.place,
        preparation=Preparation(
            inputs=(replace(source, columns=MappingProxyType({})),),
            columns=MappingProxyType(
                {name: ColumnRule(headers=(header,), place=source.place) for name, header in source.columns.items()}
            ),
        ),
    )


def _plain(rule: ColumnRule) -> ColumnRule:
    """Return the rule that only names a header."""
    return ColumnRule(headers=rule.headers[:1] or ("",), place=rule.place)


def _rule(config: Config, table: TableName, entry: ColumnEntry, path: KeyPath) -> ColumnRule:
    return ColumnRule(
        headers=entry.header or (),
        row_number=bool(entry.row_number),
        split=entry.split,
        join=entry.join,
        missing=entry.missing or (),
        url=entry.url,
        trim=bool(entry.trim),
        lower=bool(entry.lower),
        values=MappingProxyType(dict(entry.map or {})),
        otherwise=entry.otherwise,
        value=entry.value,
        time=entry.time,
        end_of_day=bool(entry.end_of_day),
        lookup=None if entry.lookup is None else _lookup(config, table, entry.lookup, (*path, "lookup")),
        number=entry.number,
        scale=entry.scale,
        minus=entry.minus or (),
        date_format=entry.date_format,
        timezone=entry.timezone,
        zone_names=bool(entry.zone_names),
        decimal=entry.decimal,
        place=config.place(dotted(path)),
    )


_CHOICES: tuple[Literal["latest", "earliest", "repeats"], ...] = ("latest", "earliest", "repeats")


def _choice(config: Config, entry: SourceFiles, path: KeyPath) -> RowChoice | None:
    written: Mapping[str, OneRow | None] = {which: getattr(entry, which) for which in _CHOICES}
    for which in _CHOICES:
        found = written[which]
        if found is not None:
            return RowChoice(which=which, of=found.of, by=found.by, place=config.place(dotted((*path, which))))
    return None
