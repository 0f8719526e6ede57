"""The configuration as the program uses it: sources, settings, defaults, and the line that each came from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from attrib_cli.config.migrations import upgraded
from attrib_cli.config.schema.sections import (
    CheckEntry,
    ConversionEntry,
    Defaults,
    Exclude,
    File,
    ModelEntry,
    Notifications,
    ResourcesEntry,
    SourceEntry,
    Sources,
    WarnBelowEntry,
    Weights,
)
from attrib_cli.config.validate import check_text
from attrib_cli.config.yaml_text import Document, dotted, read_document, read_text
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.resources import EngineChoice, Resources
from attrib_cli.engine.settings import ConversionTable, CustomModel, Settings, ValueGroup, ValueGroups, WarnBelow
from attrib_cli.engine.source_spec import ALL_TABLES, TableName

Value = TypeVar("Value")


@frozen
class Config:
    """One `attrib.yaml`, checked.

    `text` is what was read, in the newest form. `sources` go by table, `conversions` by their name; their paths are
    relative to the folder of `path`, which is absolute.

    `places` has ``attrib.yaml:12`` for the dotted path of every key and list item in the
    file: ``models.custom.rest``, ``defaults.where[0]`` (items count from 0), ``models."our model"`` (quotes where a
    key is not a plain word).
    """

    path: Path
    text: str
    sources: Mapping[TableName, SourceEntry]
    conversions: Mapping[str, ConversionEntry]
    settings: Settings
    defaults: Defaults
    notifications: Notifications
    resources: Resources
    engine: EngineChoice
    ignored_findings: tuple[str, ...]
    places: Mapping[str, str]

    def place(self, key: str) -> str:
        """Return ``attrib.yaml:12`` of a key, or of the nearest one above it that was written, or the file alone."""
        while key and key not in self.places:
            key = re.sub(r"(^|\.|\[)[^.\[]*$", "", key)
        return self.places.get(key) or str(self.path)


def load_config(path: Path) -> Config:
    """Read and check a configuration; saved entries that are wrong in themselves are said when they are used.

    One problem raises `ConfigError`, several an `ErrorGroup` of `ConfigError`s, each with file, line and hint. The
    file is named relative to the working directory where it is inside it, in full otherwise.
    """
    whole = path.absolute()
    name = str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
    text = upgraded(read_text(whole, name), name)
    document = read_document(text, name)
    file = check_text(text, name, types_elsewhere=False).file
    written = file.sources or Sources()
    entries = {table: entry for table, entry in _entries(written) if entry is not None}
    return Config(
        path=whole,
        text=text,
        sources=MappingProxyType(entries),
        conversions=MappingProxyType(dict(file.conversions or {})),
        settings=_settings(file, document),
        defaults=file.defaults or Defaults(),
        notifications=file.notifications or Notifications(),
        resources=_resources(file.resources or ResourcesEntry(), whole.parent),
        engine=_engine(file.resources or ResourcesEntry()),
        ignored_findings=(file.check or CheckEntry()).ignore or (),
        places=MappingProxyType({dotted(key): document.place(key) for key in document.lines}),
    )


def _entries(sources: Sources) -> Iterator[tuple[TableName, SourceEntry | None]]:
    by_name: Mapping[str, SourceEntry | None] = vars(sources)
    for table in ALL_TABLES:
        yield table, by_name[table]


def _settings(file: File, document: Document) -> Settings:
    """Return what holds for every report: what was written, else the program's own.

    A key that is called like a setting is that setting; only those are named here that are written in another form.
    """
    own, exclude = Settings(), file.exclude or Exclude()
    names = {field.name for field in dataclasses.fields(Settings)} & {*vars(file)}
    written = {name: value for name, value in vars(file).items() if name in names and value is not None}
    return dataclasses.replace(
        Settings(**written),
        exclude_asset_types=_or(exclude.asset_types, own.exclude_asset_types),
        exclude_interaction_types=_or(exclude.interaction_types, own.exclude_interaction_types),
        exchange_rates=MappingProxyType(dict(file.exchange_rates or {})),
        models=custom_models(file, document),
        groups=_groups(file, document),
        conversions=custom_conversions(file, document),
        all_won=file.won is not None,
        warn_below=_warn_below(file.warn_below or WarnBelowEntry()),
    )


def _warn_below(written: WarnBelowEntry) -> WarnBelow:
    own = WarnBelow()
    return WarnBelow(
        contacts=_or(written.contacts, own.contacts),
        touchpoints=_or(written.touchpoints, own.touchpoints),
        deals=_or(written.deals, own.deals),
        campaigns=_or(written.campaigns, own.campaigns),
    )


def custom_conversions(file: File, document: Document) -> tuple[ConversionTable, ...]:
    """Return the kinds of conversions that a file defines, each with its line."""
    return tuple(
        ConversionTable(
            name=name,
            of="deal" if entry.parts[0].contact_id is None else "contact",
            valued=any(part.conversion_value is not None for part in entry.parts),
            description=_or(entry.description, ""),
            place=document.place(("conversions", name)),
        )
        for name, entry in (file.conversions or {}).items()
    )


def custom_models(file: File, document: Document) -> tuple[CustomModel, ...]:
    """Return the models that a file defines, each with its line."""
    return tuple(_model(name, entry, document.place(("models", name))) for name, entry in (file.models or {}).items())


def _groups(file: File, document: Document) -> tuple[ValueGroups, ...]:
    return tuple(
        ValueGroups(
            name=name,
            of=entry.of,
            groups=tuple(ValueGroup(name=group, patterns=patterns) for group, patterns in entry.values.items()),
            otherwise=entry.otherwise,
            place=document.place(("groups", name)),
        )
        for name, entry in (file.groups or {}).items()
    )


def _model(name: str, entry: ModelEntry, place: str) -> CustomModel:
    weights: Mapping[str, Decimal | None] = vars(entry.weights or Weights())
    return CustomModel(
        name=name,
        weights=MappingProxyType({p: weight for p in POSITIONS if (weight := weights[p]) is not None}),
        rest=_or(entry.rest, Decimal(0)),
        kernel=_or(entry.kernel, "equal"),
        half_life=entry.half_life,
        description=_or(entry.description, ""),
        place=place,
    )


def _resources(written: ResourcesEntry, folder: Path) -> Resources:
    temp_dir = None if written.temp_dir is None else str(folder / written.temp_dir)
    return Resources(memory=written.memory, threads=written.threads, temp_dir=temp_dir)


def _engine(written: ResourcesEntry) -> EngineChoice:
    return EngineChoice(name=written.engine, master=written.master, remote=written.spark_remote, shards=written.shards)


def _or(value: Value | None, otherwise: Value) -> Value:
    return otherwise if value is None else value
