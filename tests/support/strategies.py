"""Random data sets and requests, small and full of what goes wrong in real ones.

Hypothesis draws a seed, from which a case is built with plain dice: that gives far more varied cases in the same time
than drawing every cell. A failing case is made small here as well, by leaving out rows, models and options for as long
as it fails.

Instants come from a small pool, so that ties, interactions at the very moment of the conversion and look-back edges
are frequent.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from conftest import Style, examples
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from reference import BUCKETS, DAY, OF_JOURNEY, POSITIONS, Ask, Data, Row, Test, Value, Weights, offered

from attrib_cli.engine.settings import CustomModel, Settings
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import DateRange, ReportSpec

Cell = str | int | Decimal | dt.date | None
BASE = dt.datetime(2025, 12, 20, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
TYPES = ("contact-create", "deal-create", "revenue")
CAMPAIGN_NAMES = ("Spring Launch", "Spring Launch", 'Été; "quoted", comma', "=Webinar", "NO", "10", None)
ASSET_TYPES = (
    *("Landing page", "Email", "Form", "Ad", "Call", None, "Web_Page", "E-mail", "lists", "flow", "Workflows"),
    *("static list", "STATIC_LIST", "Static-List", "staticlist", "OBJECT_LIST"),
    *("workflow", "Work Flow", "automation-platform-flow"),
)
"""The first eleven may earn credit, the others are spellings of static list and workflow."""

STAGES = ("closedwon", "Closed Won", "CLOSED_WON", "closed-won", "Won", "won", "closedlost", "almost won", None)
AMOUNTS = (None, Decimal("0.00"), Decimal("0.01"), Decimal("100.00"), Decimal("99999999.99"))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, how it is written, and what is asked of it."""

    data: Data
    style: Style
    ask: Ask
    half_life: dt.timedelta
    seed: int = 0

    def measures(self) -> tuple[str, ...]:
        """Every measure that the reference knows for the type of report."""
        amounts = {"contact-create": ("contacts",), "deal-create": ("deals", "amount"), "revenue": ("revenue", "deals")}
        touched = () if self.ask.type == "contact-create" else ("amount_touched",)
        return (*amounts[self.ask.type], "interactions", "share", "conversions_touched", *touched)

    def spec(self) -> ReportSpec:
        """The request as the engine takes it."""
        ask = self.ask

        def filters(tests: Iterable[Test]) -> tuple[Filter, ...]:
            return tuple(Filter(column=test.column, op=test.op, values=test.values) for test in tests)  # type: ignore[arg-type]

        return ReportSpec(
            type=ask.type,
            models=tuple(ask.models),
            by=ask.by,
            dates=DateRange(start=ask.start, end=ask.end, label="test"),
            lookback=ask.lookback,
            half_life=self.half_life,
            campaigns=ask.campaigns,
            where=filters(ask.where),
            eligible=filters(ask.eligible),
            cycles="separate" if ask.separate else "whole",
            allow_empty=True,
            measures=self.measures(),
        )

    def settings(self) -> Settings:
        """The configuration as the engine takes it."""
        return Settings(
            timezone=self.ask.zone,
            fiscal_year_starts_in=self.ask.fiscal_year_starts_in,
            exclude_interaction_types=self.ask.excluded_interactions,
            models=tuple(custom(name, model) for name, model in self.ask.models.items() if name == "mine"),
            from_association=self.ask.from_association,
        )


def custom(name: str, model: Weights) -> CustomModel:
    """A model of the configuration, from the reference's form of it."""
    return CustomModel(
        name=name,
        weights={position: decimal(weight) for position, weight in model.positions.items()},
        rest=decimal(model.rest),
        kernel="equal" if model.half_life is None else "decay",
        half_life=model.half_life,
    )


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def fraction(cell: Cell) -> Fraction:
    """A figure of a report as a fraction; an empty one is nothing."""
    assert cell is None or isinstance(cell, (int, Decimal)), cell
    return Fraction(cell or 0)


# --- data sets ------------------------------------------------------------------------------------------------------


def ambiguous(moment: dt.datetime, zone: str) -> bool:
    """Whether the wall clock of `zone` shows this moment's time twice."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def pool_of(dice: random.Random, zone: str) -> list[dt.datetime]:
    """Four to ten instants of about three and a half months, in order: most at full hours, some as a day begins."""

    def one() -> dt.datetime:
        moment = BASE + dice.randrange(2600) * HOUR
        chance = dice.random()
        if chance > 0.75:
            day = moment.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            moment = day.astimezone(dt.UTC)
        if chance < 0.3:
            moment += dt.timedelta(microseconds=dice.randrange(3_600_000_000))
        return moment + 3 * HOUR if ambiguous(moment, zone) else moment

    return sorted({one() for _ in range(dice.randint(4, 10))})


def data_set(dice: random.Random, zone: str = "UTC", *, unique_ids: bool = False, crowded: bool = False) -> Data:
    """Up to 4 contacts of up to 6 interactions each, and 2 to 8 deals; with `unique_ids` no two ids are the same.

    A `crowded` one has 8 to 16 contacts and up to 16 deals.
    """
    pool = pool_of(dice, zone)
    late = pool[len(pool) // 2 :]

    def often(probability: float = 0.88) -> bool:
        return dice.random() < probability

    def moment() -> dt.datetime | None:
        return dice.choice([*pool, *late * 3]) if often() else None

    whole = dice.random() < 0.5
    choices: list[str | int] = list(range(1, 21)) if whole else ["9", "10", "a", "B", "é1", "c-2"]
    choices += [number if whole else f"k{number}" for number in range(21, 41)] if crowded else []
    contact_ids = dice.sample(choices, dice.randint(8, 16) if crowded else dice.randint(1, 4))
    stranger: str | int = 99 if whole else "stranger"
    campaign_ids = dice.sample(["c1", "c2", "7", "C3"], dice.randint(1, 4))
    segments = ("SMB", "smb", "Enterprise", None)

    contacts: tuple[Row, ...] = tuple(
        {
            "contact_id": contact,
            "created_at": moment(),
            "lifecycle_stage": dice.choice(["lead", "Customer", None]),
            "segment": dice.choice(segments),
        }
        for contact in contact_ids
        if often()
    )
    campaigns: tuple[Row, ...] = tuple(
        {
            "campaign_id": campaign,
            "name": dice.choice(CAMPAIGN_NAMES),
            "owner": dice.choice(["Ann", "Bob", None]),
        }
        for campaign in campaign_ids
        if often()
    )
    deals: tuple[Row, ...] = tuple(deals_of(dice, moment, [*contact_ids, stranger, None], segments, whole=whole))
    if crowded:
        more = deals_of(dice, moment, [*contact_ids, stranger, None], segments, whole=whole)
        stage = "stage" if deals and "stage" in deals[0] else "is_won"
        deals += tuple(
            {**deal, "deal_id": number + 101 if whole else f"e{number}"}
            for number, deal in enumerate(more)
            if stage in deal
        )
    links = {
        (deal["deal_id"], contact): {"deal_id": deal["deal_id"], "contact_id": contact}
        for deal in deals
        for contact in dice.choices([*contact_ids, stranger], k=dice.randint(0, 3))
    }
    return Data(
        touchpoints=interactions_of(dice, pool, contact_ids, stranger, campaign_ids, unique_ids=unique_ids),
        contacts=contacts if often(0.93) else None,
        deals=deals,
        deal_contacts=tuple(links.values()) if often(0.93) else None,
        campaigns=campaigns if often(0.93) else None,
    )


def deals_of(
    dice: random.Random,
    moment: Callable[[], dt.datetime | None],
    owners: list[str | int | None],
    segments: tuple[str | None, ...],
    *,
    whole: bool,
) -> Iterator[dict[str, Value]]:
    """Two to eight deals, most of them won."""
    by_stage = dice.random() < 0.5
    for number in range(dice.randint(2, 8)):
        won: dict[str, Value] = {"is_won": dice.choice([True, True, True, True, False, None])}
        yield {
            "deal_id": number + 1 if whole else f"d{number}",
            "created_at": moment(),
            "closed_at": moment(),
            "amount": dice.choice(AMOUNTS) if dice.random() < 0.3 else Decimal(dice.randrange(5_000_000)).scaleb(-2),
            **({"stage": dice.choice(STAGES)} if by_stage else won),
            "pipeline": dice.choice(["New", "Renewal", None]),
            "segment": dice.choice(segments),
            "contact_id": dice.choice(owners),
        }


def interactions_of(
    dice: random.Random,
    pool: list[dt.datetime],
    contact_ids: list[str | int],
    stranger: str | int,
    campaign_ids: list[str],
    *,
    unique_ids: bool,
) -> tuple[Row, ...]:
    """Up to six interactions a contact, a few of people unknown and of nobody, in no order."""
    people = [contact for contact in contact_ids for _ in range(dice.randint(0, 6))]
    people += [stranger for _ in range(dice.randint(0, 2))]
    touches: list[dict[str, Value]] = [
        {
            "contact_id": contact,
            "occurred_at": dice.choice(pool),
            "campaign_id": dice.choice([*campaign_ids, None]),
            "channel": dice.choice(["Email", "email", "Paid", None]),
            "asset_type": dice.choice(ASSET_TYPES[:11] if dice.random() < 0.7 else ASSET_TYPES),
            "interaction_type": dice.choice(["Click", "Page view", None]),
            "asset_title": dice.choice(["A", "B", None]),
        }
        for contact in people
    ]
    for touch in touches:
        if dice.random() < 0.03:
            touch[dice.choice(["contact_id", "occurred_at"])] = None
    dice.shuffle(touches)
    ids = dice.choice(["integer", "text"] if unique_ids else ["integer", "text", "repeated", "none"])
    numbers = dice.sample(range(1, len(touches) + 1), len(touches))
    for touch, number in zip(touches, numbers, strict=True):
        text = f"{'tT'[number % 2]}{number}" if number % 3 == 0 else str(number)
        if ids != "none":
            touch["touchpoint_id"] = {"integer": number, "text": text, "repeated": number // 3}[ids]
    return tuple(touches)


def with_assets(dice: random.Random, data: Data) -> Data:
    """The same data with campaigns by asset and by utm: overlapping times, repeated, unknown and incomplete rows."""
    ids = [str(row["campaign_id"]) for row in data.campaigns or ()]
    names = [str(row["name"]) for row in data.campaigns or () if row["name"]]
    moments = list(instants(data.touchpoints, "occurred_at")) or [BASE]
    spellings = ["A", "a ", "B", " b"]
    typed, by_id = dice.random() < 0.3, dice.random() < 0.4

    def bound() -> dt.datetime | None:
        return dice.choice([None, None, None, dice.choice(moments), dice.choice(moments)])

    assets = [
        {
            **({"asset_type": dice.choice([*ASSET_TYPES[:6], None])} if typed else {}),
            "asset": dice.choice([*spellings, None] if dice.random() < 0.8 else ["C"]),
            "campaign_id": dice.choice([*ids * 3, *names, "c9", "c8", None]),
            "from": bound(),
            "until": bound(),
            "associated_at": bound(),
        }
        for _ in range(dice.randint(3, 14))
    ]
    assets += [dict(row) for row in dice.sample(assets, 2)]
    touches = [
        {
            **row,
            "campaign_id": row["campaign_id"] if dice.random() < 0.25 else None,
            "utm_campaign": dice.choice(["Spring", " SPRING", "autumn", "other", None]),
            **({"asset_id": dice.choice(["a", "B ", "none", None])} if by_id else {}),
        }
        for row in data.touchpoints
    ]
    campaigns = [{**row, "utm": dice.choice(["spring", "Spring ", "AUTUMN", None])} for row in data.campaigns or ()]
    return dataclasses.replace(
        data,
        touchpoints=tuple(touches),
        campaigns=None if data.campaigns is None else tuple(campaigns),
        campaign_assets=tuple(assets),
    )


# --- requests -------------------------------------------------------------------------------------------------------


def custom_weights(dice: random.Random, report_type: str) -> Weights:
    """Any weights over the positions that the type has, any rest, equal or decaying."""
    weights = (Fraction(0), Fraction(0), Fraction(1), Fraction("33.3"), Fraction(60), Fraction("0.125"))
    names = [name for name in POSITIONS if name != "deal" or report_type != "contact-create"]
    positions = {name: dice.choice(weights) for name in names if name != "same" or dice.random() < 0.3}
    rest = dice.choice(weights)
    if not rest and not any(positions.values()):
        rest = Fraction(1)
    decay = dice.randint(1, 24 * 60) * HOUR if dice.random() < 0.5 else None
    return Weights(positions=positions, rest=rest, half_life=decay)


def dimensions(report_type: str, data: Data) -> list[str]:
    """What a report on this data can be cut by."""
    names = ["campaign", "campaign", "channel", "asset_type", "interaction_type", "asset_title", "position", *BUCKETS]
    names += OF_JOURNEY
    if data.campaigns:
        names.append("owner")
    if data.contacts:
        names += ["lifecycle_stage", "contact.segment"]
    if report_type != "contact-create":
        names += ["pipeline", "deal.segment"]
    return names


def condition(dice: random.Random, report_type: str, data: Data, *, of_interactions: bool) -> Test:
    """A condition on a text column (any spelling of case, several values, null) or on the amount."""
    interactions = {
        "channel": ["EMAIL", "paid", "", "Fax"],
        "asset_title": ["a", "B", ""],
        "asset_type": ["email", "Landing Page", "list", ""],
    }
    if data.campaigns:
        interactions |= {"owner": ["ann", "BOB", ""]}
    conversions = {}
    if data.contacts:
        conversions |= {"lifecycle_stage": ["LEAD", "customer", ""], "contact.segment": ["smb", "enterprise", ""]}
    if report_type != "contact-create":
        conversions |= {"pipeline": ["new", "RENEWAL", ""], "deal.segment": ["SMB", "Enterprise", ""]}
        if not of_interactions and dice.random() < 0.15:
            op = dice.choice(["<", "<=", ">", ">="])
            return Test(column="amount", op=op, values=(dice.choice(["0", "100", "100.00", "25000"]),))
    if not of_interactions and dice.random() < 0.15:
        return of_journey(dice)
    values = interactions if of_interactions or not conversions or dice.random() < 0.5 else conversions
    column = dice.choice(sorted(values))
    if dice.random() < 0.3:
        return Test(column=column, op=dice.choice(["~", "!~"]), values=(dice.choice(["a", "E", "NEW", "r"]),))
    found = dice.sample(values[column], dice.randint(1, 2))
    return Test(column=column, op=dice.choice(["=", "!="]), values=tuple(found))


def of_journey(dice: random.Random) -> Test:
    """A condition on what a journey says."""
    column = dice.choice(OF_JOURNEY)
    if column == "path":
        op = dice.choice(["=", "!=", "~", "!~"])
        return Test(column=column, op=op, values=(dice.choice(["email", "Email > Paid", "(no channel)", "> PAID"]),))
    values = [dice.choice(["0", "1", "2", "7", "30", *([""] if column == "lag_days" else [])])]
    return Test(
        column=column, op=dice.choice(["=", "!="] if "" in values else [">=", "<", "!=", "="]), values=tuple(values)
    )


def instants(rows: Iterable[Row] | None, *names: str) -> list[dt.datetime]:
    """The known instants of some columns."""
    found = [row.get(name) for row in rows or () for name in names]
    return [moment for moment in found if isinstance(moment, dt.datetime)]


def request(dice: random.Random, data: Data, zone: str, *, whole: bool = False) -> tuple[Ask, dt.timedelta]:
    """A request for every model that fits plus a custom one, and the half-life; `whole` cuts nothing away."""
    report_type = dice.choice([kind for kind in TYPES if kind != "contact-create" or data.contacts])
    half_life = dice.choice([7 * DAY, 7 * DAY, 36 * HOUR, 90 * DAY])
    by = tuple(dict.fromkeys(dice.choices(dimensions(report_type, data), k=dice.randint(1, 3))))
    models = offered(report_type, half_life) | {"mine": custom_weights(dice, report_type)}
    ask = Ask(type=report_type, models=models, by=by, zone=zone)
    if whole:
        return ask, half_life

    converted = instants(data.contacts if report_type == "contact-create" else data.deals, "created_at", "closed_at")
    touched = instants(data.touchpoints, "occurred_at")
    days = {moment.astimezone(ZoneInfo(zone)).date() for moment in converted}
    days = sorted(days | {day - dt.timedelta(days=1) for day in days})  # some ends, too, are where a day begins
    ages = sorted({end - start for end in converted for start in touched if start < end})
    names = [row["name"] for row in data.campaigns or ()]
    ids = [str(row["campaign_id"]) for row in data.campaigns or ()]
    known = ids + [str(name).upper() for name in names if name and names.count(name) == 1 and name not in ids]
    start, end = sorted(dice.choices(days, k=2)) if days else (None, None)

    def now_and_then() -> bool:
        return dice.random() < 0.22

    return dataclasses.replace(
        ask,
        start=start if now_and_then() else None,
        end=end if now_and_then() else None,
        lookback=dice.choice(ages) if ages and now_and_then() else None,
        campaigns=tuple(dice.sample(known, min(len(known), dice.randint(1, 2)))) if now_and_then() else (),
        where=tuple(
            condition(dice, report_type, data, of_interactions=False) for _ in range(dice.choice([0, 0, 0, 1, 1, 2]))
        ),
        eligible=(condition(dice, report_type, data, of_interactions=True),) if now_and_then() else (),
        excluded_interactions=("page_VIEW",) if now_and_then() else (),
    ), half_life


def build(
    seed: int, *, whole: bool = False, unique_ids: bool = False, crowded: bool = False, assets: bool = False
) -> Case:
    """The case of a seed: a data set written in some way, and a request for it; with `assets` see `with_assets`."""
    dice = random.Random(seed)
    zone = dice.choice(ZONES)
    data = data_set(dice, zone, unique_ids=unique_ids, crowded=crowded)
    ask, half_life = request(dice, data, zone, whole=whole)
    times = dice.choice(["naive", "utc", "naive", "utc", "offset"])
    style = Style(format=dice.choice(["csv", "parquet"]), times=times, zone=zone)  # type: ignore[arg-type]
    if assets:
        data = with_assets(dice, data)
        by = tuple(dict.fromkeys((*ask.by[:2], dice.choice(["campaign", "campaign", "channel"]))))
        ask = dataclasses.replace(ask, by=by, from_association=dice.random() < 0.3)
    return Case(data=data, style=style, ask=ask, half_life=half_life, seed=seed)


# --- tests over random cases ----------------------------------------------------------------------------------------


def smaller(case: Case) -> Iterator[Case]:
    """The same case without one row, one option, one dimension or one model."""
    for name, rows in case.data.tables().items():
        for i in range(len(rows)):
            fewer = rows[:i] + rows[i + 1 :]
            yield dataclasses.replace(case, data=dataclasses.replace(case.data, **{name: fewer}))
    ask = case.ask
    blank = Ask(type=ask.type, models={}, by=())
    for field in ("start", "end", "lookback", "campaigns", "where", "eligible", "excluded_interactions"):
        if getattr(ask, field) != getattr(blank, field):
            yield dataclasses.replace(case, ask=dataclasses.replace(ask, **{field: getattr(blank, field)}))
    for name in ask.by if len(ask.by) > 1 else ():
        rest = tuple(other for other in ask.by if other != name)
        yield dataclasses.replace(case, ask=dataclasses.replace(ask, by=rest))
    for name in ask.models if len(ask.models) > 1 else ():
        fewer_models = {other: model for other, model in ask.models.items() if other != name}
        yield dataclasses.replace(case, ask=dataclasses.replace(ask, models=fewer_models))


def minimal(case: Case, fails: Callable[[Case], bool], attempts: int = 200) -> Case:
    """A case that fails and is as small as leaving out one thing after the other makes it."""
    left = attempts
    while left > 0:
        for attempt in smaller(case):
            left -= 1
            if fails(attempt):
                case = attempt
                break
            if left <= 0:
                break
        else:
            return case
    return case


def for_random_cases(
    number: int,
    *,
    whole: bool = False,
    unique_ids: bool = False,
    crowded: bool = False,
    assets: bool = False,
    **more: st.SearchStrategy[int],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test of a `case` for `number` random ones; of a failing one it says the smallest that fails."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run_small(case: Case, **others: object) -> None:
            def fails(attempt: Case) -> bool:
                try:
                    test(case=attempt, **others)
                except UnsatisfiedAssumption:
                    return False
                except Exception:
                    return True
                return False

            try:
                test(case=case, **others)
            except UnsatisfiedAssumption:
                raise
            except Exception as error:
                small = minimal(case, fails)
                error.add_note(f"Smallest case that fails: {small!r}")
                test(case=small, **others)
                raise

        cases = st.integers(0, 2**64).map(
            lambda seed: build(seed, whole=whole, unique_ids=unique_ids, crowded=crowded, assets=assets)
        )
        return examples(number)(given(case=cases, **more)(run_small))

    return decorate
