"""What amounts are worth: times a scale, or the smallest unit of their currency; and that they are of one currency."""

from __future__ import annotations

from decimal import Decimal

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import ColumnRule, CurrencyScale, TableSource
from attrib_cli.engine.sources.currency_units import DECIMALS, units
from attrib_cli.engine.sources.parse import NUMBER
from attrib_cli.engine.sources.prepared import values
from attrib_cli.engine.sources.prepared.files import PART, RECORD, Texts
from attrib_cli.engine.sources.prepared.work import Work


def times(value: str, scale: Decimal) -> str:
    """Return the SQL of a number times a scale, in whole millionths, rounded half away from zero."""
    above, below = scale.as_integer_ratio()
    millionths = f"CAST({value} * 1000000 AS HUGEINT) * {above}"
    half = f"(CASE WHEN {value} < 0 THEN -1 ELSE 1 END) * {below // 2}"
    # Whole-number division cuts off towards zero, so that half a unit more, or less, rounds.
    return f"CAST(CAST(({millionths} + {half}) // {below} AS VARCHAR) || 'e-6' AS {NUMBER})"


def by_currency(value: str, scale: CurrencyScale, currency: str) -> str:
    """Return the SQL of an amount in the smallest units of the currency that the column `currency` has."""
    *few, (most, _) = units(scale).items()
    whens = " ".join(f"WHEN {_code(currency)} IN ({_listed(codes)}) THEN {times(value, worth)}" for worth, codes in few)
    return f"CASE {whens} ELSE {times(value, most)} END"


def check_currencies(work: Work, texts: Texts, name: str, scale: CurrencyScale, currency: str) -> None:
    """Raise SourceError, with its row, for the first amount whose currency is none, or has no unit that is known."""
    amount = f"{values.filled(identifier(name))} IS NOT NULL"
    known = _listed(tuple(DECIMALS[scale]))
    row = work.connection.execute(
        f"SELECT {PART}, {RECORD}, {identifier(currency)} FROM {texts.relation}"
        f" WHERE {amount} AND coalesce({_code(currency)} NOT IN ({known}), true) ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    if row is not None:
        part, record, text = row
        said = f"'{text}' is no currency of ISO 4217" if text and text.strip() else "the row has no currency"
        raise SourceError(
            f"{said}, whose smallest unit '{name}' is counted in",
            place=work.places[part](record),
            hint="Give the column `currency` a `map`, leave such rows out (`where`), or write a number as `scale`.",
        )


def check_one_currency(work: Work, source: TableSource, texts: Texts, name: str, rule: ColumnRule) -> None:
    """Raise SourceError where the amounts of a column name several currencies, which would be added up as one."""
    sign = values.currency_sign(values.picked(rule, texts.columns, source.missing))
    found = work.connection.execute(
        f"SELECT min(p), min(r), sign FROM (SELECT {PART} AS p, {RECORD} AS r, {sign} AS sign FROM {texts.relation}) "
        "WHERE sign IS NOT NULL GROUP BY sign ORDER BY 1, 2 LIMIT 2"
    ).fetchall()
    if len(found) > 1:
        (_, _, one), (part, record, other) = found
        raise SourceError(
            f"the amounts of '{name}' are in several currencies: '{one}' and '{other}'",
            place=work.places[part](record),
            hint="Give the table a column `currency`, and the amounts without signs; or a source for each currency.",
        )


def _code(currency: str) -> str:
    return f"upper({values.filled(identifier(currency))})"


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(map(literal, codes))
