"""How the text of a value becomes what it means: one function a kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from attrib_cli.config.schema.markers import WrongValue, kind
from attrib_cli.engine.errors import ConfigError, UsageError, did_you_mean
from attrib_cli.engine.resources import check_size
from attrib_cli.engine.source_spec import CURRENCY_SCALES, SPREADSHEETS, CurrencyScale
from attrib_cli.engine.text_encodings import codec_name
from attrib_cli.engine.zones import time_zone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SCALES = MappingProxyType({"cents": Decimal("0.01"), "micros": Decimal("0.000001"), "thousands": Decimal(1000)})
"""What one unit of a file can be worth, by name."""

VERSION = 1
"""The version of the file's form that this program reads."""

_NOTHING = "Write one value behind the colon; an empty text is ''."


def text(value: object) -> str:
    """Read a text, which may be empty."""
    if not isinstance(value, str):
        raise WrongValue(f"expected a text, found {kind(value)}", hint=_NOTHING)
    return value


def name(value: object) -> str:
    """Read a text that has something in it, blanks around it included: headers of files have some."""
    found = text(value)
    if not found.strip():
        raise WrongValue("expected a text, found an empty one", hint="Write a value, or leave it out.")
    return found


def word(value: object) -> str:
    """Read a text without the blanks around it."""
    return name(value).strip()


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts; a single one counts as a list of one."""
    if isinstance(value, dict) or value is None:
        raise WrongValue(f"expected a list of texts, found {kind(value)}", hint="Write it as [one, two].")
    items = value if isinstance(value, list) else [value]
    found = []
    for i, item in enumerate(items):
        try:
            found.append(name(item))
        except WrongValue as error:
            raise WrongValue(error.message, hint=error.hint, at=(i,) if isinstance(value, list) else ()) from None
    return tuple(found)


_NOT_OF_ENGINE = re.compile(r"\(\?(?:[=!>]|<[=!]|P=)|(?<!\\)(?:\\\\)*\\[1-9]")
"""What Python's regular expressions have and those of the engine (RE2) do not."""


def patterns(value: object) -> tuple[str, ...]:
    """Read a list of patterns, of which one may be empty; one between slashes has to be a regular expression."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise WrongValue("expected a list of patterns, found an empty one", hint="Write it as [google, bing].")
    found = []
    for i, item in enumerate(items):
        at = (i,) if isinstance(value, list) else ()
        try:
            one = text(item)
            if len(one) > 1 and one.startswith("/") and one.endswith("/"):
                re.compile(one[1:-1])
                if _NOT_OF_ENGINE.search(one[1:-1]):
                    raise WrongValue(
                        f"{kind(item)} looks around itself or repeats what it found, which is not known here",
                        hint="Write it without (?=...), (?!...), (?<...) and \\1; earlier rules go first.",
                    )
        except WrongValue as error:
            raise WrongValue(error.message, hint=error.hint, at=at) from None
        except re.error as error:
            raise WrongValue(f"{kind(item)} is no regular expression: {error}", hint="Correct it.", at=at) from None
        found.append(one)
    return tuple(found)


def names(value: object) -> tuple[str, ...]:
    """Read a list of names; a single text may have several, with commas between them, as on the command line."""
    if isinstance(value, str):
        return texts([part.strip() for part in value.split(",") if part.strip()] or "")
    return texts(value)


def ignored(value: object) -> tuple[str, ...]:
    """Read a list of findings to pass over: the name of a check, or a name, a blank and a table or column."""
    from attrib_cli.engine.data_checks import known_check

    found = names(value)
    for one in found:
        parts = one.split()
        try:
            known_check(parts[0] if parts else "")
        except UsageError as error:
            raise WrongValue(error.message, hint=error.hint) from None
        if len(parts) > 2:
            raise WrongValue(f"'{one}' is no finding", hint="Write a check, or a check and a column, with one blank.")
    return tuple(" ".join(one.split()) for one in found)


def choice(*allowed: str) -> Callable[[object], str]:
    """Return the reader of one of a few words, in any case."""

    def read(value: object) -> str:
        found = word(value).lower()
        if found not in allowed:
            listed = " or ".join(filter(None, (", ".join(f"`{one}`" for one in allowed[:-1]), f"`{allowed[-1]}`")))
            raise WrongValue(
                f"{kind(value)} is not known here", hint=did_you_mean(found, allowed) or f"Write {listed}."
            )
        return found

    return read


def whole_number(value: object) -> int:
    """Read a whole number of at least 1."""
    if not re.fullmatch(r"0*[1-9][0-9]{0,17}", word(value)):
        raise WrongValue(f"expected a whole number of at least 1, found {kind(value)}", hint="Write it in digits: 10.")
    return int(word(value))


def number(value: object) -> Decimal:
    """Read a number, exactly as it is written."""
    written = word(value)
    try:
        if not re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]{1,2})?", written):
            raise InvalidOperation
        return Decimal(written)
    except InvalidOperation:
        hint = "Write it in digits, with a decimal point: 22.5."
        hint = f"Write {written.rstrip('% ')}." if re.fullmatch(r"[0-9.]+ ?%", written) else hint
        raise WrongValue(f"expected a number, found {kind(value)}", hint=hint) from None


def weight(value: object) -> Decimal:
    """Read a weight: 0 to a million, with no more decimals than the engine computes with."""
    from attrib_cli.engine.models import WEIGHT_DIGITS

    found = number(value)
    if not 0 <= found <= 10**6 or found != round(found, WEIGHT_DIGITS):
        raise WrongValue(
            f"{found} is not a weight",
            hint=f"Weights are numbers from 0 to 1000000 with at most {WEIGHT_DIGITS} decimals.",
        )
    return found


def part(value: object) -> Decimal:
    """Read a part of a whole: 0 to 1, which may be written in percent."""
    written = word(value)
    found = number(written.removesuffix("%").rstrip()) / (100 if written.endswith("%") else 1)
    if not 0 <= found <= 1:
        raise WrongValue(f"{written} is not a part of a whole", hint="Write 0% to 100%, or 0 to 1.")
    return found


def rate(value: object) -> Decimal:
    """Read an exchange rate: above 0, below a million, with at most 12 decimals."""
    found = number(value)
    if not 0 < found < 10**6 or found != round(found, 12):
        raise WrongValue(
            f"{found} is not an exchange rate",
            hint="Rates are above 0 and below 1000000, with at most 12 decimals: the value of one unit in `currency`.",
        )
    return found


def currency(value: object) -> str:
    """Read the three letters of a currency, as capitals."""
    code = word(value).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise WrongValue(f"{kind(value)} is not a currency", hint="Write its three letters: USD, EUR, GBP.")
    return code


def timezone(value: object) -> str:
    """Read the name of a time zone of the IANA data base."""
    zone = word(value)
    try:
        time_zone(zone)
    except ConfigError:
        import zoneinfo

        hint = did_you_mean(zone, zoneinfo.available_timezones()) or "Write an IANA name: UTC, Europe/Berlin."
        raise WrongValue(f"there is no time zone {kind(value)}", hint=hint) from None
    return zone


def weekday(value: object) -> int:
    """Read a weekday's name as 0 (Monday) to 6."""
    return WEEKDAYS.index(choice(*WEEKDAYS)(value))


def month(value: object) -> int:
    """Read a month as 1 to 12: its number, its English name or the first three letters of it."""
    found = word(value).lower()
    if re.fullmatch(r"0?[1-9]|1[0-2]", found):
        return int(found)
    for position, known in enumerate(MONTHS, start=1):
        if found in (known, known[:3]):
            return position
    raise WrongValue(f"{kind(value)} is not a month", hint=did_you_mean(found, MONTHS) or "Write 1 to 12, or april.")


def version(value: object) -> int:
    """Read the version of the file's form."""
    found = whole_number(value)
    if found > VERSION:
        raise WrongValue(
            f"the file has version {found}, and this program reads {VERSION}", hint="Install a newer attrib."
        )
    return found


def encoding(value: object) -> str:
    """Read the name of a text encoding that Python knows."""
    found = word(value)
    try:
        codec_name(found)
    except (LookupError, ValueError):
        raise WrongValue(f"there is no encoding {kind(value)}", hint="Write utf-8, latin-1, cp1252, utf-16.") from None
    return found


def delimiter(value: object) -> str:
    r"""Read the character between two columns; ``tab`` and ``\t`` are names of one that is hard to see."""
    found = {"tab": "\t", "\\t": "\t"}.get(text(value).lower(), text(value))
    if len(found) != 1 or found in "\r\n\"'":
        raise WrongValue(f"{kind(value)} does not separate columns", hint="Write one character in quotes, or tab.")
    return found


def separator(value: object) -> str:
    r"""Read what stands between the items of a list: a character or a few; ``tab`` and ``\t`` are a tab."""
    found = {"tab": "\t", "\\t": "\t"}.get(text(value).lower(), text(value))
    if not found:
        raise WrongValue("expected what stands between items, found an empty text", hint="Write it in quotes: ';'.")
    return found


def header_line(value: object) -> int:
    """Read the line that has the headers; 0 for ``auto``, which finds it."""
    if word(value).lower() == "auto":
        return 0
    try:
        found = whole_number(value)
    except WrongValue:
        raise WrongValue(f"expected a line, found {kind(value)}", hint="Write 1 to 10000, or auto.") from None
    if found > 10_000:
        raise WrongValue(f"line {found} has no headers", hint="Write 1 to 10000, or auto.")
    return found


def scale(value: object) -> Decimal | CurrencyScale:
    """Read what one unit of a file is worth: ``cents`` and the like, ``smallest unit``, ``stripe``, or a number."""
    written = " ".join(word(value).lower().split())
    by_currency = next((one for one in CURRENCY_SCALES if one == written), None)
    known = SCALES.get(written) or by_currency
    if known is not None:
        return known
    try:
        found = number(value)
    except WrongValue:
        hint = did_you_mean(word(value), (*SCALES, *CURRENCY_SCALES)) or (
            "Write cents, micros, thousands, smallest unit, stripe, or a number such as 0.01."
        )
        raise WrongValue(f"{kind(value)} is no scale", hint=hint) from None
    if not 0 < found <= 10**6 or found != round(found, 9):
        raise WrongValue(f"{found} is no scale", hint="Scales are above 0, at most 1000000, with at most 9 decimals.")
    return found


def date_format(value: object) -> str:
    """Read a pattern of dates as strptime has them, or the name of a way in which spreadsheets count days."""
    found = name(value)
    if found.casefold() in SPREADSHEETS:
        return found.casefold()
    if "%" not in found:
        hint = "Write it as '%d/%m/%Y' or '%d.%m.%Y %H:%M', or as excel where days are counted."
        raise WrongValue(f"{kind(value)} is not a date format", hint=hint)
    return found


def yes_no(value: object) -> bool:
    """Read a yes or no."""
    found = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
        word(value).casefold()
    )
    if found is None:
        raise WrongValue(f"expected true or false, found {kind(value)}", hint="Write true or false.")
    return found


def port(value: object) -> int:
    """Read the number of a port."""
    found = whole_number(value)
    if not 1 <= found <= 65535:
        raise WrongValue(f"there is no port {found}", hint="Ports are 1 to 65535; mail servers listen at 587 or 465.")
    return found


def size(value: object) -> int:
    """Read a size such as ``10 MB`` or ``500 KiB`` as bytes; a number alone is bytes."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(|b|kb|mb|gb|kib|mib|gib)", word(value).casefold())
    if match is None:
        raise WrongValue(f"expected a size, found {kind(value)}", hint="Write it as 10 MB.")
    unit = match.group(2).removesuffix("b")
    scale = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}[unit]
    return int(Decimal(match.group(1)) * scale)


def memory(value: object) -> str:
    """Read a size of memory such as ``4GB``."""
    try:
        return check_size(word(value))
    except UsageError as error:
        raise WrongValue(error.message, hint=error.hint) from None


def variable(value: object) -> str:
    """Read the name of an environment variable; what is none is not shown, since it may be the secret itself."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value.strip()):
        hint = "Write the name of the variable alone; the address itself stands in the variable."
        raise WrongValue("expected the name of an environment variable", hint=hint)
    return value.strip()


def keyring_name(value: object) -> str:
    """Read the name of something in the system's keyring; what looks like an address is refused and not shown."""
    if isinstance(value, str) and "://" in value:
        hint = "Write under which name the keyring has it: `keyring set SERVICE NAME` puts it in."
        raise WrongValue("expected a name in the keyring, found what may be the secret itself", hint=hint)
    return name(value)


def address(value: object) -> str:
    """Read a mail address."""
    found = word(value)
    if "@" not in found[1:-1] or not found.isprintable() or any(char in found for char in " ,;<>"):
        raise WrongValue(f"expected a mail address, found {kind(value)}", hint="Write it as reports@example.com.")
    return found
