"""The credit cube by day, to be carried elsewhere: whoever has it finishes the report of any days, models and filters.

It has everything that `finishing` needs for rules, at a grain that adds up to that of every such report: the cells of
`sql.cube`, cut by day, campaign and channel besides, with all key positions of its type. Cells are whole numbers,
and nothing in them is rounded; what finishes them is written down in docs/dashboards.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import ReportType, type_of
from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import SHOWN_POSITIONS, known_models
from attrib_cli.engine.partial import combine
from attrib_cli.engine.spec import DateRange, EstimationSpec, ReportSpec
from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.buckets import bucket_of
from attrib_cli.engine.sql.campaigns import campaign_parts
from attrib_cli.engine.sql.cte import comma, used_values, with_clause
from attrib_cli.engine.sql.decay import FINER
from attrib_cli.engine.sql.labels import labels_of, shown_of
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.weighing import Kernel

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session

TimeUnit = Literal["day", "month"]
FILTERED = ("campaign", "channel")
"""What can be filtered on, beside days, where the data have it."""


@frozen
class CubeDimension:
    """One dimension of the report: a bucket of time, the position, or a column of keys under the texts that rows show.

    `labels` has a text for each key of the column; `of_conversion` says that unattributed conversions have it too.
    """

    name: str
    kind: Literal["bucket", "position", "column"]
    of_conversion: bool
    missing: str
    column: int = -1
    labels: tuple[str, ...] = ()


@frozen
class CubeModel:
    """A model that can be computed from the cube: whole-number weights, and its decay kernel, -1 without one."""

    name: str
    weights: tuple[int, ...]
    rest: int
    kernel: int
    custom: bool


@frozen
class DayCube:
    """The cells of a report of one type, all time, as columns of equal length.

    `unit` is what `moments` are: days, or the first days of months. A cell has its place in `moments`, whether it is of
    an attributed conversion, keys (a place in the labels of each column), `shown` (filters on the interaction let it be
    seen), `allowed` (so do those on its campaign and position), the positions held, pattern and length of the journey,
    interactions (conversions, where it is not attributed), the amount in millionths, and what each kernel earned, in
    2^-`finer` of 10^-12 conversions and currency units. `filters` name dimensions that rows can be filtered by: they
    need not be among `dimensions`. `by_campaign` says that filters of the report look at campaigns, `by_position` at
    positions, `filtered` that there are any on credits.
    """

    type: ReportType
    unit: TimeUnit
    positions: int
    models: tuple[CubeModel, ...]
    dimensions: tuple[CubeDimension, ...]
    filters: tuple[CubeDimension, ...]
    sizes: tuple[int, ...]
    campaign: int
    by_campaign: bool
    by_position: bool
    filtered: bool
    week_starts_on: int
    moments: tuple[str, ...]
    cells: CubeCells
    finer: int = FINER


@frozen
class CubeCells:
    """The columns of a `DayCube`; `keys` has one for each column of keys, `earned` two for each kernel."""

    moment: Sequence[int]
    attributed: Sequence[int]
    keys: Sequence[Sequence[int]]
    shown: Sequence[int]
    allowed: Sequence[int]
    held: Sequence[int]
    pattern: Sequence[int]
    length: Sequence[int]
    interactions: Sequence[int]
    amount: Sequence[int]
    earned: Sequence[Sequence[int]]


def day_cube(
    session: Session, spec: ReportSpec, *, unit: TimeUnit = "day", filters: Sequence[str] = FILTERED
) -> DayCube:
    """Return the cube of what `spec` asks for, of all conversions whatever its dates, models and comparison.

    `filters` are left out that the data cannot serve: on campaigns, where interactions belong to several. Raises
    UsageError for a report that cannot be finished elsewhere: a transition matrix, one cut by buckets of time
    that `unit` does not make up, or one with interactions of several campaigns, whose cells are split later.
    """
    if spec.transitions:
        raise UsageError("a transition matrix is computed from journeys, and not from the credit cube")
    kind, kinds = type_of(spec, session.settings), session.kinds()
    offered = {field.name for field, _ in session.dimensions(spec.type)}
    alone = session.prepare(replace(_whole(spec), models=("linear",)))
    if alone.splits_cells:
        raise UsageError("interactions belong to several campaigns at once, which a page cannot share out")
    own = alone.dimensions
    _check_buckets(own, unit)
    columns = tuple(field.name for field in own if not field.named_by_query)
    extra = tuple(name for name in filters if name in offered and "touchpoints" in kinds)
    settings = session.settings
    fitting = [model for model in known_models((*settings.models, *spec.own_models)) if model.misfit(kind) is None]
    rules = tuple(model.name for model in fitting if model.scripted)

    def prepared() -> Request:
        by = tuple(dict.fromkeys((*columns, *extra, unit, "position")))
        return replace(session.prepare(replace(_whole(spec), models=rules, by=by), clock), uncut=True)

    with session.translated():
        clock = Clock(session.progress)
        request = prepared()
        if request.splits_cells:  # a filter on campaigns alone would split them
            extra = tuple(name for name in extra if name != "campaign")
            request = prepared()
        partials = session.backend.begin(session.con, request, clock).gather(request, "credit")
        combine(session.con, request, "credit", partials)
        return _read(session, request, own, extra, unit)


def _whole(spec: ReportSpec) -> ReportSpec:
    """Return the request without what whoever has the cube decides."""
    return replace(
        spec,
        dates=DateRange(),
        compare=None,
        compare_dates=None,
        measures=(),
        sort=(),
        limit=None,
        estimation=EstimationSpec(),
        allow_empty=True,
    )


def _check_buckets(fields: Sequence[Field], unit: TimeUnit) -> None:
    for field in fields:
        if field.level == "age":
            raise UsageError(f"rows by {field.name} stand in the order of numbers, which a page does not sort by")
        if field.groups is not None and field.named_by_query:
            raise UsageError(f"groups of {field.groups.of} are made of the report's rows, and not of cells")
        if field.level == "bucket" and (
            bucket_of(field).finest not in (unit, "month") or not bucket_of(field).scripted
        ):
            raise UsageError(f"figures by {field.name} cannot be made of those of a {unit}")


def _read(session: Session, request: Request, own: Sequence[Field], extra: Sequence[str], unit: TimeUnit) -> DayCube:
    numbers = {field.name: i for i, field in enumerate(request.dimensions)}
    labels, source = labels_of(request, "cube AS c")
    moment = f"c.{request.value_column(numbers[unit])}"
    plain = [f for f in request.dimensions if not f.named_by_query]
    keyed = [f for f in plain if f.level != "campaign"]
    keys = [f"c.{request.value_column(numbers[f.name])}" for f in keyed]
    keys += ["c.campaign_key"] if request.needs_campaign else []
    earned = [f"c.{name}" for n, _ in enumerate(request.kernels) for name in request.earned_columns(n)]
    columns = [
        "c.cell = 'credit'",
        moment,
        "c.shown",
        shown_of(request),
        "c.positions_held",
        _narrow_pattern(),
        "c.length",
    ]
    columns += ["c.interactions", "c.amount", *earned, *keys]
    columns += [labels[numbers[f.name]].rpartition(" AS ")[0] for f in plain]
    sql = (
        f"{with_clause(campaign_parts(request))}SELECT\n  {comma(columns)}\nFROM {source}\n"
        f"WHERE c.cell <> 'excluded'\nORDER BY ALL"
    )
    found = session.con.execute(sql, used_values(sql, request.binder.values)).fetchall()
    flat = list(zip(*found, strict=True)) if found else [()] * len(columns)
    at = 9 + len(earned)
    coded = [_coded(values) for values in flat[at : at + len(keys)]]
    moments = sorted(set(flat[1]))
    places = {text: place for place, text in enumerate(moments)}
    spots = {f.name: i for i, f in enumerate(keyed)}
    campaign = len(keyed) if request.needs_campaign else -1
    texts = {f.name: flat[at + len(keys) + i] for i, f in enumerate(plain)}

    def dimension(field: Field) -> CubeDimension:
        kind: Literal["bucket", "position", "column"] = (
            "bucket" if field.level == "bucket" else "position" if field.level == "position" else "column"
        )
        made = CubeDimension(name=field.name, kind=kind, of_conversion=field.of_conversion, missing=field.missing_label)
        if kind != "column":
            return made
        column = campaign if field.level == "campaign" else spots[field.name]
        shown = dict(zip(coded[column][0], texts[field.name], strict=True) if field.of_conversion else ())
        if not field.of_conversion:
            pairs = zip(flat[0], coded[column][0], texts[field.name], strict=True)
            shown = {key: text for attributed, key, text in pairs if attributed}
        labels = tuple(shown.get(key, "") for key in range(coded[column][1]))
        return replace(made, column=column, labels=labels)

    levels = {field.level for _, field in request.credit_filters}
    return DayCube(
        type=request.report_type,
        unit=unit,
        positions=request.positions,
        models=tuple(_model(request, number) for number, _ in enumerate(request.models)),
        dimensions=tuple(dimension(field) for field in own),
        filters=tuple(dimension(request.dimensions[numbers[name]]) for name in extra),
        sizes=tuple(size for _, size in coded),
        campaign=campaign,
        by_campaign="campaign" in levels,
        by_position="position" in levels,
        filtered=request.filters_credits,
        week_starts_on=request.settings.week_starts_on,
        moments=tuple(moments),
        cells=CubeCells(
            moment=[places[text] for text in flat[1]],
            attributed=[int(value) for value in flat[0]],
            keys=[codes for codes, _ in coded],
            shown=[int(value) for value in flat[2]],
            allowed=[int(value) for value in flat[3]],
            held=flat[4],
            pattern=flat[5],
            length=flat[6],
            interactions=flat[7],
            amount=flat[8],
            earned=flat[9:at],
        ),
    )


def _narrow_pattern() -> str:
    """The SQL of the pattern of a cell with as many bits for each position as there are positions that rows show."""
    width, shown = key_positions.WIDTH, len(SHOWN_POSITIONS)
    mask = (1 << shown) - 1
    return " + ".join(f"((c.pattern >> {width * i}) & {mask}) * {1 << shown * i}" for i in range(shown))


def _coded(values: Sequence[object]) -> tuple[list[int], int]:
    """Return the values as whole numbers from 0, in the order in which they come, and how many there are."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values], len(numbers)


def _model(request: Request, number: int) -> CubeModel:
    model = request.models[number]
    weights, rest = model.whole_weights()
    kernel = request.kernel_of(model)
    place = request.kernels.index(kernel) if isinstance(kernel, Kernel) else -1
    return CubeModel(name=model.name, weights=weights, rest=rest, kernel=place, custom=model.custom)
