"""From one figure to another in named steps that sum to the difference, with the conversions behind each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.engine.ledger.columns import credit_column
from attrib_cli.engine.models import POSITIONS, models_of
from attrib_cli.engine.notes import warnings_of
from attrib_cli.engine.spec import ReportSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.session import Session

Reason = Literal[
    "filtered-credit",
    "no-weight",
    "no-contacts",
    "no-interactions",
    "only-late",
    "only-outside-lookback",
    "only-excluded",
    "only-ineligible",
    "touched-outside-period",
    "filtered-deals",
    "outside-period",
    "no-amount",
    "no-closing-date",
    "no-creation-date",
    "currency",
    "position",
    "only-in-first",
    "only-in-second",
    "in-both",
    "new-conversions",
    "gone-conversions",
    "changed-values",
    "changed-interactions",
    "changed-rows",
    "new-rows",
    "gone-rows",
    "unattributed",
    "estimated",
    "rounding",
    "other",
    "unexplained",
]
ZERO = Decimal(0)
CENT = Decimal("0.01")
_MANY = 12


@frozen
class StepRow:
    """What one deal or contact moves the figure by, and the touchpoints that its journey has or had alone, if known.

    A touchpoint is told by its id, else by its contact and moment.
    """

    id: str
    amount: Decimal
    new_touchpoints: tuple[str, ...] = ()
    gone_touchpoints: tuple[str, ...] = ()


@frozen
class ReconcilingStep:
    """One reason why two figures differ: by how much, and the conversions behind it, the largest first.

    The rows sum to `amount`, but for the reasons that are no conversion's and have none. `detail` says which of several
    steps of one reason it is.
    """

    reason: Reason
    amount: Decimal
    rows: tuple[StepRow, ...] = ()
    detail: str = ""


@frozen
class NamedFigure:
    """A figure and what it is."""

    name: str
    amount: Decimal


@frozen
class Reconciliation:
    """The way from the figure `start` to the figure `end`; the amounts of `steps` sum to the difference exactly.

    Amounts are in `currency`, or counts of what `measure` counts where there is none. `spec` is the report of the
    start, `other` that of the end where it is another.
    """

    start: NamedFigure
    end: NamedFigure
    steps: tuple[ReconcilingStep, ...]
    measure: str
    currency: str | None
    spec: ReportSpec
    other: ReportSpec | None = None
    warnings: tuple[str, ...] = ()

    def turned(self) -> Reconciliation:
        """Return the way back."""
        steps = (
            replace(
                step,
                amount=-step.amount,
                rows=tuple(replace(row, amount=-row.amount) for row in step.rows),
            )
            for step in reversed(self.steps)
        )
        turned = replace(self, start=self.end, end=self.start, steps=tuple(steps))
        return turned if self.other is None else replace(turned, spec=self.other, other=self.spec)

    def against(self, total: Decimal) -> Reconciliation:
        """Return the way on to a total of unknown origin: what is left to it is unexplained."""
        rest = total - self.end.amount
        steps = (*self.steps, ReconcilingStep(reason="unexplained", amount=rest)) if rest else self.steps
        return replace(self, end=NamedFigure(name="the total given", amount=total), steps=steps)

    def enough(self) -> tuple[ReconcilingStep, ...] | None:
        """Return the fewest known steps that lead to the end to the cent, None where none do or there are too many."""
        known = [one for one in self.steps if one.reason not in ("unexplained", "rounding") and one.amount]
        wanted = self.end.amount - self.start.amount
        for number in range(len(known) if len(known) <= _MANY else 0):
            for some in combinations(known, number):
                if abs(wanted - sum((one.amount for one in some), ZERO)) < CENT / 2:
                    return some
        return None


def step(reason: Reason, amounts: Iterable[tuple[str, Decimal]], detail: str = "") -> ReconcilingStep:
    """Return a step made of what each conversion moves the figure by."""
    rows = sorted((StepRow(id=id_, amount=amount) for id_, amount in amounts), key=lambda r: (-abs(r.amount), r.id))
    return ReconcilingStep(reason=reason, amount=sum((r.amount for r in rows), ZERO), rows=tuple(rows), detail=detail)


def completed(
    steps: Sequence[ReconcilingStep], start: Decimal, end: Decimal, *, estimated: bool
) -> tuple[ReconcilingStep, ...]:
    """Return the steps, and one more where they do not sum to the difference.

    A report's figure and its credits, each of a millionth, may differ by a few millionths. What data-driven models
    credit to states that no journey at hand holds is no conversion's.
    """
    rest = end - start - sum((one.amount for one in steps), ZERO)
    if not rest:
        return tuple(steps)
    reason: Reason = "rounding" if abs(rest) < CENT else "estimated" if estimated else "other"
    return (*steps, ReconcilingStep(reason=reason, amount=rest))


@frozen
class Credits:
    """What each conversion's interactions are credited with, one amount for each model.

    `credited` is by conversion and the position of the interactions; `nothing` has the conversions that no interaction
    is credited with. `figures` are those of the report, less what it leaves unattributed.
    """

    credited: Mapping[tuple[str, str], tuple[Decimal, ...]]
    nothing: Mapping[str, tuple[Decimal, ...]]
    figures: tuple[Decimal, ...]
    currency: str | None
    warnings: tuple[str, ...]

    def of_conversions(self, number: int) -> dict[str, Decimal]:
        """Return what each conversion's interactions are credited with under the model of this number."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for (id_, _), amounts in self.credited.items():
            found[id_] += amounts[number]
        return dict(found)


def measure_of(session: Session, spec: ReportSpec) -> str:
    """Return the measure that the ledger of a report credits."""
    return type_of(spec, session.settings).credited


def plain(session: Session, spec: ReportSpec) -> ReportSpec:
    """Return a report without what does not concern its total: no limit, sort, comparison or interval."""
    bare = replace(spec, measures=(measure_of(session, spec),), limit=None, sort=(), compare=None, compare_dates=None)
    return replace(bare, transitions=False, estimation=replace(spec.estimation, confidence=None))


def credits_of(session: Session, spec: ReportSpec) -> Credits:
    """Run a report and its ledger and return what both say of each conversion."""
    kind = type_of(spec, session.settings)
    asked = plain(session, spec)
    report = session.run(asked)
    place = [column.name for column in report.columns].index(measure_of(session, spec))
    totals = [Decimal(str(row[place] or 0)) for row in report.totals]
    models = [model.name for model in models_of(asked, kind, session.settings)]
    columns = [credit_column(name) for name in models]
    credited: dict[tuple[str, str], tuple[Decimal, ...]] = {}
    nothing: dict[str, tuple[Decimal, ...]] = {}
    with open_ledger(session, replace(asked, measures=())) as ledger:
        for batch in ledger.batches:
            grouped = batch_sums(batch, columns)
            for (id_, position), amounts in grouped:
                if id_ is None:  # what states are credited with that no journey at hand holds
                    continue
                if position is None:
                    nothing[id_] = _added(nothing.get(id_), amounts)
                else:
                    credited[id_, position] = _added(credited.get((id_, position)), amounts)
        warnings = tuple(note.text for note in warnings_of(ledger.notes))
    figures = [total - sum((one[i] for one in nothing.values()), ZERO) for i, total in enumerate(totals)]
    return Credits(
        credited=credited,
        nothing=nothing,
        figures=tuple(figures) or tuple(ZERO for _ in models),
        currency=report.summary.currency if kind.valued else None,
        warnings=tuple(dict.fromkeys((*(note.text for note in report.warnings), *warnings))),
    )


def reconcile_models(session: Session, spec: ReportSpec) -> Reconciliation:
    """Return the way from what the first model of `spec` credits to interactions to what the second does.

    The steps are by the position of the interactions, which is what models weigh. Raises UsageError for other than two
    models, and what a report raises.
    """
    models = models_of(spec, type_of(spec, session.settings), session.settings)
    if len(models) != 2:
        raise UsageError(f"two models are compared, not {len(models)}", hint="Name two different ones.")
    found = credits_of(session, spec)
    moved: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for (id_, position), (first, second) in found.credited.items():
        if second != first:
            moved[position][id_] = second - first
    steps = [step("position", moved[name].items(), name) for name in sorted(moved, key=_in_order)]
    start, end = found.figures
    return Reconciliation(
        start=NamedFigure(name=f"attributed {measure_of(session, spec)} ({models[0].name})", amount=start),
        end=NamedFigure(name=f"attributed {measure_of(session, spec)} ({models[1].name})", amount=end),
        steps=completed(steps, start, end, estimated=any(model.estimated for model in models)),
        measure=measure_of(session, spec),
        currency=found.currency,
        spec=spec,
        warnings=found.warnings,
    )


def reconcile_reports(session: Session, spec: ReportSpec, other: ReportSpec, names: tuple[str, str]) -> Reconciliation:
    """Return the way from what one report credits to interactions to what another of the same type does.

    The steps are the conversions that only one of them credits, and what those of both are credited with otherwise.
    Raises UsageError for reports of two types, or of several models, and what a report raises.
    """
    for one in (spec, other):
        only_model(session, one)
    kind = type_of(spec, session.settings)
    if kind != type_of(other, session.settings):
        raise UsageError(
            f"a {kind.name} report and a {type_of(other, session.settings).name} report count different things",
            hint="Reconcile two reports of one type.",
        )
    first, second = credits_of(session, spec), credits_of(session, other)
    if first.currency != second.currency:
        raise UsageError("the two reports are in different currencies", hint="Say the currency in attrib.yaml.")
    before, after = first.of_conversions(0), second.of_conversions(0)
    lost: list[tuple[str, Decimal]] = [(id_, -amount) for id_, amount in before.items() if id_ not in after]
    gained = [(id_, amount) for id_, amount in after.items() if id_ not in before]
    both = [(i, after[i] - before[i]) for i in before if i in after and after[i] != before[i]]
    steps = [step("only-in-first", lost), step("only-in-second", gained), step("in-both", both)]
    start, end = first.figures[0], second.figures[0]
    estimated = any(m.estimated for one in (spec, other) for m in models_of(one, kind, session.settings))
    return Reconciliation(
        start=NamedFigure(name=f"attributed {measure_of(session, spec)} ({names[0]})", amount=start),
        end=NamedFigure(name=f"attributed {measure_of(session, spec)} ({names[1]})", amount=end),
        steps=completed([one for one in steps if one.rows], start, end, estimated=estimated),
        measure=measure_of(session, spec),
        currency=first.currency,
        spec=spec,
        other=other,
        warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))),
    )


def refuse_cycles(spec: ReportSpec) -> None:
    """Raise UsageError where journeys begin after the previous conversion: no step says what that leaves out."""
    if spec.cycles == "separate":
        raise UsageError(
            "what separate cycles leave out of journeys is no step on the way to this figure",
            hint="Leave it out, or reconcile a saved report with one of whole cycles.",
            place="--cycles",
        )


def only_model(session: Session, spec: ReportSpec) -> str:
    """Return the name of the one model of a report; raises UsageError where there are several."""
    models = models_of(spec, type_of(spec, session.settings), session.settings)
    if len(models) != 1:
        raise UsageError(
            f"attributed {measure_of(session, spec)} is a figure of one model, and {len(models)} are asked for",
            hint=f"Choose one, such as --model {models[0].name}.",
            place="--model",
        )
    return models[0].name


def batch_sums(
    batch: pa.RecordBatch, columns: Sequence[str]
) -> list[tuple[tuple[str | None, str | None], tuple[Decimal, ...]]]:
    """Return the sums of some columns of a batch by conversion and position."""
    import pyarrow as pa

    keys = ["conversion_id", "position"]
    table = pa.Table.from_batches([batch]).select([*keys, *columns])
    grouped = table.group_by(keys).aggregate([(name, "sum") for name in columns])
    ids, positions = (grouped.column(name).to_pylist() for name in keys)
    sums = [grouped.column(f"{name}_sum").to_pylist() for name in columns]
    return list(zip(zip(ids, positions, strict=True), zip(*sums, strict=True), strict=True))


def _added(known: tuple[Decimal, ...] | None, more: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return more if known is None else tuple(a + b for a, b in zip(known, more, strict=True))


def _in_order(position: str) -> tuple[int, ...]:
    """The order of positions: first, lead, deal, last, then what holds several, then the middle."""
    if position == "middle":
        return (len(POSITIONS),)
    return tuple(POSITIONS.index(name) for name in position.split("+"))
