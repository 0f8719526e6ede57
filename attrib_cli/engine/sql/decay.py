"""Decay: weights that halve with every half-life of age, the same on every processor.

A kernel is 2^-(age / half-life), kept as the whole half-lives and a whole number for their fraction. 12 bits of the
fraction are looked up; what is left is a series of four terms, which needs no more than products and sums of
floating-point numbers: these are the same to the last digit everywhere, where ``pow`` and ``exp`` are not. What a unit
of kernel earns in a journey is divided once for the journey, in two steps whose remainder is exact; an interaction only
multiplies.

Shares do not depend on the moment that age counts from. Sums count from the conversion, which is known at once; a
journey that ended so long before it that they would lose digits is summed once more from its own last interaction. A
kernel over the interactions outside some positions (a custom model's) counts from the last of those.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.cte import Cte, comma, more
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import Kernel

POINT = 62
"""Kernels within the last half-life are whole parts of 2^62."""

ROOM = 38
"""Bits below those in sums: a journey of 2^26 interactions still sums within 127 bits."""

REACH = 30
"""Half-lives between a journey's end and the conversion within which sums from the conversion keep all bits."""

FINER = 10
"""Bits below 10^-12 in what interactions earn, so that what is cut off does not add up."""

COUNT_SHIFT = 82
"""What a unit of kernel earns of one conversion, in 10^-12, is kept with this many bits more."""

REST = 40
"""What it earns of an amount has this many further bits."""

STEPS = 12
"""Bits of the fraction of a half-life that are looked up."""

LONGEST = 2**50
"""Half-lives above this, of 35 years, need wider numbers."""

_EXACT = Context(prec=60)


@cache
def _powers(step: int) -> list[int]:
    """Return 2^-(i / step) for i below 64, in parts of 2^62."""
    parts = (_EXACT.multiply(_EXACT.power(Decimal(2), Decimal(-i) / step), Decimal(2**POINT)) for i in range(64))
    return [int(part.quantize(Decimal(1), ROUND_HALF_UP, _EXACT)) for part in parts]


def _listed(numbers: list[int]) -> str:
    lines = [", ".join(map(str, numbers[at : at + 5])) for at in range(0, len(numbers), 5)]
    return "[\n    " + ",\n    ".join(lines) + "]"


def powers(request: Request) -> tuple[Cte, ...]:
    """Powers of two to be looked up by the fraction of a half-life; empty without decay."""
    if not _kernels(request):
        return ()
    product = f"CAST((CAST(a AS HUGEINT) * b + {2 ** (POINT - 1)}) >> {POINT} AS BIGINT)"
    return (
        Cte(
            name="powers_of_two",
            grain=f"one row for every kernel: 2^-(i / {2**STEPS}), i rising from 0, in parts of 2^{POINT}",
            sql=f"""
SELECT flatten(list_transform({_listed(_powers(64))},
  lambda a: list_transform({_listed(_powers(64**2))},
    lambda b: {product}))) AS parts""",
            materialized=True,
        ),
    )


def _kernels(request: Request) -> tuple[tuple[int, Kernel], ...]:
    return (*request.plain_kernels, *request.masked_kernels)


def _name(request: Request, n: int, what: str) -> str:
    """A column of a kernel: ``time_decay_half_lives``."""
    return f"{request.kernel_names[n]}_{what}"


@cache
def _log_of_step(half_life: int) -> float:
    """The logarithm of 2 that a 4096th of a microsecond of age is worth; `half_life` in microseconds."""
    return float(_EXACT.divide(_EXACT.ln(Decimal(2)), Decimal(half_life << STEPS)))


def aged(request: Request, condition: str) -> Cte:
    """The ages of the interactions i that meet `condition`: whole half-lives, steps of the next one, and what is left.

    What is left is its logarithm, a DOUBLE.
    """
    columns = []
    for n, kernel in _kernels(request):
        fraction = f"i.age % {kernel.half_life}"
        scaled = (
            f"(CAST({fraction} AS HUGEINT) << {STEPS})" if kernel.half_life > LONGEST else f"({fraction} << {STEPS})"
        )
        columns += [
            f"i.age // {kernel.half_life} AS {_name(request, n, 'half_lives')}",
            f"CAST({scaled} // {kernel.half_life} AS BIGINT) AS {_name(request, n, 'steps')}",
            f"({scaled} % {kernel.half_life}) * {_log_of_step(kernel.half_life)!r} AS {_name(request, n, 'log')}",
        ]
    return Cte(
        name="aged",
        grain=f"one row for each interaction that may earn credit: its age in half-lives and {2**STEPS}ths of one; "
        "log is that of the rest",
        sql=f"""
SELECT i.*{more(columns)}
FROM interactions AS i{condition}""",
    )


def interaction_columns(request: Request, alias: str) -> str:
    """The columns of `aged`, or of interactions, that eligible ones keep."""
    gone = [_name(request, n, what) for n, _ in _kernels(request) for what in ("steps", "log")]
    return f"{alias}.* EXCLUDE ({', '.join(gone)})" if gone else f"{alias}.*"


def kernels(request: Request) -> list[str]:
    """The columns of the kernels of `aged` interactions i, for the fractions of half-lives; t are powers of two."""
    columns = []
    for n, _ in _kernels(request):
        log, part = f"i.{_name(request, n, 'log')}", f"t.parts[i.{_name(request, n, 'steps')} + 1]"
        less = f"{log} * (1e0 - {log} * (0.5e0 - {log} * ({1 / 6!r} - {log} * {1 / 24!r})))"
        columns.append(
            f"{part}\n    - CAST(CAST({part} AS DOUBLE)\n      * ({less}) AS BIGINT) AS {_name(request, n, 'kernel')}"
        )
    return columns


def totals(request: Request, end: str | None) -> list[str]:
    """The aggregates of a journey: whole half-lives since its last interaction, and kernels from the conversion on.

    `end` is the SQL of the age of the last interaction, where it need not be sought.
    """
    columns = []
    for n, kernel in request.plain_kernels:
        half_lives = _name(request, n, "half_lives")
        least = f"min({half_lives})" if end is None else f"{end} // {kernel.half_life}"
        columns.append(f"{least} AS {_name(request, n, 'end')}")
        columns.append(f"sum({_summed(_name(request, n, 'kernel'), half_lives)}) AS {_name(request, n, 'total')}")
    return columns


def _summed(kernel: str, half_lives: str) -> str:
    return f"(CAST({kernel} AS HUGEINT) << {ROOM}) >> ({half_lives})"  # by 128 and more gives 0


def old_journeys(request: Request) -> tuple[Cte, ...]:
    """Sums of kernels, counted from the last interaction, of journeys that ended long before the conversion."""
    found = []
    for n, _ in request.plain_kernels:
        end = f"w.{_name(request, n, 'end')}"
        summed = _summed(f"e.{_name(request, n, 'kernel')}", f"e.{_name(request, n, 'half_lives')} - {end}")
        found.append(
            Cte(
                name=_name(request, n, "old_journeys"),
                grain="one row for each journey that ended many half-lives before the conversion: its sum of kernels",
                sql=f"""
SELECT e.conversion, sum({summed}) AS total
FROM eligible AS e
  JOIN journey_totals AS w ON w.conversion = e.conversion
WHERE {end} > {REACH}
GROUP BY e.conversion""",
            )
        )
    return tuple(found)


def of_journeys(request: Request) -> tuple[list[str], str]:
    """The columns of journeys w that say from where and to what their kernels sum, and what to join with them."""
    columns, joins = [], ""
    for n, _ in request.plain_kernels:
        old, end, total = (_name(request, n, what) for what in ("old_journeys", "end", "total"))
        joins += f"\n  LEFT JOIN {old} ON {old}.conversion = w.conversion"
        own = f"w.{total} >> ({ROOM} - least(w.{end}, {ROOM}))"
        columns.append(f"w.{end}")
        columns.append(f"CASE WHEN {old}.conversion IS NULL THEN {own} ELSE {old}.total >> {ROOM} END AS {total}")
    return columns, joins


def with_units(request: Request, journeys: Cte, numbers: list[int]) -> tuple[Cte, ...]:
    """The table `journeys`, which has totals of kernels, with what a unit of each of these earns instead.

    A unit earns a part of a conversion, and of its amount in two numbers. The first digits of a quotient come from
    numbers of 53 bits, the further ones from the exact remainder of that.
    """
    if not numbers:
        return (journeys,)
    # whole millionths below 2^50 survive the way through a DOUBLE, which is much quicker than a cast of a DECIMAL
    quick = "CAST(CAST(abs(j.amount) AS DOUBLE) * 1e6 AS BIGINT)"
    micros = f"CASE WHEN abs(j.amount) < 1000000000 THEN {quick} ELSE CAST(abs(j.amount) * 1000000 AS HUGEINT) END"
    shifts = " ".join(f"WHEN j.value < {2 ** (122 - shift)} THEN {shift}" for shift in (80, 64, 48, 32, 16))
    one = 10**12 << COUNT_SHIFT
    divisors, firsts, units, gone = [], [], [], ["value"]
    for n in numbers:
        total, first, count, amount, rest = (
            _name(request, n, what)
            for what in ("total", "count_first", "conversion_unit", "amount_unit", "amount_unit_rest")
        )
        divisor = f"j.{_name(request, n, 'divisor')}"
        divisors.append(f"CAST(j.{total} AS DOUBLE) AS {_name(request, n, 'divisor')}")
        firsts.append(f"CAST(CAST({one} AS DOUBLE)\n    / {divisor} AS BIGINT) AS {first}")
        firsts.append(
            f"greatest(CAST(CAST(j.value << j.amount_shift AS DOUBLE) / {divisor} AS BIGINT) - 512, 0) AS {amount}"
        )
        count_left = f"CAST({one} - j.{total} * j.{first} AS DOUBLE)"
        left = f"CAST((j.value << j.amount_shift) - j.{total} * j.{amount} AS DOUBLE)"
        units.append(f"j.{first}\n    + CAST({count_left}\n      / {divisor} AS BIGINT) AS {count}")
        units.append(f"CAST({left}\n    / {divisor} * {2**REST} AS BIGINT) AS {rest}")
        gone += [first, total, _name(request, n, "divisor")]
    name = journeys.name
    return (
        Cte(name=f"{name}_kernel_sums", grain=f"{journeys.grain}, and the sums of its kernels", sql=journeys.sql),
        Cte(
            name=f"{name}_values",
            grain="one row for each journey: its value in parts of 10^-12, which is not below 0",
            sql=f"""
SELECT j.*,
  CAST({micros} AS HUGEINT) * 1000000 AS value
FROM {name}_kernel_sums AS j""",
        ),
        Cte(
            name=f"{name}_shifts",
            grain="one row for each journey: by how many bits the value may be multiplied within 127",
            sql=f"""
SELECT j.*,
  CASE {shifts} ELSE 1 END AS amount_shift{more(divisors)}
FROM {name}_values AS j""",
        ),
        Cte(
            name=f"{name}_quotients",
            grain="one row for each journey: the first digits of what a unit of kernel earns",
            sql=f"""
SELECT j.*,
  {comma(firsts)}
FROM {name}_shifts AS j""",
        ),
        Cte(
            name=name,
            grain="one row for each journey: what a unit of kernel earns, of a conversion and of the amount",
            sql=f"""
SELECT j.* EXCLUDE ({", ".join(gone)}),
  {comma(units)}
FROM {name}_quotients AS j""",
            materialized=journeys.materialized,
        ),
    )


_UNITS = ("end", "conversion_unit", "amount_unit", "amount_unit_rest")


def placed(request: Request) -> list[str]:
    """The columns of eligible interactions e and their journeys j that `masked` and `earned` read."""
    columns = [f"e.{_name(request, n, what)}" for n, _ in _kernels(request) for what in ("half_lives", "kernel")]
    columns += [f"j.{_name(request, n, what)}" for n, _ in request.plain_kernels for what in _UNITS]
    return [*columns, "j.amount_shift"] if request.plain_kernels else columns


def masked(request: Request) -> tuple[Cte, ...]:
    """For kernels that leave out positions: from where, and to what, they sum in each journey."""
    if not request.masked_kernels:
        return ()
    firsts, origins, sums = [], [], []
    for n, kernel in request.masked_kernels:
        outside = key_positions.holds_none(request, "p", kernel.mask)
        half_lives, end = _name(request, n, "half_lives"), _name(request, n, "end")
        firsts.append(f"min(p.{half_lives}) FILTER (WHERE {outside}) AS {end}")
        origins.append(f"any_value(l.{end}) AS {end}")
        summed = _summed(f"p.{_name(request, n, 'kernel')}", f"p.{half_lives} - l.{end}")
        total = f"sum(CASE WHEN {outside} THEN {summed} ELSE 0 END) >> {ROOM}"
        sums.append(f"nullif({total}, 0) AS {_name(request, n, 'total')}")
    latest = Cte(
        name="latest_outside",
        grain="one row for each journey: half-lives since its last interaction outside the positions that weigh",
        sql=f"""
SELECT
  p.conversion,
  {comma(firsts)}
FROM placed AS p
GROUP BY p.conversion""",
    )
    outside_journeys = Cte(
        name="outside",
        grain="one row for each journey: its interactions outside the positions that weigh",
        sql=f"""
SELECT
  p.conversion,
  any_value(p.amount) AS amount,
  {comma([*origins, *sums])}
FROM placed AS p
  JOIN latest_outside AS l ON l.conversion = p.conversion
GROUP BY p.conversion""",
    )
    return (latest, *with_units(request, outside_journeys, [n for n, _ in request.masked_kernels]))


def earned(request: Request) -> tuple[str, dict[int, tuple[str, str]]]:
    """What to read placed interactions p from, and by kernel what they earn of a conversion and of its amount.

    Both are HUGEINT, in 2^-10 of 10^-12 conversions and currency units.
    """
    source = "placed AS p"
    if request.masked_kernels:
        source += "\n  JOIN outside AS o ON o.conversion = p.conversion"
    found = {n: _earned(request, n, "p") for n, _ in request.plain_kernels}
    for n, kernel in request.masked_kernels:
        count, amount = _earned(request, n, "o")
        outside = key_positions.holds_none(request, "p", kernel.mask)
        found[n] = (f"CASE WHEN {outside} THEN {count} ELSE 0 END", f"CASE WHEN {outside} THEN {amount} ELSE 0 END")
    return source, found


def _earned(request: Request, n: int, units: str) -> tuple[str, str]:
    end, count_unit, amount_unit, rest = (f"{units}.{_name(request, n, what)}" for what in _UNITS)
    age = f"(p.{_name(request, n, 'half_lives')} - {end})"

    def cut(product: str, shift: str) -> str:
        return f"(({product}) >> ({shift} - {FINER} + {age}))"

    kernel = f"CAST(p.{_name(request, n, 'kernel')} AS HUGEINT)"
    amount = f"{kernel} * {amount_unit} + (({kernel} * {rest}) >> {REST})"
    whole = cut(amount, f"{units}.amount_shift")
    return cut(f"{kernel} * {count_unit}", str(COUNT_SHIFT)), f"(CASE WHEN p.amount < 0 THEN -{whole} ELSE {whole} END)"
