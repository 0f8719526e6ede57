"""What ids look like, and in what two that may mean the same differ: for messages about ids that do not match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from attrib_cli.engine.quoting import literal

BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_AROUND = BLANKS + "\"'`[](){}<>"
_SALESFORCE = "00[0-9A-Za-z]{13}([A-Z0-5]{3})?"
_GROUPED = "[0-9]{1,3}(,[0-9]{3})+"
SEPARATORS = ";|,\n"
"""What separates several ids that stand in one cell."""

_SHAPES: tuple[tuple[str, str], ...] = (
    (r"[^@\s]+@[^@\s]+\.[A-Za-z]+", "e-mail addresses"),
    (r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{4}.*", "what looks like dates"),
    (r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "UUIDs"),
    (r"\d(\.\d+)?[eE]\+?\d+", "numbers as a spreadsheet shortens them"),
    (r"\d+\.0+", "numbers with '.0'"),
    (r"0\d+", "numbers with leading zeros"),
    (r"-?\d+", "numbers"),
    (r"https?://.*", "addresses of pages"),
    (r"\+?[\d ()/-]{7,}", "telephone numbers"),
)


_PLAIN = "[a-z@][0-9a-z_@.+-]*|[1-9][0-9a-z_@+-]*"
"""Ids that are compared as they stand, in lower case: what most ids are."""


def normal_forms(source: str) -> str:
    """Return a SELECT of (id, n, form) of the ids of `source`, which has (id, n): the form is what is compared.

    Ids whose forms are equal might mean the same, though they are not equal. A form has no blanks, quotes and brackets
    around it, letters in lower case (but for Salesforce's ids, whose 15 characters differ by case and whose 18 are
    those and three more), and numbers without leading zeros, ``.0`` and commas between thousands. A list of several
    ids has a row for each of them too.
    """
    separators = literal(f"[{SEPARATORS}]")
    lists = f"SELECT id, n, unnest(regexp_split_to_array(id, {separators})) AS piece FROM told"
    number = "regexp_replace(lower(nfc_normalize(bare)), '^([0-9]+)[.]0+$', '\\1')"
    form = (
        f"CASE WHEN regexp_full_match(bare, '{_SALESFORCE}') AND regexp_matches(bare, '[A-Za-z]') THEN left(bare, 15)"
        f" WHEN regexp_full_match(bare, '{_GROUPED}') THEN replace(bare, ',', '')"
        f" ELSE regexp_replace({number}, '^0+([0-9])', '\\1') END"
    )
    return (
        f"WITH told AS MATERIALIZED (SELECT id, n, regexp_full_match(lower(id), '{_PLAIN}') AS plain FROM {source}),"
        f" pieces AS (SELECT id, n, id AS piece FROM told WHERE NOT plain UNION ALL {lists}"
        f" WHERE NOT plain AND regexp_matches(id, {separators}))"
        " SELECT id, n, lower(id) AS form FROM told WHERE plain UNION ALL"
        f" SELECT id, n, {form} FROM (SELECT id, n, trim(piece, {literal(_AROUND)}) AS bare FROM pieces) AS s"
    )


def difference(one: str, other: str) -> str:
    """Return how two ids that mean the same differ: ``differ in case only``, ``a list with ';'``."""
    for whole, part in ((one, other), (other, one)):
        for separator in SEPARATORS:
            several = separator in whole.strip(BLANKS) and not re.fullmatch(_GROUPED, whole.strip(_AROUND))
            if several and _plain(part) in map(_plain, whole.split(separator)):
                return f"a list with '{separator}'" if separator != "\n" else "a list over several lines"
    if one.strip(BLANKS) == other.strip(BLANKS):
        longer = one if len(one) > len(other) else other
        return "leading blanks" if longer[0] in BLANKS and longer[-1] not in BLANKS else "trailing blanks"
    one, other = one.strip(BLANKS), other.strip(BLANKS)
    if one.casefold() == other.casefold():
        return "differ in case only"
    if one.strip(_AROUND).casefold() == other.strip(_AROUND).casefold():
        return "quotes or brackets around one"
    if re.fullmatch(_GROUPED, one) or re.fullmatch(_GROUPED, other):
        return "commas between thousands"
    if one.endswith(".0") or other.endswith(".0"):
        return "a number with '.0'"
    if one.lstrip("0").casefold() == other.lstrip("0").casefold():
        return "leading zeros"
    if {len(one), len(other)} == {15, 18}:
        return "15 against 18 characters of Salesforce"
    return "written in two ways"


def looks(ids: Sequence[str]) -> str | None:
    """Return what most of `ids` look like, in words, None where they look like nothing in particular."""
    found: Counter[str | None] = Counter(map(_look, ids))
    if not found:
        return None
    look, count = found.most_common(1)[0]
    return look if 2 * count > len(ids) else None


def _look(text: str) -> str | None:
    bare = text.strip(BLANKS)
    for separator in SEPARATORS:
        pieces = [piece for piece in bare.split(separator) if piece.strip()]
        if len(pieces) > 1 and not re.fullmatch(_GROUPED, bare):
            return f"lists with '{separator}'" if separator != "\n" else "lists over several lines"
    if bare != text:
        return "ids with blanks around them"
    return next((look for pattern, look in _SHAPES if re.fullmatch(pattern, bare)), None)


def _plain(text: str) -> str:
    return text.strip(_AROUND).casefold().removesuffix(".0").lstrip("0")
