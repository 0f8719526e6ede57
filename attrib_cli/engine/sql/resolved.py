"""A report request with every name resolved against the data: what the SQL is built from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.campaign_rules import CampaignRules
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import at
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.models import POSITIONS, Model
from attrib_cli.engine.notes import Note
from attrib_cli.engine.patterns import regular_expression
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.relations import Relation
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import TIMES, Filter
from attrib_cli.engine.spec import ORDERED_GAMES, ReportSpec
from attrib_cli.engine.sql.cte import Binder
from attrib_cli.engine.sql.predicates import local_time, predicate
from attrib_cli.engine.sql.shards import Shard
from attrib_cli.engine.sql.weighing import (
    AnyKernel,
    DrawnPeriod,
    EstimatedKernel,
    EstimationSettings,
    Kernel,
    SplitKernel,
    StateWeights,
    plain_names,
)

if TYPE_CHECKING:
    from attrib_cli.engine.sources import Table

Bound = tuple[Filter, Field]
"""A filter and the field that it looks at."""
OrderKey = Literal["id", "row", "time", "full"]

RATE_DIGITS = 12
"""Exchange rates count with this many decimals."""


@frozen
class Period:
    """Conversion instants from `start` up to, not including, `end`, in UTC; None leaves a side open.

    `shift_months` and `shift_days` move a comparison period's days onto those of the period reported, so that time
    buckets line up.
    """

    number: int
    start: dt.datetime | None
    end: dt.datetime | None
    first_day: dt.date | None
    last_day: dt.date | None
    shift_months: int = 0
    shift_days: int = 0


@frozen
class Request:
    """Everything the SQL depends on.

    `order_key` says how interactions of a journey are told apart and ordered: by time and whole-number id packed into
    one number, by time and row, by time alone (both only as long as that tells them apart, which the cube shows), or
    in full by time, id and row.

    `spec` is what was asked, and `notes` what there is to say about the data. A request with data-driven models
    goes through two rounds before its credit is gathered: `known_states` then are the states of all journeys (see
    `states.known_states`), `estimates` what they weigh and `estimation_notes` what speaks against it. With `uncut` the
    cube keeps what kernels earn as it is summed, in 2^-10 of 10^-12 parts: its cells can be added up further. With
    `ordered` interactions keep what orders them, whatever the models look at; with `unordered` they do not.
    `known_cycles` is the table of `conversions.cycles` where not all conversions are at hand: contact_id, converted_at,
    previous_at, of contacts that had converted before.
    `campaign_rules` find the campaigns of interactions, where their own column does not; with `splits` some may belong
    to several.
    """

    spec: ReportSpec
    report_type: ReportType
    models: tuple[Model, ...]
    half_life: dt.timedelta
    dimensions: tuple[Field, ...]
    measures: tuple[Measure, ...]
    periods: tuple[Period, ...]
    lookback: dt.timedelta | None
    credit_filters: tuple[Bound, ...]
    conversion_filters: tuple[Bound, ...]
    eligible: tuple[Bound, ...]
    preferred: tuple[Bound, ...] = ()
    sort: tuple[tuple[str, bool], ...]
    limit: int | None
    settings: Settings
    currency: str | None
    tables: Mapping[str, Table]
    order_key: OrderKey
    binder: Binder
    notes: tuple[Note, ...] = ()
    data_driven: EstimationSettings | None = None
    known_states: Relation = "known_states"
    estimates: tuple[StateWeights, ...] = ()
    estimation_notes: tuple[Note, ...] = ()
    drawn: tuple[DrawnPeriod, ...] = ()
    shard: Shard | None = None
    known_cycles: str | None = None
    campaign_rules: CampaignRules | None = None
    splits: bool = False
    readable: bool = False
    uncut: bool = False
    ordered: bool = False
    unordered: bool = False

    def in_full(self) -> Request:
        """The same request with interactions ordered in full, whatever ties there are."""
        return replace(self, order_key="full")

    def has(self, table: str, column: str) -> bool:
        """Whether `table` is at hand and has `column`."""
        return table in self.tables and column in self.tables[table].columns

    @property
    def valued(self) -> bool:
        """Whether conversions have an amount beside counting as one each."""
        kind = self.report_type
        return kind.value is not None and self.has(kind.table, kind.value)

    @property
    def needs_history(self) -> bool:
        """Whether it counts if contacts had converted before."""
        fields = (*self.dimensions, *(field for _, field in self.conversion_filters))
        return any(field.level == "history" for field in fields)

    @property
    def separate_cycles(self) -> bool:
        """Whether journeys begin after the previous conversion of each contact; a contact is created but once."""
        return self.spec.cycles == "separate" and self.report_type.pooled

    @property
    def needs_cycles(self) -> bool:
        """Whether it counts when contacts had converted before."""
        return self.separate_cycles or (self.needs_history and self.report_type.pooled)

    @property
    def compared(self) -> bool:
        """Whether a second period stands beside the one reported."""
        return len(self.periods) > 1

    @property
    def plain_conversions(self) -> bool:
        """Whether staged journeys need nothing of their conversions but that there are so many of them."""
        told = self.valued or self.compared or self.conversion_dimensions or self.groups_drawn or self.times
        return not (self.readable or told)

    @cached_property
    def positions(self) -> int:
        """The positions that must be found, as bits: those that a model weighs, or all where they are shown."""
        if any(field.level == "position" for field in (*self.dimensions, *(f for _, f in self.credit_filters))):
            return sum(1 << i for i, name in enumerate(POSITIONS) if name in self.report_type.positions) | self._weighed
        return self._weighed

    @cached_property
    def _weighed(self) -> int:
        """The positions that a model weighs, as bits."""
        mask = 0
        for model in self.models:
            mask |= model.mask
        return mask

    @cached_property
    def kernels(self) -> tuple[AnyKernel, ...]:
        """The kernels of the models that do not spread the rest equally, each once, in the order of the models."""
        return tuple(dict.fromkeys(k for k in map(self.kernel_of, self.models) if k is not None))

    @cached_property
    def plain_kernels(self) -> tuple[tuple[int, Kernel], ...]:
        """The decay kernels over all interactions of a journey, with their places among all kernels."""
        return tuple((n, k) for n, k in enumerate(self.kernels) if isinstance(k, Kernel) and not k.mask)

    @cached_property
    def masked_kernels(self) -> tuple[tuple[int, Kernel], ...]:
        """The decay kernels that leave out interactions in some positions, with their places among all kernels."""
        return tuple((n, k) for n, k in enumerate(self.kernels) if isinstance(k, Kernel) and k.mask)

    @cached_property
    def estimated_kernels(self) -> tuple[int, ...]:
        """The places, among all kernels, of those that are estimated and scaled."""
        return tuple(n for n, kernel in enumerate(self.kernels) if isinstance(kernel, EstimatedKernel))

    @cached_property
    def split_kernels(self) -> tuple[int, ...]:
        """The places, among all kernels, of the equal split between states."""
        return tuple(n for n, kernel in enumerate(self.kernels) if isinstance(kernel, SplitKernel))

    @cached_property
    def scaled_models(self) -> tuple[int, ...]:
        """The numbers of the models whose credits sum to the value of all conversions, not to that of each."""
        return tuple(n for n, model in enumerate(self.models) if isinstance(self.kernel_of(model), EstimatedKernel))

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """What data-driven models are estimated from: ``steps``, ``coalitions``."""
        kernels = [(model.counts, self.kernel_of(model)) for model in self.models]
        return tuple(sorted({counts for counts, kernel in kernels if counts and isinstance(kernel, EstimatedKernel)}))

    @property
    def needs_steps(self) -> bool:
        """Whether journeys are walked interaction by interaction, because a Markov chain counts their steps."""
        return "steps" in self.counted

    @property
    def ordered_sets(self) -> bool:
        """Whether it counts in which order the states of a journey first stood in it."""
        return "coalitions" in self.counted and self.estimation.game in ORDERED_GAMES

    @property
    def needs_order(self) -> bool:
        """Whether the order of all interactions of a journey counts, and not only its positions."""
        models = not self.unordered and (self.needs_steps or self.ordered_sets)
        return self.ordered or models or self.picks_paths

    @property
    def picks_paths(self) -> bool:
        """Whether journeys that did not convert are picked by their paths."""
        by_path = any(field.of_channels for _, field in self.journey_filters)
        return by_path and self.takes_non_converting

    @property
    def journey_filters(self) -> tuple[Bound, ...]:
        """The filters on conversions that look at their journeys."""
        return tuple(bound for bound in self.conversion_filters if bound[1].level == "journey")

    @property
    def plain_conversion_filters(self) -> tuple[Bound, ...]:
        """The filters on conversions that look at no journey."""
        return tuple(bound for bound in self.conversion_filters if bound[1].level != "journey")

    @property
    def journey_fields(self) -> tuple[Field, ...]:
        """What the report is cut by or filtered on that journeys say, each once."""
        asked = (*self.dimensions, *(field for _, field in self.journey_filters))
        return tuple({field.column: field for field in asked if field.level == "journey"}.values())

    @property
    def estimation(self) -> EstimationSettings:
        """How the data-driven models of the request are estimated; raises LookupError where it has none."""
        if self.data_driven is None:
            raise LookupError("the request has no data-driven model")
        return self.data_driven

    @property
    def confidence(self) -> Decimal | None:
        """How sure the intervals beside figures are to be; None without intervals."""
        return self.spec.estimation.confidence

    @property
    def states_drawn(self) -> bool:
        """Whether figures have intervals that are made of states, those of data-driven models."""
        return self.data_driven is not None and self.confidence is not None

    @property
    def groups_drawn(self) -> bool:
        """Whether figures have intervals that are made of groups of conversions, those of models by rules."""
        return self.confidence is not None and not all(model.estimated for model in self.models)

    @property
    def takes_non_converting(self) -> bool:
        """Whether journeys that did not convert count."""
        return self.data_driven is not None and self.data_driven.non_converting and bool(self.estimated_kernels)

    def kernel_of(self, model: Model) -> AnyKernel | None:
        """The kernel of a model; None for one that spreads the rest equally or has none."""
        if model.estimated:
            game = self.data_driven.game if self.data_driven is not None else None
            split = model.split_under is not None and game in (None, model.split_under)
            return SplitKernel() if split else EstimatedKernel(model=model.name)
        if model.kernel != "decay" or not model.rest:
            return None
        half_life = model.half_life or self.half_life
        return Kernel(half_life=round(half_life.total_seconds() * 1_000_000), mask=model.mask)

    @cached_property
    def conversion_dimensions(self) -> tuple[tuple[int, Field], ...]:
        """The dimensions of the conversion itself, with their places among all dimensions."""
        return tuple((i, field) for i, field in enumerate(self.dimensions) if field.of_conversion)

    @cached_property
    def carried_dimensions(self) -> tuple[tuple[int, Field], ...]:
        """The dimensions that an interaction carries through the query: its own columns and its contact's."""
        return tuple((i, field) for i, field in enumerate(self.dimensions) if field.carried)

    def value_column(self, number: int) -> str:
        """The column of a dimension's value, as it stands in the data: ``channel_value``."""
        return f"{self._column_names[number]}_value"

    def label_column(self, number: int) -> str:
        """The column of the text that rows show for a dimension: ``channel_label``."""
        return f"{self._column_names[number]}_label"

    @cached_property
    def _column_names(self) -> list[str]:
        """The dimensions' names as SQL has them without quotes."""
        return plain_names([field.name for field in self.dimensions], "dimension")

    @cached_property
    def kernel_names(self) -> tuple[str, ...]:
        """What the columns of each of the `kernels` begin with: the first model that has it, such as ``time_decay``."""
        first = {kernel: model.name for model in reversed(self.models) if (kernel := self.kernel_of(model)) is not None}
        return tuple(plain_names([first[kernel] for kernel in self.kernels], "model"))

    def earned_columns(self, kernel: int) -> tuple[str, str]:
        """The columns of what interactions earn under a kernel: ``time_decay_conversions``, ``time_decay_amount``."""
        name = self.kernel_names[kernel]
        return f"{name}_conversions", f"{name}_amount"

    @property
    def names_campaigns(self) -> bool:
        """Whether the names or columns of campaigns are needed at all."""
        by_state = self.data_driven is not None and self.data_driven.by_campaign
        return self.needs_campaign or self.needs_spend or self.eligible_by_campaign or by_state

    @property
    def eligible_by_campaign(self) -> bool:
        """Whether it depends on their campaigns which interactions may earn credit."""
        return any(field.level == "campaign" for _, field in (*self.eligible, *self.preferred))

    @property
    def eligible_by_contact(self) -> bool:
        """Whether it depends on their contacts which interactions may earn credit."""
        return any(field.level == "contact" for _, field in self.eligible)

    @property
    def needs_campaign(self) -> bool:
        """Whether the cube must tell campaigns apart."""
        fields = (*self.dimensions, *(field for _, field in self.credit_filters))
        return self.tells_spenders or any(field.level == "campaign" for field in fields)

    @property
    def of_paths(self) -> bool:
        """Whether journeys come from paths with counts: each stands for many, and times are made up."""
        touchpoints = self.tables.get("touchpoints")
        return touchpoints is not None and touchpoints.source.of_paths

    @property
    def times(self) -> list[str]:
        """The column that says how many a row stands for, where journeys come from paths with counts."""
        return [TIMES] if self.of_paths else []

    def count_rows(self, alias: str, condition: str | None = None) -> str:
        """The SQL aggregate that counts rows under `alias`, where a `condition` holds, each as often as it stands."""
        only = f" FILTER ({condition})" if condition is not None else ""
        return f"CAST(coalesce(sum({alias}.{TIMES}){only}, 0) AS BIGINT)" if self.of_paths else f"count(*){only}"

    @property
    def splits_cells(self) -> bool:
        """Whether cells of the cube are split between the campaigns of their interactions."""
        return self.splits and self.needs_campaign

    @property
    def in_several_rows(self) -> bool:
        """Whether an interaction can stand in several rows, because it belongs to several campaigns."""
        return self.splits and any(field.level == "campaign" for field in self.dimensions)

    @property
    def tells_spenders(self) -> bool:
        """Whether a measure sets credit against spend, and so takes that of campaigns with spend alone."""
        return any(measure.of_spenders for measure in self.measures)

    @property
    def needs_spend(self) -> bool:
        """Whether a measure takes campaign spend or budget."""
        return any(measure.source == "spend" for measure in self.measures)

    @property
    def performed(self) -> tuple[str, ...]:
        """The measures of campaign performance that are counted: asked for, or what spend is divided by."""
        own = [measure.name for measure in self.measures if measure.source == "performance"]
        return tuple(dict.fromkeys((*own, *(m.per for m in self.measures if m.per is not None))))

    @cached_property
    def models_of_rows(self) -> tuple[int, ...]:
        """The numbers of the models that credit rows with whole conversions."""
        return tuple(number for number, model in enumerate(self.models) if model.of_rows)

    @property
    def counts_touched(self) -> bool:
        """Whether the conversions that a row's interactions led to are counted, each once in the row."""
        return bool(self.models_of_rows) or any(measure.source == "touched" for measure in self.measures)

    @property
    def filters_credits(self) -> bool:
        """Whether only some credits are shown, and so no unattributed conversions."""
        return bool(self.credit_filters)

    @property
    def carries_shown(self) -> bool:
        """Whether interactions carry a mark of passing the filters on credits."""
        return any(field.carried for _, field in self.credit_filters)

    @property
    def excludes(self) -> bool:
        """Whether there is a column that excluded interactions can be told by."""
        return (bool(self.settings.exclude_asset_types) and self.has("touchpoints", "asset_type")) or (
            bool(self.settings.exclude_interaction_types) and self.has("touchpoints", "interaction_type")
        )

    def column(self, field: Field, alias: str) -> str:
        """The SQL of a field's column, raw, under the table alias `alias`."""
        if self.campaign_rules is not None and field.place == ("touchpoints", "campaign_id"):
            return f"{alias}.stated_campaign_id"
        return f"{alias}.{identifier(field.column)}"

    def condition(self, bound: Bound, expression: str) -> str:
        """The SQL condition of a filter on `expression`."""
        filter_, field = bound
        option = "--eligible" if bound in self.eligible else "--prefer" if bound in self.preferred else "--where"
        with at(option):
            value = self.grouped(field, expression)
            return predicate(filter_, field, value, self.settings.timezone, self.binder)

    def grouped(self, field: Field, expression: str) -> str:
        """The SQL of the group of the value `expression` of a field, which may be null; the value itself without."""
        groups = field.groups
        if groups is None:
            return expression
        text = self.label(replace(field, groups=None, kind=field.grouped), expression)
        whole = f"lower(trim(coalesce({text}, '')))"
        whens = [
            f"WHEN regexp_full_match({whole}, {literal(regular_expression(group.patterns))}) THEN {literal(group.name)}"
            for group in groups.groups
        ]
        rest = (
            text if groups.otherwise is None else f"CASE WHEN {text} IS NOT NULL THEN {literal(groups.otherwise)} END"
        )
        return f"CASE {' '.join(whens)} ELSE {rest} END"

    def label(self, field: Field, expression: str) -> str:
        """The text that a row shows for the value `expression` of a field, which may be null."""
        if field.groups is not None:
            return self.grouped(field, expression)
        if field.kind == "timestamp":
            local = local_time(expression, self.settings.timezone, self.binder)
            return f"strftime({local}, '%Y-%m-%dT%H:%M:%S')"
        if field.kind == "decimal":
            return f"regexp_replace(CAST({expression} AS VARCHAR), '[.]?0+$', '')"
        return f"CAST({expression} AS VARCHAR)"

    def rate(self, currency: str, amount: str) -> str:
        """The SQL of `amount`, a DECIMAL(38, 6) in its own `currency`, in the report's currency.

        Rounded half away from zero to a millionth, in whole numbers.
        """
        rates = {code.upper(): rate for code, rate in self.settings.exchange_rates.items()}
        cases = " ".join(
            f"WHEN {self.binder.bind(code)} THEN CAST({self.binder.bind(int(rate.scaleb(RATE_DIGITS)))} AS HUGEINT)"
            for code, rate in sorted(rates.items())
            if rate != 1 and code != (self.currency or "").upper()
        )
        if not cases:
            return amount
        one = f"CAST({10**RATE_DIGITS} AS HUGEINT)"
        micros = f"CAST({amount} * 1000000 AS HUGEINT)"
        converted = f"{micros} * (CASE upper(trim({currency})) {cases} ELSE {one} END)"
        rounded = f"((2 * {converted} + sign({amount}) * {one}) // (2 * {one}))"
        return f"(CAST({rounded} AS DECIMAL(31, 0)) * CAST(0.000001 AS DECIMAL(7, 6)))"
