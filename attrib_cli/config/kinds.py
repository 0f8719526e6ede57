"""The kinds of values that keys of `attrib.yaml` have, and what a mapping of known keys is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, TypeAlias

from attrib_cli.config import names, reads, reads_reports
from attrib_cli.config.marks import Reads

_TEXT = {"type": "string"}
_ANY_TEXT = {"type": ["string", "number", "boolean"]}
_TEXTS = {"anyOf": [_ANY_TEXT, {"type": "array", "items": _ANY_TEXT}]}
_DURATION = {"type": ["string", "number"], "pattern": "^[0-9.]+ *(h|d|w|hours?|days?|weeks?)?$"}
_MONTH = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, {"enum": list(reads.MONTHS)}]}
_PART = {"type": "number", "minimum": 0, "maximum": 10**6}

Text: TypeAlias = Annotated[str, Reads(reads.text, _ANY_TEXT)]
Name: TypeAlias = Annotated[str, Reads(reads.name, _ANY_TEXT)]
Texts: TypeAlias = Annotated[tuple[str, ...], Reads(reads.texts, _TEXTS)]
Names: TypeAlias = Annotated[tuple[str, ...], Reads(reads.names, _TEXTS)]
Weight: TypeAlias = Annotated[Decimal, Reads(reads.weight, _PART)]
Rate: TypeAlias = Annotated[Decimal, Reads(reads.rate, {"type": "number", "exclusiveMinimum": 0})]
CurrencyCode: TypeAlias = Annotated[str, Reads(reads.currency, {"type": "string", "pattern": "^[A-Za-z]{3}$"})]
Duration: TypeAlias = Annotated[dt.timedelta, Reads(reads_reports.duration, _DURATION)]
Kernel: TypeAlias = Annotated[
    Literal["equal", "decay"], Reads(reads.choice("equal", "decay"), {"enum": ["equal", "decay"]})
]
Compare: TypeAlias = Annotated[
    Literal["previous-period", "previous-year"],
    Reads(reads.choice("previous-period", "previous-year"), {"enum": ["previous-period", "previous-year"]}),
]
DecimalSign: TypeAlias = Annotated[Literal[".", ","], Reads(reads.choice(".", ","), {"enum": [".", ","]})]
YesNo: TypeAlias = Annotated[bool, Reads(reads.yes_no, {"type": "boolean"})]
Port: TypeAlias = Annotated[int, Reads(reads.port, {"type": "integer", "minimum": 1, "maximum": 65535})]
Address: TypeAlias = Annotated[str, Reads(reads.address, _TEXT)]
ModelName: TypeAlias = Annotated[str, Reads(reads_reports.model_name, _TEXT)]
SavedName: TypeAlias = Annotated[str, Reads(names.saved_name, _TEXT)]
Visibility: TypeAlias = Annotated[
    str, Reads(names.visibility, {"type": "string", "pattern": "^(private|everyone|(users|teams): *\\S.*)$"})
]
Access: TypeAlias = Annotated[Literal["view", "edit"], Reads(reads.choice("view", "edit"), {"enum": ["view", "edit"]})]
Display: TypeAlias = Annotated[
    Literal["table", "line", "figure"],
    Reads(reads.choice("table", "line", "figure"), {"enum": ["table", "line", "figure"]}),
]
Day: TypeAlias = Annotated[
    str, Reads(reads_reports.day, {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$"})
]
Delimiter: TypeAlias = Annotated[str, Reads(reads.delimiter, _TEXT)]
Encoding: TypeAlias = Annotated[str, Reads(reads.encoding, _TEXT)]
DateFormat: TypeAlias = Annotated[str, Reads(reads.date_format, _TEXT)]
Size: TypeAlias = Annotated[int, Reads(reads.size, {"type": ["string", "number"]})]
Version: TypeAlias = Annotated[int, Reads(reads.version, {"const": reads.VERSION})]
TimeZone: TypeAlias = Annotated[str, Reads(reads.timezone, _TEXT)]
Weekday: TypeAlias = Annotated[int, Reads(reads.weekday, {"enum": list(reads.WEEKDAYS)})]
Month: TypeAlias = Annotated[int, Reads(reads.month, _MONTH)]
ReportType: TypeAlias = Annotated[str, Reads(reads_reports.report_type, _TEXT)]
Period: TypeAlias = Annotated[str, Reads(reads_reports.period, _ANY_TEXT)]
LeftOut: TypeAlias = Annotated[tuple[str, ...], Reads(reads_reports.left_out, _TEXTS)]
Measures: TypeAlias = Annotated[tuple[str, ...], Reads(reads_reports.measures, _TEXTS)]
Limit: TypeAlias = Annotated[int, Reads(reads.whole_number, {"type": "integer", "minimum": 1})]
SavedNames: TypeAlias = Annotated[tuple[str, ...], Reads(names.saved_names, _TEXTS)]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """A mapping of known keys. `heading` is its place in the file, `noun` is what its keys are called."""

    heading: ClassVar[str] = ""
    noun: ClassVar[str] = "key"
    written: ClassVar[Mapping[str, str]] = {}
    __pydantic_config__: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls, heading: str, noun: str = "key", written: Mapping[str, str] | None = None) -> None:
        """Refuse keys that are not among the fields; `written` has those that Python has no word for."""
        cls.heading, cls.noun, cls.written = heading, noun, written or {}
        cls.__pydantic_config__ = {"extra": "forbid", "alias_generator": cls.key}

    @classmethod
    def key(cls, field: str) -> str:
        """Return a field's key in the file."""
        return cls.written.get(field, field)
