"""The kinds of values that keys of `attrib.yaml` have, and what a mapping of known keys is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, TypeAlias

from attrib_cli.config.schema import names, parsers, report_parsers
from attrib_cli.config.schema.markers import Reads
from attrib_cli.engine import source_spec as sources
from attrib_cli.engine import spec
from attrib_cli.engine.comparisons import CATALOGUE as COMPARISONS
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.resources import ENGINES
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import PositionWeight


def _one_of(*words: str) -> dict[str, object]:
    """Return the schema of a few words in any case: an editor offers them as they are."""
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": f"^({'|'.join(map(_any_case, words))})$"}]}


def _any_case(word: str) -> str:
    """Return the pattern of a word in capitals or not."""
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in word)


_TEXT = {"type": "string"}
_SOME_TEXT = {"type": "string", "pattern": "\\S"}
_ANY_TEXT = {"type": ["string", "number", "boolean"]}
_SOME = {"type": ["string", "number", "boolean"], "pattern": "\\S"}
_TEXTS = {"anyOf": [_SOME, {"type": "array", "items": _SOME}]}
_PATTERNS = {"anyOf": [_ANY_TEXT, {"type": "array", "items": _ANY_TEXT, "minItems": 1}]}
_FILTER = {"type": "string", "pattern": "^\\s*[^=!~<>\\s][^=!~<>]*(![=~]|[=~<>])"}
_FILTERS = {"anyOf": [_FILTER, {"type": "array", "items": _FILTER}]}
_WEIGHT = {"type": "string", "pattern": "="}
_WEIGHTS = {"anyOf": [_WEIGHT, {"type": "array", "items": _WEIGHT, "minItems": 1}]}
_MEMORY = {"type": "string", "pattern": "^ *[0-9]+([.][0-9]+)? *([KMGTkmgt][Ii]?)?[Bb] *$"}
_DURATION = {"type": ["string", "number"], "pattern": "^[0-9.]*[1-9][0-9.]* *(h|d|w|hours?|days?|weeks?)?$"}
_HALF_LIFE = {"anyOf": [_DURATION, {"type": "string", "pattern": "^ *[0-9.]*[1-9][0-9.]* *% *$"}]}
_MONTHS = _one_of(*parsers.MONTHS, *(month[:3] for month in parsers.MONTHS))
_MONTH = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, _MONTHS]}
_SHARE = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "^[0-9.]+ *%?$"}]}
_PART = {"type": "number", "minimum": 0, "maximum": 10**6}
_YES_NO = {"anyOf": [{"type": "boolean"}, _one_of("yes", "no", "on", "off", "true", "false")]}
_COMPARED = "|".join(
    "[-_ ]".join(map(_any_case, name.split("-"))) for entry in COMPARISONS for name in {entry.name: 0, entry.short: 0}
)
_COMPARISON = {
    "anyOf": [
        {"enum": [entry.name for entry in COMPARISONS]},
        {"type": "string", "pattern": f"^\\s*({_COMPARED})\\s*$"},
    ]
}
_DELIMITER = {"type": ["string", "number"], "pattern": "^(.|\\t|[tT][aA][bB]|\\\\t)$"}

Text: TypeAlias = Annotated[str, Reads(parsers.text, _ANY_TEXT)]
Name: TypeAlias = Annotated[str, Reads(parsers.name, _SOME)]
Texts: TypeAlias = Annotated[tuple[str, ...], Reads(parsers.texts, _TEXTS)]
Names: TypeAlias = Annotated[tuple[str, ...], Reads(parsers.names, _TEXTS)]
Ignored: TypeAlias = Annotated[tuple[str, ...], Reads(parsers.ignored, _TEXTS)]
Weight: TypeAlias = Annotated[Decimal, Reads(parsers.weight, _PART)]
Rate: TypeAlias = Annotated[Decimal, Reads(parsers.rate, {"type": "number", "exclusiveMinimum": 0})]
Share: TypeAlias = Annotated[Decimal, Reads(parsers.part, _SHARE)]
CurrencyCode: TypeAlias = Annotated[str, Reads(parsers.currency, {"type": "string", "pattern": "^[A-Za-z]{3}$"})]
Duration: TypeAlias = Annotated[dt.timedelta, Reads(report_parsers.duration, _DURATION)]
HalfLife: TypeAlias = Annotated[dt.timedelta | Decimal, Reads(report_parsers.half_life, _HALF_LIFE)]
Kernel: TypeAlias = Annotated[
    Literal["equal", "decay"], Reads(parsers.choice("equal", "decay"), _one_of("equal", "decay"))
]
Won: TypeAlias = Annotated[Literal["all"], Reads(parsers.choice("all"), _one_of("all"))]
Collapse: TypeAlias = Annotated[spec.Collapse, Reads(parsers.choice(*spec.COLLAPSES), _one_of(*spec.COLLAPSES))]
Cycles: TypeAlias = Annotated[spec.Cycles, Reads(parsers.choice(*spec.CYCLES), _one_of(*spec.CYCLES))]
Compare: TypeAlias = Annotated[str, Reads(report_parsers.comparison, _COMPARISON)]
DecimalSign: TypeAlias = Annotated[Literal[".", ","], Reads(parsers.choice(".", ","), _one_of(".", ","))]
YesNo: TypeAlias = Annotated[bool, Reads(parsers.yes_no, _YES_NO)]
Port: TypeAlias = Annotated[int, Reads(parsers.port, {"type": "integer", "minimum": 1, "maximum": 65535})]
Address: TypeAlias = Annotated[str, Reads(parsers.address, _TEXT)]
Variable: TypeAlias = Annotated[
    str, Reads(parsers.variable, {"type": "string", "pattern": "^ *[A-Za-z_][A-Za-z0-9_]* *$"})
]
KeyringName: TypeAlias = Annotated[str, Reads(parsers.keyring_name, {**_SOME, "not": {"pattern": "://"}})]
ModelName: TypeAlias = Annotated[str, Reads(report_parsers.model_name, _TEXT)]
DimensionName: TypeAlias = Annotated[str, Reads(report_parsers.dimension_name, _TEXT)]
SavedName: TypeAlias = Annotated[str, Reads(names.saved_name, _TEXT)]
Visibility: TypeAlias = Annotated[
    str, Reads(names.visibility, {"type": "string", "pattern": "^(private|everyone|(users|teams): *\\S.*)$"})
]
Access: TypeAlias = Annotated[Literal["view", "edit"], Reads(parsers.choice("view", "edit"), _one_of("view", "edit"))]
Display: TypeAlias = Annotated[
    Literal["table", "line", "figure"],
    Reads(parsers.choice("table", "line", "figure"), _one_of("table", "line", "figure")),
]
Layout: TypeAlias = Annotated[Literal["long", "wide"], Reads(parsers.choice("long", "wide"), _one_of("long", "wide"))]
Day: TypeAlias = Annotated[
    str, Reads(report_parsers.day, {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$"})
]
Delimiter: TypeAlias = Annotated[str, Reads(parsers.delimiter, _DELIMITER)]
Encoding: TypeAlias = Annotated[str, Reads(parsers.encoding, _TEXT)]
DateFormat: TypeAlias = Annotated[
    str,
    Reads(parsers.date_format, {"anyOf": [{"type": "string", "pattern": "%"}, _one_of(*sources.SPREADSHEETS)]}),
]
HeaderLine: TypeAlias = Annotated[
    int,
    Reads(parsers.header_line, {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10000}, _one_of("auto")]}),
]
NumberForm: TypeAlias = Annotated[
    sources.NumberForm, Reads(parsers.choice("money", "percent"), _one_of("money", "percent"))
]
Scale: TypeAlias = Annotated[
    Decimal | sources.CurrencyScale,
    Reads(
        parsers.scale,
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _one_of(*parsers.SCALES, *sources.CURRENCY_SCALES)]},
    ),
]
MissingColumns: TypeAlias = Annotated[
    sources.MissingColumns, Reads(parsers.choice("refuse", "empty"), _one_of("refuse", "empty"))
]
"""What of columns that some files of a source lack."""

ShortRows: TypeAlias = Annotated[sources.ShortRows, Reads(parsers.choice("refuse", "fill"), _one_of("refuse", "fill"))]
Unmatched: TypeAlias = Annotated[sources.Unmatched, Reads(parsers.choice("keep", "empty"), _one_of("keep", "empty"))]
ChannelGroup: TypeAlias = Annotated[str, Reads(parsers.choice("ga4", "hubspot"), _one_of("ga4", "hubspot"))]
Patterns: TypeAlias = Annotated[tuple[str, ...], Reads(parsers.patterns, _PATTERNS)]
Separator: TypeAlias = Annotated[str, Reads(parsers.separator, _TEXT)]
SqlText: TypeAlias = Annotated[str, Reads(parsers.name, _SOME_TEXT)]
Size: TypeAlias = Annotated[int, Reads(parsers.size, {"type": ["string", "number"]})]
Memory: TypeAlias = Annotated[str, Reads(parsers.memory, _MEMORY)]
EngineName: TypeAlias = Annotated[str, Reads(parsers.choice(*ENGINES), _one_of(*ENGINES))]
Threads: TypeAlias = Annotated[int, Reads(parsers.whole_number, {"type": "integer", "minimum": 1})]
Version: TypeAlias = Annotated[int, Reads(parsers.version, {"const": parsers.VERSION})]
TimeZone: TypeAlias = Annotated[str, Reads(parsers.timezone, _TEXT)]
Weekday: TypeAlias = Annotated[int, Reads(parsers.weekday, _one_of(*parsers.WEEKDAYS))]
Month: TypeAlias = Annotated[int, Reads(parsers.month, _MONTH)]
ConversionName: TypeAlias = Annotated[str, Reads(report_parsers.conversion_name, _TEXT)]
ReportType: TypeAlias = Annotated[str, Reads(report_parsers.report_type, _TEXTS)]
Period: TypeAlias = Annotated[str, Reads(report_parsers.period, _ANY_TEXT)]
Filters: TypeAlias = Annotated[tuple[Filter, ...], Reads(report_parsers.filters, _FILTERS)]
PositionWeights: TypeAlias = Annotated[tuple[PositionWeight, ...], Reads(report_parsers.weights, _WEIGHTS)]
LeftOut: TypeAlias = Annotated[tuple[str, ...], Reads(report_parsers.left_out, _TEXTS)]
Measures: TypeAlias = Annotated[tuple[str, ...], Reads(report_parsers.measures, _TEXTS)]
Order: TypeAlias = Annotated[int, Reads(report_parsers.order, {"type": "integer", "minimum": 1, "maximum": 4})]
Game: TypeAlias = Annotated[spec.Game, Reads(report_parsers.game, _one_of(*spec.GAMES))]
Confidence: TypeAlias = Annotated[
    Decimal, Reads(report_parsers.confidence, {"type": ["string", "number"], "pattern": "^[0-9.]+ *%?$"})
]
Seed: TypeAlias = Annotated[int, Reads(parsers.whole_number, {"type": "integer", "minimum": 1})]
Limit: TypeAlias = Annotated[int, Reads(parsers.whole_number, {"type": "integer", "minimum": 1})]
SavedNames: TypeAlias = Annotated[tuple[str, ...], Reads(names.saved_names, _TEXTS)]


@frozen
class Keys:
    """A mapping of known keys. `heading` is its place in the file, `noun` is what its keys are called."""

    heading: ClassVar[str] = ""
    noun: ClassVar[str] = "key"
    written: ClassVar[Mapping[str, str]] = {}

    any_of: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls, heading: str, noun: str = "key", written: Mapping[str, str] | None = None, any_of: tuple[str, ...] = ()
    ) -> None:
        """Refuse keys that are not among the fields; `written` has those that Python has no word for.

        Of `any_of` an editor is told that one has to be there; the class itself refuses a mapping without.
        """
        cls.heading, cls.noun, cls.written, cls.any_of = heading, noun, written or {}, any_of

    @classmethod
    def key(cls, field: str) -> str:
        """Return a field's key in the file."""
        return cls.written.get(field, field)
