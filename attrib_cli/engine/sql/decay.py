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

from attrib_cli.engine.sql.cte import Cte, comma
from attrib_cli.engine.sql.resolved import Kernel, Request

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
            sql=(
                f"SELECT flatten(list_transform({_listed(_powers(64))},\n"
                f"  lambda a: list_transform({_listed(_powers(64**2))},\n"
                f"    lambda b: {product}))) AS parts"
            ),
            materialized=True,
        ),
    )


def _kernels(request: Request) -> tuple[tuple[int, Kernel], ...]:
    return (*request.plain_kernels, *request.masked_kernels)


def aged(request: Request) -> list[str]:
    """The columns of an interaction i that tell its age: whole half-lives, steps of the next one, and what is left.

    What is left is its logarithm, a DOUBLE.
    """
    columns = []
    for n, kernel in _kernels(request):
        fraction = f"i.age % {kernel.half_life}"
        scaled = (
            f"(CAST({fraction} AS HUGEINT) << {STEPS})" if kernel.half_life > LONGEST else f"({fraction} << {STEPS})"
        )
        log = _EXACT.divide(_EXACT.ln(Decimal(2)), Decimal(kernel.half_life << STEPS))
        columns += [
            f"i.age // {kernel.half_life} AS half_lives{n}",
            f"CAST({scaled} // {kernel.half_life} AS BIGINT) AS steps{n}",
            f"({scaled} % {kernel.half_life}) * {float(log)!r} AS log{n}",
        ]
    return columns


def with_kernels(request: Request, interactions: str) -> str:
    """The SELECT `interactions`, which has the columns of `aged`, with the kernels of the fractions of half-lives."""
    if not _kernels(request):
        return interactions
    numbers = [n for n, _ in _kernels(request)]
    gone = ", ".join(f"{name}{n}" for n in numbers for name in ("steps", "log"))
    kernels = []
    for n in numbers:
        log, part = f"a.log{n}", f"t.parts[a.steps{n} + 1]"
        less = f"{log} * (1e0 - {log} * (0.5e0 - {log} * ({1 / 6!r} - {log} * {1 / 24!r})))"
        kernels.append(f"{part} - CAST(CAST({part} AS DOUBLE) * ({less}) AS BIGINT) AS kernel{n}")
    return (
        f"SELECT a.* EXCLUDE ({gone}),\n  {comma(kernels)}\n"
        f"FROM (\n{interactions}\n) AS a\n  CROSS JOIN powers_of_two AS t"
    )


def totals(request: Request) -> list[str]:
    """The aggregates of a journey: whole half-lives since its last interaction, and kernels from the conversion on."""
    columns = []
    for n, _ in request.plain_kernels:
        columns.append(f"min(half_lives{n}) AS origin{n}")
        columns.append(f"sum({_summed(f'kernel{n}', f'half_lives{n}')}) AS total{n}")
    return columns


def _summed(kernel: str, half_lives: str) -> str:
    return f"(CAST({kernel} AS HUGEINT) << {ROOM}) >> ({half_lives})"  # by 128 and more gives 0


def old_journeys(request: Request) -> tuple[Cte, ...]:
    """Sums of kernels, counted from the last interaction, of journeys that ended long before the conversion."""
    return tuple(
        Cte(
            name=f"old{n}",
            grain="one row for each journey that ended many half-lives before the conversion: its sum of kernels",
            sql=(
                f"SELECT e.conversion, sum({_summed(f'e.kernel{n}', f'e.half_lives{n} - o.origin{n}')}) AS total\n"
                "FROM eligible AS e\n  JOIN journey_totals AS o ON o.conversion = e.conversion\n"
                f"WHERE o.origin{n} > {REACH}\n"
                "GROUP BY e.conversion"
            ),
        )
        for n, _ in request.plain_kernels
    )


def of_journeys(request: Request) -> tuple[list[str], str]:
    """The columns of journeys w that say from where and to what their kernels sum, and what to join with them."""
    columns, joins = [], ""
    for n, _ in request.plain_kernels:
        joins += f"\n  LEFT JOIN old{n} AS o{n} ON o{n}.conversion = w.conversion"
        own = f"w.total{n} >> ({ROOM} - least(w.origin{n}, {ROOM}))"
        columns.append(f"w.origin{n}")
        columns.append(f"CASE WHEN o{n}.conversion IS NULL THEN {own} ELSE o{n}.total >> {ROOM} END AS total{n}")
    return columns, joins


def with_units(journeys: str, numbers: list[int]) -> str:
    """The SELECT `journeys` with what a unit of kernel earns: of a conversion, and of its amount in two numbers.

    The first digits of a quotient come from numbers of 53 bits, the further ones from the exact remainder of that.
    """
    if not numbers:
        return journeys
    # whole millionths below 2^50 survive the way through a DOUBLE, which is much quicker than a cast of a DECIMAL
    quick = "CAST(CAST(abs(amount) AS DOUBLE) * 1e6 AS BIGINT)"
    micros = f"CASE WHEN abs(amount) < 1000000000 THEN {quick} ELSE CAST(abs(amount) * 1000000 AS HUGEINT) END"
    value = f"CAST({micros} AS HUGEINT) * 1000000"
    shifts = " ".join(f"WHEN value < {2 ** (122 - shift)} THEN {shift}" for shift in (80, 64, 48, 32, 16))
    one = f"(CAST({10**12} AS HUGEINT) << {COUNT_SHIFT})"
    firsts, units = [], []
    for n in numbers:
        divisor = f"CAST(total{n} AS DOUBLE)"
        firsts.append(f"CAST(CAST({one} AS DOUBLE) / {divisor} AS BIGINT) AS count_first{n}")
        firsts.append(
            f"greatest(CAST(CAST(value << shift AS DOUBLE) / {divisor} AS BIGINT) - 512, 0) AS amount_unit{n}"
        )
        count_left = f"CAST({one} - total{n} * count_first{n} AS DOUBLE)"
        left = f"CAST((value << shift) - total{n} * amount_unit{n} AS DOUBLE)"
        units.append(f"count_first{n} + CAST({count_left} / {divisor} AS BIGINT) AS count_unit{n}")
        units.append(f"CAST({left} / {divisor} * {2**REST} AS BIGINT) AS amount_rest{n}")
    gone = ", ".join(["value", *(f"{name}{n}" for n in numbers for name in ("count_first", "total"))])
    return (
        f"SELECT * EXCLUDE ({gone}),\n  {comma(units)}\nFROM (\nSELECT *,\n  {comma(firsts)}\n"
        f"FROM (\nSELECT *, CASE {shifts} ELSE 1 END AS shift\n"
        f"FROM (\nSELECT *, {value} AS value\nFROM (\n{journeys}\n) AS j\n) AS j\n) AS j\n) AS j"
    )


def placed(request: Request) -> list[str]:
    """The columns of eligible interactions e and their journeys j that `masked` and `earned` read."""
    columns = [f"e.{name}{n}" for n, _ in _kernels(request) for name in ("half_lives", "kernel")]
    for n, _ in request.plain_kernels:
        columns += [f"j.{name}{n}" for name in ("origin", "count_unit", "amount_unit", "amount_rest")]
    return [*columns, "j.shift"] if request.plain_kernels else columns


def masked(request: Request) -> tuple[Cte, ...]:
    """For kernels that leave out positions: from where, and to what, they sum in each journey."""
    if not request.masked_kernels:
        return ()
    numbers = [n for n, _ in request.masked_kernels]
    outside = {n: f"p.positions_held & {kernel.mask} = 0" for n, kernel in request.masked_kernels}
    firsts = [f"min(p.half_lives{n}) FILTER (WHERE {outside[n]}) AS origin{n}" for n in numbers]
    sums = []
    for n in numbers:
        summed = _summed(f"p.kernel{n}", f"(p.half_lives{n} - l.origin{n})")
        sums.append(f"nullif(sum(CASE WHEN {outside[n]} THEN {summed} ELSE 0 END) >> {ROOM}, 0) AS total{n}")
    origins = ", ".join(f"any_value(l.origin{n}) AS origin{n}" for n in numbers)
    return (
        Cte(
            name="latest",
            grain="one row for each journey: half-lives since its last interaction outside the positions that weigh",
            sql=f"SELECT p.conversion, {', '.join(firsts)}\nFROM placed AS p\nGROUP BY p.conversion",
        ),
        Cte(
            name="ages",
            grain="one row for each journey: what a unit of kernel earns outside the positions that weigh",
            sql=with_units(
                f"SELECT p.conversion, any_value(p.amount) AS amount, {origins},\n  {comma(sums)}\n"
                "FROM placed AS p\n  JOIN latest AS l ON l.conversion = p.conversion\nGROUP BY p.conversion",
                numbers,
            ),
        ),
    )


def earned(request: Request) -> tuple[str, dict[int, tuple[str, str]]]:
    """What to read placed interactions p from, and by kernel what they earn of a conversion and of its amount.

    Both are HUGEINT, in 2^-10 of 10^-12 conversions and currency units.
    """
    source = "placed AS p"
    if request.masked_kernels:
        source += "\n  JOIN ages AS a ON a.conversion = p.conversion"
    found = {n: _earned(n, "p") for n, _ in request.plain_kernels}
    for n, kernel in request.masked_kernels:
        count, amount = _earned(n, "a")
        outside = f"p.positions_held & {kernel.mask} = 0"
        found[n] = (f"CASE WHEN {outside} THEN {count} ELSE 0 END", f"CASE WHEN {outside} THEN {amount} ELSE 0 END")
    return source, found


def _earned(n: int, units: str) -> tuple[str, str]:
    age = f"(p.half_lives{n} - {units}.origin{n})"

    def cut(product: str, shift: str) -> str:
        return f"(({product}) >> ({shift} - {FINER} + {age}))"

    kernel = f"CAST(p.kernel{n} AS HUGEINT)"
    amount = f"{kernel} * {units}.amount_unit{n} + (({kernel} * {units}.amount_rest{n}) >> {REST})"
    earned = cut(amount, f"{units}.shift")
    return cut(f"{kernel} * {units}.count_unit{n}", str(COUNT_SHIFT)), (
        f"(CASE WHEN p.amount < 0 THEN -{earned} ELSE {earned} END)"
    )
