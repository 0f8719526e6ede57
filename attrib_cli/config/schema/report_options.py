"""The fields of reports as options: found by their names, read from what was typed, and which go together."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import TypeAlias, get_args

from attrib_cli.config.schema.markers import Option, Reads, WrongValue
from attrib_cli.config.schema.report_fields import DATA_DRIVEN, SAVED
from attrib_cli.config.schema.report_sections import ReportEntry
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen

Typed: TypeAlias = bool | str | Sequence[str] | None
"""What is typed for an option: a switch, a text or several; None where it was not."""


@frozen
class ReportOption:
    """A field of a report that can be typed: `name` is that of the field, `key` the one in the configuration."""

    name: str
    key: str
    option: Option
    reads: Reads

    def read(self, typed: Typed) -> object:
        """Return what was typed as the value that it means, None where it was not; raises UsageError."""
        if typed is None or isinstance(typed, bool):
            return typed
        written = typed if isinstance(typed, str) else list(typed)
        if isinstance(written, list) and self.option.several == "commas":
            written = [part.strip() for one in written for part in one.split(",") if part.strip()]
        try:
            return self.reads.read(written)
        except WrongValue as error:
            raise UsageError(error.message, hint=error.hint, place=self.option.flag) from None


@functools.cache
def report_options() -> Mapping[str, ReportOption]:
    """Return every field of a saved report that is an option, by name, each right behind the one that it goes with."""
    found: dict[str, ReportOption] = {}
    for field in fields(ReportEntry):
        marks = tuple(_marks(field.type))
        option = next((mark for mark in marks if isinstance(mark, Option)), None)
        if option is not None:
            reads = next(mark for mark in marks if isinstance(mark, Reads))
            key = ReportEntry.key(field.name)
            found[field.name] = ReportOption(name=field.name, key=key, option=option, reads=reads)
    order = list(found)
    order.sort(key=lambda name: list(found).index(found[name].option.goes_with or name))
    return MappingProxyType({name: found[name] for name in order})


def _marks(hint: object) -> Iterator[object]:
    """Yield what a type is marked with, at any depth."""
    yield from getattr(hint, "__metadata__", ())
    for part in get_args(hint):
        yield from _marks(part)


@functools.cache
def left_out_options() -> tuple[str, ...]:
    """Return the names of the fields that a request can leave out of what it goes over."""
    return tuple(
        name
        for name, one in report_options().items()
        if one.option.goes_with is None and one.option.panel != SAVED and name != "without"
    )


def with_companions(names: Collection[str]) -> frozenset[str]:
    """Return `names` and the fields that go with any of them."""
    return frozenset(name for name, one in report_options().items() if name in names or one.option.goes_with in names)


@functools.cache
def of_data_driven_models() -> frozenset[str]:
    """Return the fields that mean nothing to models that are rules."""
    return frozenset(name for name, one in report_options().items() if one.option.panel == DATA_DRIVEN)
