r"""Text to values, as SQL expressions: dates, times, numbers and booleans, NULL for what is none.

Every form is guarded by a regular expression of what it accepts, because DuckDB's casts accept more than they
understand: ``CAST('2026-01-05 10:00 PM' AS TIMESTAMP)`` is ten in the morning, an offset is dropped, ``1_000`` is a
number. The patterns are in the common part of RE2 (DuckDB) and `re` (the guess from the first rows).
"""

from __future__ import annotations

import re
from typing import Literal

from attrib_cli.engine.quoting import literal
from attrib_cli.engine.source_spec import SPREADSHEETS

Reading = Literal["iso", "text", "dmy", "mdy", "integer", ".", ",", "plain"]
"""How the text of a column is read. `iso` and `integer` are quick and narrow; `text` is every date without ``5/1``."""

NUMBER = "DECIMAL(38,6)"
TRUE = ("true", "t", "yes", "y", "1", "won")
FALSE = ("false", "f", "no", "n", "0", "lost")

_YEAR = r"(?:19\d\d|20\d\d|21\d\d|2200)"
_TWO = r"\d\d?"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
_ISO_DATE = rf"(?:{_YEAR}-{_TWO}-{_TWO}|{_YEAR}/{_TWO}/{_TWO})"
_OFFSET = r"(?:Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
_TAIL = rf"(?:(?:T|,? +)({_CLOCK})(?: ?([AaPp])\.?[Mm]\.?)?(?: ?({_OFFSET}))?)?"
_MONTH = (
    r"(?i:(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))"
)
_ISO_LOCAL = rf"{_ISO_DATE}(?:[T ]{_CLOCK})?"
_ISO_UTC = rf"{_ISO_DATE}[T ]{_CLOCK} ?(?:Z|UTC|GMT)"
_ISO_OFFSET = rf"{_ISO_DATE}[T ]{_CLOCK}[+-](?:0\d|1[0-4])(?::?[0-5]\d)?"
_PLAIN_SLASHES = rf"({_TWO})[-/]({_TWO})[-/]({_YEAR})( {_CLOCK})?"
_SLASHES = rf"({_TWO})[-/]({_TWO})[-/]({_YEAR}){_TAIL}"
_FORMS = (
    (rf"({_YEAR})[-/]({_TWO})[-/]({_TWO}){_TAIL}", r"\1-\2-\3|\4|\5|\6"),
    (rf"({_YEAR})(\d\d)(\d\d){_TAIL}", r"\1-\2-\3|\4|\5|\6"),
    (rf"({_TWO})\.({_TWO})\.({_YEAR}){_TAIL}", r"\3-\2-\1|\4|\5|\6"),
)
_DAY_MONTH = rf"({_TWO})(?:st|nd|rd|th)?[ -]({_MONTH})\.?,?[ -]({_YEAR}){_TAIL}"
_MONTH_DAY = rf"({_MONTH})\.? ({_TWO})(?:st|nd|rd|th)?,? ({_YEAR}){_TAIL}"
_EPOCH = r"[1-9]\d{9}(?:\d{3}){0,3}"

MIDNIGHT = r"(?:T|,? +)(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00(?:\.0+)?)? ?[Aa]\.?[Mm]\.?)"
"""The time that programs which know moments only write behind a day."""

ZONED_MIDNIGHT = rf"{MIDNIGHT}(?: ?{_OFFSET})?"

FIRST_SERIAL, AFTER_LAST_SERIAL = 61, 109_940
"""The numbers of days of spreadsheets that are read: Excel counts a 29 February 1900, its number 60, that never was."""

SERIAL = r"\d{2,6}(?:[.,]\d*)?"
_SERIAL_DAY = rf"(\d{{2,6}})(?:[.,]0*)?(,? +{_CLOCK}.*)"

_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_TIMED = re.compile(r"%-?[HIpMSfgnzZcX]")

_EXPONENT = r"(?:[eE][+-]?\d{1,2})?"
_BLANK = "[ \u00a0\u202f]"
_POINT_GROUPS = "[, \u00a0\u202f]"
_COMMA_GROUPS = "[. \u00a0\u202f]"
PLAIN_POINT = rf" *[+-]?(?:\d+(?:\.\d*)?|\.\d+){_EXPONENT} *"
GROUPED_POINT = rf" *[+-]?(?:[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d{{0,2}}(?:{_BLANK}\d{{3}})+)(?:\.\d*)? *"
PLAIN_COMMA = rf" *[+-]?(?:\d+(?:,\d*)?|,\d+){_EXPONENT} *"
GROUPED_COMMA = rf" *[+-]?(?:[1-9]\d{{0,2}}(?:\.\d{{3}})+|[1-9]\d{{0,2}}(?:{_BLANK}\d{{3}})+)(?:,\d*)? *"
_INTEGER = r"[+-]?\d+"


def alternatives(kind: str) -> tuple[Reading, Reading]:
    """Return the two readings that a column of dates or numbers can have as a whole."""
    return (".", ",") if kind == "decimal" else ("dmy", "mdy")


def guess(kind: str, values: list[str]) -> Reading | None:
    """Return the reading that the first values of a column speak for; None where only the whole column can tell.

    It is a guess for speed: what does not fit it later is noticed, and then every row is looked at.
    """
    if kind == "decimal":
        return _guess_number(values)
    if kind == "boolean":
        return "plain"
    if all(re.fullmatch(_ISO_LOCAL, value) or re.fullmatch(_ISO_UTC, value) for value in values):
        return "iso"
    days = [match for value in values if (match := re.fullmatch(_SLASHES, value.strip()))]
    if not days:
        return "text"
    first = any(int(match[1]) > 12 for match in days)
    second = any(int(match[2]) > 12 for match in days)
    if first == second:
        return None
    return "dmy" if first else "mdy"


def _guess_number(values: list[str]) -> Reading | None:
    if all(re.fullmatch(_INTEGER, value) for value in values):
        return "integer"
    found: set[Reading] = set()
    for value in values:
        point = re.fullmatch(PLAIN_POINT, value) or re.fullmatch(GROUPED_POINT, value)
        comma = re.fullmatch(PLAIN_COMMA, value) or re.fullmatch(GROUPED_COMMA, value)
        if bool(point) != bool(comma):
            found.add("." if point else ",")
    return found.pop() if len(found) == 1 else None


def expression(kind: str, raw: str, reading: Reading, *, zone: str, date_format: str | None = None) -> str:
    """Return SQL for the value of text `raw` (an SQL expression that is NULL for empty text) of a kind.

    Timestamps become the UTC instant (TIMESTAMP), dates the day in `zone` (DATE), decimals DECIMAL(38,6) rounded half
    away from zero, booleans BOOLEAN. Text that is none of these gives NULL, as does a year outside 1900 to 2200.
    """
    if kind == "decimal":
        return _number(raw, reading)
    if kind == "boolean":
        return _boolean(raw)
    day = kind == "date"
    if date_format is not None and date_format in SPREADSHEETS:
        value = _counted(raw, SPREADSHEETS[date_format], zone, day=day)
    elif date_format is not None:
        value = _formatted(raw, date_format, zone, day=day)
    elif reading == "iso":
        value = f"coalesce({_quick(raw, zone, day=day)}, {_cases(_iso(raw, zone, day=day))})"
    else:
        value = _mixed(raw, reading, zone, day=day)
    return f"CAST({value} AS DATE)" if day else value


def local_to_utc(local: str, zone: str) -> str:
    """Return SQL for the UTC instant of a local time (TIMESTAMP to TIMESTAMP); nothing to do in UTC itself."""
    return local if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {local}))"


def utc_to_local(instant: str, zone: str) -> str:
    """Return SQL for the local time of a UTC instant (TIMESTAMP to TIMESTAMP)."""
    return instant if zone == "UTC" else f"timezone({literal(zone)}, timezone('UTC', {instant}))"


def end_of_day(instant: str, zone: str) -> str:
    """Return SQL for the last moment of a day of `zone` where an instant is its first; other instants stay."""
    return _bound("m", instant, _end_of_day("m", zone))


def _end_of_day(instant: str, zone: str) -> str:
    day = f"date_trunc('day', {utc_to_local(instant, zone)})"
    last = local_to_utc(f"({day} + INTERVAL 1 DAY)", zone)
    return f"CASE WHEN {instant} = {local_to_utc(day, zone)} THEN {last} - INTERVAL 1 MICROSECOND ELSE {instant} END"


_EPOCHS = ((10**9, "{} * 1000000"), (10**12, "{} * 1000"), (10**15, "{}"), (10**18, "{} // 1000"))
"""The smallest whole number of each unit of time since 1970, and how microseconds come of it."""


def epoch_to_utc(number: str) -> str:
    """Return SQL for the instant of an integer, seconds since 1970 or thousandths of them, told by its digits.

    10 digits are seconds, 13 milliseconds, 16 microseconds and 19 nanoseconds.
    """
    return _cases(
        [
            (f"{number} BETWEEN {least} AND {min(10 * least, 2**63) - 1}", f"make_timestamp({micros.format(number)})")
            for least, micros in _EPOCHS
        ]
    )


def fractional_epoch_to_utc(number: str) -> str:
    """Return SQL for the instant of a DOUBLE, as `epoch_to_utc` does of an integer; fractions count."""
    cases = []
    for least, micros in _EPOCHS:
        value = f"CAST(round({micros.format(number).replace('//', '/')}) AS BIGINT)"
        cases.append((f"{number} >= {least} AND {number} < {min(10 * least, 2**63)}", f"make_timestamp({value})"))
    return _cases(cases)


def serial_to_local(number: str, first: str) -> str:
    """Return SQL for the local time of a DOUBLE, the days since the day `first` to a millisecond."""
    moment = f"DATE '{first}' + to_milliseconds(CAST(round({number} * 86400000) AS BIGINT))"
    return _cases([(f"{number} >= {FIRST_SERIAL} AND {number} < {AFTER_LAST_SERIAL}", moment)])


def trimmed_id(text: str) -> str:
    """Return SQL for an id without blanks around it; NULL where nothing is left.

    Only ids that have some are written anew: looking for them costs next to nothing.
    """
    return f"CASE WHEN {text} LIKE ' %' OR {text} LIKE '% ' THEN {blank_to_null(text)} ELSE {text} END"


def blank_to_null(text: str) -> str:
    """Return SQL for text without surrounding blanks, NULL where nothing is left."""
    return f"nullif(trim({text}), '')"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _cases(cases: list[tuple[str, str]], otherwise: str | None = None) -> str:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {whens}{f' ELSE {otherwise}' if otherwise else ''} END"


def _quick(raw: str, zone: str, *, day: bool) -> str:
    """Return the value of the form that most logs have, ``2026-01-31 10:00:00``, in half the time of all forms.

    Of 19 characters with a year of four strptime reads no other moment than `_iso` does; NULL is not yet no date.
    """
    local = f"try_strptime({raw}, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S'])"
    shape = f"strlen({raw}) = 19 AND {raw} LIKE '____-%' AND {raw} >= '1900' AND {raw} < '2201'"
    return f"CASE WHEN {shape} THEN {local if day else local_to_utc(local, zone)} END"


def _iso(raw: str, zone: str, *, day: bool) -> list[tuple[str, str]]:
    """Return the cases of ISO 8601 without an offset or in UTC: those that a plain cast reads right."""
    cast = f"TRY_CAST({raw} AS TIMESTAMP)"
    if zone == "UTC":
        return [(_matches(raw, rf"{_ISO_DATE}(?:[T ]{_CLOCK}(?: ?(?:Z|UTC|GMT))?)?"), cast)]
    local = cast if day else local_to_utc(cast, zone)
    instant = utc_to_local(cast, zone) if day else cast
    return [(_matches(raw, _ISO_LOCAL), local), (_matches(raw, _ISO_UTC), instant)]


def _mixed(raw: str, reading: Reading, zone: str, *, day: bool) -> str:
    """Return the expression for every family of dates; the usual forms are tried first, because they are quick."""
    cases = _iso(raw, zone, day=day)
    instant = f"make_timestamp(epoch_us(TRY_CAST({raw} AS TIMESTAMPTZ)))"
    cases.append((_matches(raw, _ISO_OFFSET), utc_to_local(instant, zone) if day else instant))
    if reading in ("dmy", "mdy"):
        form = r"\3-\2-\1\4" if reading == "dmy" else r"\3-\1-\2\4"
        local = f"TRY_CAST(regexp_replace({raw}, {literal(_PLAIN_SLASHES)}, {literal(form)}) AS TIMESTAMP)"
        cases.append((_matches(raw, _PLAIN_SLASHES), local if day else local_to_utc(local, zone)))
    return _cases(cases, _any_form(raw, reading, zone, day=day))


def _any_form(raw: str, reading: Reading, zone: str, *, day: bool) -> str:
    """Return the expression for every family of dates, ``5/1/2026`` only under a reading that orders it.

    A value is first written as ``date|clock|a or p|offset``, the same for all families, and then put together.
    """
    cases = [(pattern, f"regexp_replace(v, {literal(pattern)}, {literal(form)})") for pattern, form in _FORMS]
    if reading in ("dmy", "mdy"):
        form = r"\3-\2-\1|\4|\5|\6" if reading == "dmy" else r"\3-\1-\2|\4|\5|\6"
        cases.append((_SLASHES, f"regexp_replace(v, {literal(_SLASHES)}, {literal(form)})"))
    names = "'janfebmaraprmayjunjulaugsepoctnovdec'"
    month = f"CAST((strpos({names}, lower(regexp_extract(v, '[A-Za-z]{{3}}'))) + 2) // 3 AS VARCHAR)"
    for pattern, number in ((_DAY_MONTH, 1), (_MONTH_DAY, 2)):
        form = rf"-\{number}|\4|\5|\6"
        year = f"regexp_replace(v, {literal(pattern)}, {literal(chr(92) + '3-')})"
        cases.append((pattern, f"{year} || {month} || regexp_replace(v, {literal(pattern)}, {literal(form)})"))
    pieces = "CASE " + " ".join(f"WHEN {_matches('v', pattern)} THEN {form}" for pattern, form in cases) + " END"
    epoch = epoch_to_utc("TRY_CAST(v AS BIGINT)")
    instant = utc_to_local(f"({epoch})", zone) if day else epoch
    assembled = _bound("p", f"string_split({pieces}, '|')", _assembled(zone, day=day))
    value = f"CASE WHEN {_matches('v', _EPOCH)} THEN {instant} ELSE {assembled} END"
    return _bound("v", blank_to_null(raw), value)


def _bound(name: str, value: str, body: str) -> str:
    """Return SQL for `body` in which `name` stands for `value`, evaluated once and written once."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _assembled(zone: str, *, day: bool) -> str:
    """Return the time of the list p: date, clock, a or p, offset."""
    half = (
        "CASE WHEN p[3] = '' THEN b "
        "WHEN hour(b) NOT BETWEEN 1 AND 12 THEN NULL "
        "WHEN lower(p[3]) = 'a' AND hour(b) = 12 THEN b - INTERVAL 12 HOUR "
        "WHEN lower(p[3]) = 'p' AND hour(b) < 12 THEN b + INTERVAL 12 HOUR ELSE b END"
    )
    digits = "replace(substr(p[4], 2), ':', '')"
    minutes = f"TRY_CAST(left({digits}, 2) AS BIGINT) * 60 + TRY_CAST('0' || substr({digits}, 3) AS BIGINT)"
    shifted = f"(t - to_minutes((CASE WHEN left(p[4], 1) = '-' THEN (-1) ELSE 1 END) * ({minutes})))"
    as_local, as_instant = ("t", utc_to_local) if day else (local_to_utc("t", zone), _unchanged)
    value = (
        f"CASE WHEN p[4] = '' THEN {as_local} "
        f"WHEN p[4] IN ('Z', 'UTC', 'GMT') THEN {as_instant('t', zone)} "
        f"ELSE {as_instant(shifted, zone)} END"
    )
    return _bound("b", "TRY_CAST(trim(p[1] || ' ' || p[2]) AS TIMESTAMP)", _bound("t", half, value))


def _unchanged(instant: str, _zone: str) -> str:
    return instant


def _formatted(raw: str, date_format: str, zone: str, *, day: bool) -> str:
    """Return the expression for a configured strptime format.

    A format that begins with the day or the month also settles the order for values with a time of day, and leaves
    the unambiguous families readable: one source can hold both. Behind a day in a format of days may be a time of day.
    """
    text = blank_to_null(raw)
    forms = [date_format]
    if _TIMED.search(date_format) is None:
        forms += [f"{date_format} {time}" for time in _TIMES]
    parsed = f"try_strptime({text}, [{', '.join(map(literal, forms))}])"
    if "%z" in date_format or "%Z" in date_format:
        instant = f"make_timestamp(epoch_us({parsed}))"
        value = utc_to_local(instant, zone) if day else instant
    else:
        value = parsed if day else local_to_utc(parsed, zone)
    value = f"CASE WHEN year({parsed}) BETWEEN 1900 AND 2200 THEN {value} END"
    order = format_order(date_format)
    return value if order is None else f"coalesce({value}, {_mixed(raw, order, zone, day=day)})"


def _counted(raw: str, first: str, zone: str, *, day: bool) -> str:
    """Return the expression for days that a spreadsheet counts, with a time of day as a fraction or behind the number.

    Dates of the unambiguous families are read beside them.
    """
    whole = "CAST(regexp_extract(v, '^\\d+') AS DOUBLE)"
    date = f"strftime({serial_to_local(whole, first)}, '%Y-%m-%d')"
    text = _cases([(_matches("v", _SERIAL_DAY), f"{date} || regexp_extract(v, {literal(_SERIAL_DAY)}, 2)")], "v")
    local = serial_to_local("CAST(replace(v, ',', '.') AS DOUBLE)", first)
    number = local if day else local_to_utc(f"({local})", zone)
    other = _bound("w", text, _mixed("w", "text", zone, day=day))
    return _bound("v", blank_to_null(raw), _cases([(_matches("v", SERIAL), number)], other))


def format_order(date_format: str) -> Reading | None:
    """Return the order of day and month that a format settles; None where it begins with the year."""
    fields = re.findall(r"%-?([YyGdmbBj])", date_format)
    if not fields or fields[0] in "YyGj":
        return None
    return "dmy" if fields[0] == "d" else "mdy"


def _number(raw: str, reading: Reading) -> str:
    if reading == "integer":
        return f"CASE WHEN {_matches(raw, _INTEGER)} THEN TRY_CAST({raw} AS {NUMBER}) END"
    if reading == ".":
        plain, grouped = PLAIN_POINT, GROUPED_POINT
        simple, bare = raw, f"regexp_replace({raw}, {literal(_POINT_GROUPS)}, '', 'g')"
    else:
        plain, grouped = PLAIN_COMMA, GROUPED_COMMA
        simple = f"replace({raw}, ',', '.')"
        bare = f"replace(regexp_replace({raw}, {literal(_COMMA_GROUPS)}, '', 'g'), ',', '.')"
    return (
        f"CASE WHEN {_matches(raw, plain)} THEN TRY_CAST({simple} AS {NUMBER}) "
        f"WHEN {_matches(raw, grouped)} THEN TRY_CAST({bare} AS {NUMBER}) END"
    )


def _boolean(raw: str) -> str:
    text = f"lower(trim({raw}))"
    true, false = (", ".join(literal(word) for word in words) for words in (TRUE, FALSE))
    return f"CASE WHEN {text} IN ({true}) THEN TRUE WHEN {text} IN ({false}) THEN FALSE END"
