"""Random data sets and requests, small and full of what goes wrong in real ones.

Instants come from a small pool, so that ties, interactions at the very moment of the conversion and look-back edges
are frequent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from conftest import Style
from hypothesis import strategies as st
from reference import DAY, POSITIONS, Ask, Data, Row, Test, Weights, offered

from attrib_cli.engine.spec import CustomModel, DateRange, Filter, ReportSpec, Settings

Cell = str | int | Decimal | dt.date | None
BASE = dt.datetime(2025, 12, 20, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
TYPES = ("contact-create", "deal-create", "revenue")
CAMPAIGN_NAMES = ("Spring Launch", 'Été; "quoted", comma', "=Webinar", "NO", "10")
ASSET_TYPES = (
    *("Landing page", "Email", "Form", "Ad", "Call", None, "Web_Page", "E-mail", "lists", "flow", "Workflows"),
    *("static list", "STATIC_LIST", "Static-List", "staticlist", "OBJECT_LIST"),
    *("workflow", "Work Flow", "automation-platform-flow"),
)
"""The first eleven may earn credit, the others are spellings of static list and workflow."""

STAGES = ("closedwon", "Closed Won", "CLOSED_WON", "closed-won", "Won", "won", "closedlost", "almost won", None)
CUTS = ("start", "end", "lookback", "campaigns", "where", "eligible", "excluded")
CENTS = st.one_of(
    st.sampled_from([None, Decimal("0.00"), Decimal("0.01"), Decimal("100.00"), Decimal("99999999.99")]),
    st.integers(0, 5_000_000).map(lambda cents: Decimal(cents).scaleb(-2)),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, how it is written, and what is asked of it."""

    data: Data
    style: Style
    ask: Ask
    half_life: dt.timedelta

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
            measures=self.measures(),
        )

    def settings(self) -> Settings:
        """The configuration as the engine takes it."""
        return Settings(
            timezone=self.ask.zone,
            exclude_interaction_types=self.ask.excluded_interactions,
            models=tuple(custom(name, model) for name, model in self.ask.models.items() if name == "mine"),
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


def ambiguous(moment: dt.datetime, zone: str) -> bool:
    """Whether the wall clock of `zone` shows this moment's time twice."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def moments(zone: str) -> st.SearchStrategy[dt.datetime]:
    """Instants of about three and a half months, most of them at full hours."""
    some = st.integers(0, 3_599_999_999).map(lambda us: dt.timedelta(microseconds=us))
    fine = st.one_of(st.just(dt.timedelta(0)), some)
    return st.builds(lambda hours, rest: BASE + hours * HOUR + rest, st.integers(0, 2600), fine).map(
        lambda moment: moment + 3 * HOUR if ambiguous(moment, zone) else moment
    )


@st.composite
def data_sets(draw: st.DrawFn, zone: str = "UTC", *, unique_ids: bool = False, clean: bool = False) -> Data:
    """Up to 4 contacts with up to 6 interactions each, and 2 to 8 deals.

    `unique_ids` gives every interaction an id of its own. `clean` leaves out what one of the tables lacks.
    """
    pool = sorted(draw(st.lists(moments(zone), min_size=4, max_size=10, unique=True)))
    moment, later = st.sampled_from(pool), st.sampled_from([*pool, *pool[len(pool) // 2 :] * 3])
    maybe = later if clean else st.sampled_from([None, *pool, *pool[len(pool) // 2 :] * 4])
    usually = st.sampled_from([True] * 7 + [False])
    whole = draw(st.booleans())

    contact_ids: list[str | int] = draw(
        st.lists(st.integers(1, 20), min_size=1, max_size=4, unique=True)
        if whole
        else st.lists(st.sampled_from(["9", "10", "a", "B", "é1", "c-2"]), min_size=1, max_size=4, unique=True)
    )
    stranger: list[str | int | None] = [] if clean else [99 if whole else "stranger", None]
    campaign_ids = draw(st.lists(st.sampled_from(["c1", "c2", "7", "C3"]), min_size=1, max_size=4, unique=True))
    segments = st.sampled_from(["SMB", "smb", "Enterprise", None])

    contacts: tuple[Row, ...] = tuple(
        {
            "contact_id": contact,
            "created_at": draw(maybe),
            "lifecycle_stage": draw(st.sampled_from(["lead", "Customer", None])),
            "segment": draw(segments),
        }
        for contact in contact_ids
        if clean or draw(usually)
    )
    campaigns: tuple[Row, ...] = tuple(
        {
            "campaign_id": campaign,
            "name": draw(st.sampled_from(CAMPAIGN_NAMES)),
            "owner": draw(st.sampled_from(["Ann", "Bob", None])),
        }
        for campaign in campaign_ids
        if draw(usually)
    )

    ids = draw(st.sampled_from(["integer", "text"] if unique_ids else ["integer", "text", "repeated", "none"]))
    touches: list[Row] = []
    for contact in [*contact_ids, *stranger]:
        for _ in range(draw(st.integers(0, 6 if contact in contact_ids else 2))):
            row: dict[str, str | int | dt.datetime | None] = {
                "contact_id": contact,
                "occurred_at": draw(moment) if contact is not None else draw(st.sampled_from([None, *pool])),
                "campaign_id": draw(st.sampled_from([*campaign_ids, None])),
                "channel": draw(st.sampled_from(["Email", "email", "Paid", None])),
                "asset_type": draw(st.sampled_from(ASSET_TYPES)),
                "interaction_type": draw(st.sampled_from(["Click", "Page view", None])),
                "asset_title": draw(st.sampled_from(["A", "B", None])),
            }
            touches.append(row)
    touches = draw(st.permutations(touches))
    numbers = draw(st.permutations(range(1, len(touches) + 1)))
    if ids != "none":
        for row, number in zip(touches, numbers, strict=True):
            row["touchpoint_id"] = {  # type: ignore[index]
                "integer": number,
                "text": str(number) if number % 3 else f"{'tT'[number % 2]}{number}",
                "repeated": number // 3,
            }[ids]

    by_stage = draw(st.booleans())
    deals: list[Row] = []
    for number in range(draw(st.integers(2, 8))):
        deals.append(
            {
                "deal_id": number + 1 if whole else f"d{number}",
                "created_at": draw(maybe),
                "closed_at": draw(maybe),
                "amount": draw(CENTS),
                **(
                    {"stage": draw(st.sampled_from(STAGES))}
                    if by_stage
                    else {"is_won": draw(st.sampled_from([True, True, True, False, None]))}
                ),
                "pipeline": draw(st.sampled_from(["New", "Renewal", None])),
                "segment": draw(segments),
                "contact_id": draw(st.sampled_from([*contact_ids, None, *stranger[:1]])),
            }
        )
    linked = [
        {"deal_id": deal["deal_id"], "contact_id": draw(st.sampled_from([*contact_ids, *stranger[:1]]))}
        for deal in deals
        for _ in range(draw(st.integers(0, 3)))
    ]
    links: tuple[Row, ...] = tuple({(str(row["deal_id"]), str(row["contact_id"])): row for row in linked}.values())
    return Data(
        touchpoints=tuple(touches),
        contacts=contacts if clean or draw(usually) else None,
        deals=tuple(deals),
        deal_contacts=links if clean or draw(usually) else None,
        campaigns=campaigns if draw(usually) else None,
    )


def custom_models(report_type: str) -> st.SearchStrategy[Weights]:
    """Any weights over the positions that the type has, any rest, equal or decaying."""
    names = [name for name in POSITIONS if name != "deal" or report_type != "contact-create"]
    weight = st.sampled_from([Fraction(0), Fraction(0), Fraction(1), Fraction("33.3"), Fraction(60), Fraction("0.125")])
    half_life = st.one_of(st.none(), st.integers(1, 24 * 60).map(lambda hours: hours * HOUR))

    def model(weights: list[Fraction], rest: Fraction, decay: dt.timedelta | None) -> Weights:
        return Weights(positions=dict(zip(names, weights, strict=True)), rest=rest, half_life=decay)

    several = st.lists(weight, min_size=len(names), max_size=len(names))
    return st.builds(model, several, weight, half_life).filter(
        lambda model: bool(model.rest) or any(model.positions.values())
    )


def dimensions(report_type: str, data: Data) -> list[str]:
    """What a report on this data can be cut by."""
    names = ["campaign", "channel", "asset_type", "interaction_type", "asset_title", "position"]
    names += ["day", "week", "month", "quarter", "year"]
    if data.campaigns:
        names.append("owner")
    if data.contacts:
        names += ["lifecycle_stage", "contact.segment"]
    if report_type != "contact-create":
        names += ["pipeline", "deal.segment"]
    return names


def tests_of(report_type: str, data: Data, *, of_interactions_only: bool = False) -> st.SearchStrategy[Test]:
    """Conditions on text columns (any spelling of case, several values, null) and on the amount."""
    values = {
        "channel": ["EMAIL", "paid", "", "Fax"],
        "asset_title": ["a", "B", ""],
        "asset_type": ["email", "Landing Page", "list", ""],
    }
    if data.campaigns:
        values |= {"owner": ["ann", "BOB", ""]}
    if not of_interactions_only:
        if data.contacts:
            values |= {"lifecycle_stage": ["LEAD", "customer", ""], "contact.segment": ["smb", "enterprise", ""]}
        if report_type != "contact-create":
            values |= {"pipeline": ["new", "RENEWAL", ""], "deal.segment": ["SMB", "Enterprise", ""]}
    text = st.sampled_from(sorted(values)).flatmap(
        lambda column: st.one_of(
            st.builds(
                lambda op, found: Test(column=column, op=op, values=tuple(found)),
                st.sampled_from(["=", "!="]),
                st.lists(st.sampled_from(values[column]), min_size=1, max_size=2, unique=True),
            ),
            st.builds(
                lambda op, part: Test(column=column, op=op, values=(part,)),
                st.sampled_from(["~", "!~"]),
                st.sampled_from(["a", "E", "NEW", "r"]),
            ),
        )
    )
    if of_interactions_only or report_type == "contact-create":
        return text
    number = st.builds(
        lambda op, amount: Test(column="amount", op=op, values=(amount,)),
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from(["0", "100", "100.00", "25000"]),
    )
    return st.one_of(text, text, text, number)


def some(choices: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), min_size=1, max_size=2, unique=True)


@st.composite
def asks(draw: st.DrawFn, data: Data, zone: str, *, whole: bool = False) -> tuple[Ask, dt.timedelta]:
    """A request for every model that fits plus a custom one, and the half-life; `whole` cuts nothing away."""
    report_type = draw(st.sampled_from([kind for kind in TYPES if kind != "contact-create" or data.contacts]))
    half_life = draw(st.sampled_from([7 * DAY, 7 * DAY, 36 * HOUR, 90 * DAY]))
    by = draw(st.lists(st.sampled_from(dimensions(report_type, data)), min_size=1, max_size=3, unique=True))
    models = offered(report_type, half_life) | {"mine": draw(custom_models(report_type))}
    if whole:
        return Ask(type=report_type, models=models, by=tuple(by), zone=zone), half_life
    known = [row["occurred_at"] for row in data.touchpoints if row["occurred_at"] is not None]
    known += [row[name] for row in data.deals or () for name in ("created_at", "closed_at") if row[name] is not None]
    gaps = sorted({abs(a - b) for a in known for b in known if a != b})  # type: ignore[operator]
    days = sorted({moment.astimezone(ZoneInfo(zone)).date() for moment in known})  # type: ignore[union-attr]
    number = draw(st.sampled_from([1, 2, 0, 3]))
    cuts = draw(st.lists(st.sampled_from(CUTS), min_size=number, max_size=number, unique=True))
    start, end = sorted((draw(st.sampled_from(days)), draw(st.sampled_from(days)))) if days else (None, None)
    names = [str(row["name"]) for row in data.campaigns or ()]
    choices = [str(row["campaign_id"]) for row in data.campaigns or ()]
    choices += [name.upper() for name in names if names.count(name) == 1 and name not in choices]
    ask = Ask(
        type=report_type,
        models=models,
        by=tuple(by),
        zone=zone,
        start=start if "start" in cuts else None,
        end=end if "end" in cuts else None,
        lookback=draw(st.sampled_from(gaps)) if gaps and "lookback" in cuts else None,
        campaigns=tuple(draw(some(choices))) if choices and "campaigns" in cuts else (),
        where=tuple(draw(st.lists(tests_of(report_type, data), min_size=1, max_size=2))) if "where" in cuts else (),
        eligible=(draw(tests_of(report_type, data, of_interactions_only=True)),) if "eligible" in cuts else (),
        excluded_interactions=("page_VIEW",) if "excluded" in cuts else (),
    )
    return ask, half_life


@st.composite
def cases(draw: st.DrawFn, *, whole: bool = False, unique_ids: bool = False, clean: bool = False) -> Case:
    """A data set written in some way, and a request for it."""
    zone = draw(st.sampled_from(ZONES))
    data = draw(data_sets(zone, unique_ids=unique_ids, clean=clean))
    ask, half_life = draw(asks(data, zone, whole=whole))
    style = Style(
        format=draw(st.sampled_from(["csv", "parquet"])),
        times=draw(st.sampled_from(["naive", "utc", "naive", "utc", "offset"])),
        zone=zone,
    )
    return Case(data=data, style=style, ask=ask, half_life=half_life)
