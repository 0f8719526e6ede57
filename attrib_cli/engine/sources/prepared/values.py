"""The value of a column by its rule, as SQL: one small function for each step, in the order of `ColumnRule`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrib_cli.engine.patterns import regular_expression
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import CHANNEL_FIELDS, Channels, ColumnRule
from attrib_cli.engine.sources.parse import ZONED_MIDNIGHT
from attrib_cli.engine.sources.prepared.rows import column

_BLANKS = "' \t\r\n\u00a0\u202f'"
_SIGNS = r"(?:US|CA|AU|NZ|HK|[ACRS])?\p{Sc}|\b[A-Z]{3}\b|\bkr\b\.?|zł|Kč|\bFt\b"
"""What stands for a currency in an amount: signs of currencies, their three letters, and some that have neither."""

_MINUS = (("−", "-"), (r"^\(\s*(.*?)\s*\)$", r"-\1"), (r"^(.*\d)\s*-$", r"-\1"), (r"^([+-])\s+", r"\1"))
"""The ways of writing that an amount is negative, each with the one way that is left of it."""

_APOSTROPHES = r"['’](\d{3})"
"""What parts thousands in Switzerland: ``12'345.60``."""

ZONES = {
    **{"EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00"},
    **{"PST": "-08:00", "PDT": "-07:00", "AKST": "-09:00", "AKDT": "-08:00", "HST": "-10:00"},
    **{"WET": "+00:00", "WEST": "+01:00", "CET": "+01:00", "CEST": "+02:00", "EET": "+02:00", "EEST": "+03:00"},
    **{"BST": "+01:00", "MSK": "+03:00", "JST": "+09:00", "AEST": "+10:00", "AEDT": "+11:00"},
}
"""The offsets of zones that are named by letters in exports, as their names say them (RFC 2822 and Europe's)."""

_FIRST_DAY = r"^(1899-12-3[01]|1900-01-0[01]|1970-01-01)[T ]"

_ZONED = r"^(.*\d(?: ?[AaPp]\.?[Mm]\.?)?) +\(?([A-Z]{3,4}|[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+)\)?$"


def filled(text: str) -> str:
    """Return SQL for text without the blanks around it, NULL where nothing is left."""
    return f"nullif(trim({text}, {_BLANKS}), '')"


def missing(text: str, markers: Sequence[str]) -> str:
    """Return SQL for text that is NULL where it is one of `markers`, without case and blanks around it."""
    if not markers:
        return text
    listed = ", ".join(literal(marker.strip().lower()) for marker in dict.fromkeys(markers))
    return f"CASE WHEN lower(trim({text}, {_BLANKS})) NOT IN ({listed}) THEN {text} END"


def picked(rule: ColumnRule, known: Sequence[str], markers: Sequence[str]) -> str:
    """Return SQL for the text of the first header of a rule that is filled; raises SourceError for unknown ones."""
    named = [identifier(column(name, known, place=rule.place, what="`header`")) for name in rule.headers]
    every = (*markers, *(rule.missing if rule.split is None else ()))
    texts = [missing(name, every) for name in named]
    if not texts:
        return "CAST(NULL AS VARCHAR)"
    if len(texts) == 1:
        return texts[0]
    return f"coalesce({', '.join(f'CASE WHEN {filled(text)} IS NOT NULL THEN {text} END' for text in texts)})"


def items(text: str, separator: str) -> str:
    """Return SQL for the items of a list in a text, JSON or with a separator, a single NULL where there is none."""
    split = f"string_split({text}, {literal(separator)})"
    json = f"CAST(json_extract_string({text}, '$[*]') AS VARCHAR[])"
    either = f"CASE WHEN trim({text}) LIKE '[%' AND json_valid({text}) THEN {json} ELSE {split} END"
    kept = f"list_filter({either}, lambda x: {filled('x')} IS NOT NULL)"
    trimmed = f"list_transform({kept}, lambda x: trim(x, {_BLANKS}))"
    return f"CASE WHEN len({trimmed}) > 0 THEN {trimmed} ELSE [CAST(NULL AS VARCHAR)] END"


def value(rule: ColumnRule, text: str, time: str | None = None) -> str:
    """Return SQL for the value of a column as text, all steps behind the choice of a header and `split` taken.

    `time` is the SQL of the text of the time of day that the rule names.
    """
    if rule.join is not None:
        text = _joined(text, rule.join)
    if rule.split is not None:
        text = missing(text, rule.missing)
    if rule.url is not None:
        text = _part_of_url(text, rule.url)
    if rule.trim:
        text = filled(text)
    if rule.lower:
        text = f"lower({text})"
    if rule.values:
        text = _mapped(text, rule.values, rule.otherwise)
    if rule.value is not None:
        text = f"coalesce(CASE WHEN {filled(text)} IS NOT NULL THEN {text} END, {literal(rule.value)})"
        if not rule.headers:
            text = f"CAST({literal(rule.value)} AS VARCHAR)"
    if time is not None:
        text = _at_time(text, time)
    if rule.number is not None:
        text = _bare_number(text, rule.number)
    if rule.zone_names:
        text = _with_offset(text)
    return text


def channel(channels: Channels, known: Sequence[str], place: str | None) -> str:
    """Return SQL for the channel of a row: that of the first rule that holds."""
    texts = {}
    for name in CHANNEL_FIELDS:
        text = "''"
        if name in channels.fields:
            text = identifier(column(channels.fields[name], known, place=place, what="`channels`"))
            text = _part_of_url(text, "host") if name == "referrer" else text
            text = f"coalesce(lower({filled(text)}), '')"
        texts[name] = text
    whens = []
    for rule in channels.rules:
        conditions = [
            f"regexp_full_match({texts[name]}, {literal(regular_expression(patterns))})"
            for name, patterns in rule.patterns.items()
        ]
        whens.append(f"WHEN {' AND '.join(conditions) or 'true'} THEN {literal(rule.channel)}")
    otherwise = "NULL" if channels.otherwise is None else literal(channels.otherwise)
    return f"CASE {' '.join(whens)} ELSE {otherwise} END"


def time_of_day(rule: ColumnRule, known: Sequence[str], markers: Sequence[str]) -> str | None:
    """Return SQL for the text of the time of day that a rule names, NULL where nothing is there; None for no rule."""
    if rule.time is None:
        return None
    text = identifier(column(rule.time, known, place=rule.place, what="`time`"))
    return filled(missing(text, (*markers, *rule.missing)))


def currency_sign(text: str) -> str:
    """Return SQL for what stands for a currency in an amount, NULL where nothing does."""
    return f"nullif(regexp_extract({text}, {literal(_SIGNS)}), '')"


def _part_of_url(text: str, part: str) -> str:
    if part.casefold() == "host":
        pattern = r"(?i)^\s*(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/:?#\s]+)"
        return f"lower(nullif(regexp_extract({text}, {literal(pattern)}, 1), ''))"
    if part.casefold() == "path":
        pattern = r"(?i)^\s*(?:(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*|[^/?#]*\.[^/?#]*)?([^?#\s]*)"
        return f"nullif(url_decode(regexp_extract({text}, {literal(pattern)}, 1)), '')"
    escaped = "".join(character if character.isalnum() else rf"\x{{{ord(character):x}}}" for character in part)
    pattern = f"(?i)[?&]{escaped}=([^&#]*)"
    found = f"regexp_extract({text}, {literal(pattern)}, 1)"
    return f"nullif(url_decode(replace({found}, '+', ' ')), '')"


def _joined(text: str, separator: str) -> str:
    """Return SQL for the items of a list in brackets, JSON or not, as one text; other text stays as it is."""
    inner = f"regexp_extract({text}, '^\\s*\\[(.*)\\]\\s*$', 1)"
    items_ = f"CASE WHEN json_valid({text}) THEN {items(text, ',')} ELSE {items(inner, ',')} END"
    return f"CASE WHEN {inner} <> '' THEN array_to_string({items_}, {literal(separator)}) ELSE {text} END"


def _at_time(text: str, time: str) -> str:
    """Return SQL for a day with its time of day; the day alone where there is none.

    Programs that know moments only write midnight behind a day, and the first day that they know before a time.
    """
    day = _replaced(filled(text), f"{ZONED_MIDNIGHT}$", "")
    return f"coalesce({day} || ' ' || {_replaced(time, _FIRST_DAY, '')}, {text})"


def _mapped(text: str, values: Mapping[str, str], otherwise: str | None) -> str:
    whens = " ".join(f"WHEN {literal(old.strip().lower())} THEN {literal(new)}" for old, new in values.items())
    rest = text if otherwise is None else f"CASE WHEN {filled(text)} IS NOT NULL THEN {literal(otherwise)} END"
    return f"CASE lower(trim({text}, {_BLANKS})) {whens} ELSE {rest} END"


def _bare_number(text: str, form: str) -> str:
    """Return SQL for an amount without its currency, or a percentage without its sign, with a minus where negative."""
    bare = filled(_replaced(text, "%" if form == "percent" else _SIGNS, "", everywhere=True))
    for pattern, written in _MINUS:
        bare = _replaced(bare, pattern, written)
    return _replaced(bare, _APOSTROPHES, r"\1", everywhere=True)


def _replaced(text: str, pattern: str, form: str, *, everywhere: bool = False) -> str:
    flags = ", 'g'" if everywhere else ""
    return f"regexp_replace({text}, {literal(pattern)}, {literal(form)}{flags})"


def _with_offset(text: str) -> str:
    """Return SQL for a time that ends in the name of a zone, with the offset, or in UTC; others stay as they are."""
    local, zone = (f"regexp_extract({filled(text)}, {literal(_ZONED)}, {group})" for group in (1, 2))
    offsets = " ".join(f"WHEN '{name}' THEN {local} || ' {offset}'" for name, offset in ZONES.items())
    instant = f"CAST(timezone('UTC', timezone({zone}, TRY_CAST({local} AS TIMESTAMP))) AS VARCHAR) || 'Z'"
    known = f"{zone} LIKE '%/%' AND {zone} IN (SELECT name FROM pg_timezone_names())"
    return f"CASE {zone} {offsets} ELSE CASE WHEN {known} THEN coalesce({instant}, {text}) ELSE {text} END END"
