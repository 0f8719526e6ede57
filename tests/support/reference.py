"""The second, independent way to every figure: loops over plain Python objects, straight from the attribution spec.

Nothing of the program is imported. Positional credits are exact fractions; decay kernels are decimals of 60 digits,
turned into fractions. It is slow on purpose: every journey is a list, every rule one visible line.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

Value = str | int | bool | Decimal | dt.datetime | None
Row = Mapping[str, Value]
Key = tuple[str, ...]

POSITIONS = ("first", "lead", "deal", "last", "same")
SHOWN_POSITIONS = POSITIONS[:-1]
UNATTRIBUTED = "(unattributed)"
BUCKETS = ("day", "week", "month", "quarter", "year")
MORE_BUCKETS = ("fiscal_quarter", "fiscal_year", "weekday", "hour")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OF_JOURNEY = ("path", "path_length", "steps", "lag_days")
EXCLUDED_ASSETS = ("static list", "workflow", "OBJECT_LIST", "AUTOMATION_PLATFORM_FLOW")
DIGITS = Context(prec=60)
DAY = dt.timedelta(days=1)
PREFIXES = {"touchpoint": "touchpoints", "contact": "contacts", "deal": "deals", "campaign": "campaigns"}


@dataclass(frozen=True, kw_only=True)
class Data:
    """The tables as rows of canonical columns; None where there is no such table. Instants are aware datetimes."""

    touchpoints: tuple[Row, ...]
    contacts: tuple[Row, ...] | None = None
    deals: tuple[Row, ...] | None = None
    deal_contacts: tuple[Row, ...] | None = None
    campaigns: tuple[Row, ...] | None = None
    campaign_assets: tuple[Row, ...] | None = None

    def tables(self) -> dict[str, tuple[Row, ...]]:
        """The tables that there are, by name."""
        named = {
            "touchpoints": self.touchpoints,
            "contacts": self.contacts,
            "deals": self.deals,
            "deal_contacts": self.deal_contacts,
            "campaigns": self.campaigns,
            "campaign_assets": self.campaign_assets,
        }
        return {name: rows for name, rows in named.items() if rows is not None}


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A model: weights over positions, weight of the rest, and the half-life of the rest's kernel (None: equal)."""

    positions: Mapping[str, Fraction] = field(default_factory=dict)
    rest: Fraction = Fraction(0)
    half_life: dt.timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Test:
    """One condition on a column: ``=``, ``!=``, ``~``, ``!~``, ``<``, ``<=``, ``>``, ``>=``; one value must fit."""

    column: str
    op: str
    values: tuple[str, ...]

    __test__ = False

    def holds(self, value: Value) -> bool:
        if self.op.startswith("!"):
            return not Test(column=self.column, op={"!=": "=", "!~": "~"}[self.op], values=self.values).holds(value)
        return any(self._one(value, wanted) for wanted in self.values)

    def _one(self, value: Value, wanted: str) -> bool:
        if wanted == "":
            return value is None
        if value is None:
            return False
        if isinstance(value, Decimal | int) and self.op not in ("~",):
            number = Decimal(wanted)
            return {
                "=": value == number,
                "<": value < number,
                "<=": value <= number,
                ">": value > number,
                ">=": value >= number,
            }[self.op]
        text, sought = str(value).casefold(), wanted.casefold()
        return {"=": text == sought, "~": sought in text}[self.op]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One report. `start` and `end` are conversion days in `zone`, both inclusive."""

    type: str
    models: Mapping[str, Weights]
    by: tuple[str, ...]
    zone: str = "UTC"
    start: dt.date | None = None
    end: dt.date | None = None
    lookback: dt.timedelta | None = None
    campaigns: tuple[str, ...] = ()
    where: tuple[Test, ...] = ()
    eligible: tuple[Test, ...] = ()
    excluded_assets: tuple[str, ...] = EXCLUDED_ASSETS
    excluded_interactions: tuple[str, ...] = ()
    separate: bool = False
    fiscal_year_starts_in: int = 1
    from_association: bool = False


@dataclass(kw_only=True)
class Figures:
    """What one row shows: credited count, credited amount, interactions, and whose whole value it touches."""

    count: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    interactions: int = 0
    touched: set[str] = field(default_factory=set)
    amount_touched: Fraction = Fraction(0)


@dataclass(kw_only=True)
class Answer:
    """Rows of each model, the value of all conversions, and every row key that any journey could show.

    `interactions` are those that earn shown credit, each once, by model.
    """

    rows: dict[str, dict[Key, Figures]]
    conversions: int
    with_interactions: int
    total_count: Fraction
    total_amount: Fraction
    possible: set[Key]
    interactions: dict[str, int]


def catalogue(half_life: dt.timedelta = 7 * DAY) -> dict[str, Weights]:
    """The nine models of the spec's table, and same touch."""

    def model(rest: str, **positions: str) -> Weights:
        return Weights(positions={name: Fraction(weight) for name, weight in positions.items()}, rest=Fraction(rest))

    return {
        "first": model("0", first="100"),
        "last": model("0", last="100"),
        "linear": model("100"),
        "u-shaped": model("20", first="40", lead="40"),
        "w-shaped": model("10", first="30", lead="30", deal="30"),
        "full-path": model("10", first="22.5", lead="22.5", deal="22.5", last="22.5"),
        "time-decay": Weights(rest=Fraction(100), half_life=half_life),
        "j-shaped": model("20", first="20", last="60"),
        "inverse-j-shaped": model("20", first="60", last="20"),
        "same-touch": model("0", same="100"),
    }


def offered(report_type: str, half_life: dt.timedelta = 7 * DAY) -> dict[str, Weights]:
    """The models of the catalogue that the spec offers for a report type."""
    missing = {"contact-create": {"w-shaped", "full-path"}, "deal-create": {"full-path"}, "revenue": set()}[report_type]
    return {name: model for name, model in catalogue(half_life).items() if name not in missing}


# --- ids, names, labels ---------------------------------------------------------------------------------------------


def ident(value: Value) -> str | None:
    """An id as text, so that 7 and "7" are the same."""
    return None if value is None else str(value)


def id_order(value: Value) -> tuple[int, int, str]:
    """Integers by their value, before all other texts, which go by code point."""
    text = str(value)
    if re.fullmatch(r"-?[0-9]+", text):
        return (0, int(text), "")
    return (1, 0, text)


def fold(name: str) -> str:
    """A type's name without case, ``_``, ``-`` and blanks."""
    return re.sub(r"[\s_-]", "", name).casefold()


def missing(dimension: str) -> str:
    """What a dimension shows where it is null."""
    return f"(no {dimension.rpartition('.')[2].replace('_', ' ')})"


def bucket(name: str, day: dt.date) -> str:
    """The label of a conversion day's period."""
    year, week, _ = day.isocalendar()
    return {
        "day": day.isoformat(),
        "week": f"{year}-W{week:02}",
        "month": f"{day.year:04}-{day.month:02}",
        "quarter": f"{day.year:04}-Q{(day.month + 2) // 3}",
        "year": f"{day.year:04}",
    }[name]


def moment_label(name: str, local: dt.datetime, fiscal_year_starts_in: int) -> str:
    """The label of a conversion's local time: its fiscal quarter or year, weekday or hour."""
    months = (local.month - fiscal_year_starts_in) % 12  # since the fiscal year began
    begins = local.year if local.month >= fiscal_year_starts_in else local.year - 1
    year = begins if fiscal_year_starts_in == 1 else begins + 1  # called after the year in which it ends
    return {
        "fiscal_quarter": f"FY{year:04}-Q{months // 3 + 1}",
        "fiscal_year": f"FY{year:04}",
        "weekday": WEEKDAYS[local.weekday()],
        "hour": f"{local.hour:02}:00",
    }[name]


def campaign_label(data: Data, campaign_id: str) -> str:
    """The campaign's name; with its id where another one has the same name; the id where there is no name."""
    names = {str(ident(row["campaign_id"])): row["name"] for row in data.campaigns or ()}
    name = names.get(campaign_id)
    if name is None:
        return campaign_id
    return f"{name} ({campaign_id})" if list(names.values()).count(name) > 1 else str(name)


def locate(data: Data, report_type: str, name: str) -> tuple[str, str]:
    """The table and column of a dimension or filter."""
    if name == "campaign":
        return "campaigns", "name"
    prefix, dot, column = name.partition(".")
    if dot:
        return PREFIXES[prefix], column
    order = ("touchpoints", "contacts", "deals", "campaigns")
    if report_type == "contact-create":
        order = ("touchpoints", "contacts", "campaigns")
    found = [table for table in order if any(name in row for row in data.tables().get(table, ()))]
    if not found:  # a column of an empty table: it makes no difference which
        return "touchpoints", name
    assert len(found) == 1, f"{name} stands in {found}"
    return found[0], name


# --- journeys -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Conversion:
    key: str
    moment: dt.datetime
    deal_created: dt.datetime | None
    amount: Decimal | None
    contacts: tuple[str, ...]
    row: Row


@dataclass(frozen=True, kw_only=True)
class Interaction:
    row: Row
    moment: dt.datetime
    contact: str
    source_row: int


def is_won(deal: Row) -> bool:
    """``is_won`` where there is such a column, else by the stage's name."""
    if "is_won" in deal:
        return deal["is_won"] is True
    stage = deal.get("stage")
    return isinstance(stage, str) and fold(stage) in ("closedwon", "won")


def deal_contacts(data: Data, deal: Row) -> tuple[str, ...]:
    """The distinct contacts of a deal: those linked to it and the one it names itself."""
    deal_id = ident(deal["deal_id"])
    linked = [ident(link["contact_id"]) for link in data.deal_contacts or () if ident(link["deal_id"]) == deal_id]
    own = ident(deal.get("contact_id"))
    return tuple(sorted({contact for contact in (*linked, own) if contact is not None}))


def conversions(data: Data, ask: Ask) -> list[Conversion]:
    """All conversions of the type, in the date range, that the filters on conversions pick."""
    found = []
    if ask.type == "contact-create":
        for row in data.contacts or ():
            created = row["created_at"]
            if isinstance(created, dt.datetime):
                key = str(ident(row["contact_id"]))
                found.append(
                    Conversion(key=key, moment=created, deal_created=None, amount=None, contacts=(key,), row=row)
                )
    else:
        for row in data.deals or ():
            created, closed, amount = row["created_at"], row.get("closed_at"), row.get("amount")
            assert amount is None or isinstance(amount, Decimal)
            if not isinstance(created, dt.datetime):
                continue
            if ask.type == "revenue" and (amount is None or not isinstance(closed, dt.datetime) or not is_won(row)):
                continue
            moment = closed if ask.type == "revenue" else created
            assert isinstance(moment, dt.datetime)
            found.append(
                Conversion(
                    key=str(ident(row["deal_id"])),
                    moment=moment,
                    deal_created=created,
                    amount=amount,
                    contacts=deal_contacts(data, row),
                    row=row,
                )
            )
    return [each for each in found if in_range(each, ask) and picked(each, data, ask)]


def conversion_day(conversion: Conversion, ask: Ask) -> dt.date:
    return conversion.moment.astimezone(ZoneInfo(ask.zone)).date()


def in_range(conversion: Conversion, ask: Ask) -> bool:
    day = conversion_day(conversion, ask)
    return (ask.start is None or day >= ask.start) and (ask.end is None or day <= ask.end)


def conversion_table(ask: Ask) -> str:
    return "contacts" if ask.type == "contact-create" else "deals"


def is_of_conversion(data: Data, ask: Ask, name: str) -> bool:
    """Whether a dimension belongs to the conversion, so that unattributed conversions keep it."""
    if name in (*BUCKETS, *MORE_BUCKETS) or name in OF_JOURNEY:
        return True
    if name == "new_or_returning":
        return True
    return name not in ("position", "days_to_conversion") and locate(data, ask.type, name)[0] == conversion_table(ask)


def picked(conversion: Conversion, data: Data, ask: Ask) -> bool:
    """Filters on the conversion's own columns, and on those of a deal's contacts: at least one of them must fit."""
    by_id = {str(ident(row["contact_id"])): row for row in data.contacts or ()}
    if any(test.column in OF_JOURNEY for test in ask.where):
        said = of_steps(journey(conversion, data, ask), conversion.moment)
        if not says(said, ask):
            return False
    for test in ask.where:
        if test.column in OF_JOURNEY:
            continue
        table, column = locate(data, ask.type, test.column)
        if table == conversion_table(ask):
            if not test.holds(conversion.row.get(column)):
                return False
        elif table == "contacts":
            known = [by_id[contact] for contact in conversion.contacts if contact in by_id]
            if not any(test.holds(row.get(column)) for row in known):
                return False
    return True


def of_steps(steps: Sequence[Interaction], end: dt.datetime) -> dict[str, Value]:
    """What a journey says: its channels, how many interactions, how many channels in a row, days up to its end."""
    if not steps:
        return {"path": None, "path_length": 0, "steps": 0, "lag_days": None}
    channels = [str(step.row["channel"]) if step.row["channel"] is not None else "(no channel)" for step in steps]
    changes = sum(before != after for before, after in itertools.pairwise(channels))
    return {
        "path": " > ".join(channels),
        "path_length": len(steps),
        "steps": changes + 1,
        "lag_days": (end - steps[0].moment).days,
    }


def says(said: Mapping[str, Value], ask: Ask) -> bool:
    """Whether what a journey says passes the filters on journeys."""
    return all(test.holds(said[test.column]) for test in ask.where if test.column in OF_JOURNEY)


def eligible(row: Row, data: Data, ask: Ask) -> bool:
    """Whether an interaction may take part in journeys at all."""
    asset, kind = row.get("asset_type"), row.get("interaction_type")
    if asset is not None and fold(str(asset)) in {fold(name) for name in ask.excluded_assets}:
        return False
    if kind is not None and fold(str(kind)) in {fold(name) for name in ask.excluded_interactions}:
        return False
    each = versions(row, data, ask)
    for test in ask.eligible:
        passes = [test.holds(of_interaction(version, data, ask, test.column)) for version in each]
        if not (all(passes) if test.op.startswith("!") else any(passes)):
            return False
    return True


# --- campaigns ------------------------------------------------------------------------------------------------------


def known_campaign(text: str, data: Data) -> str:
    """The id of the campaign that a text stands for: its id, else a name that only one has; else the text itself."""
    ids = {str(row["campaign_id"]) for row in data.campaigns or ()}
    named = [str(row["campaign_id"]) for row in data.campaigns or () if row["name"] == text]
    return named[0] if text not in ids and len(named) == 1 else text


def by_asset(row: Row, column: str, data: Data, ask: Ask) -> set[str]:
    """The campaigns of the asset that a column of an interaction names, at its time."""
    asset, moment = row.get(column), row["occurred_at"]
    if asset is None or not isinstance(moment, dt.datetime):
        return set()
    every = data.campaign_assets or ()
    typed = any("asset_type" in each for each in every) and any("asset_type" in each for each in data.touchpoints)
    found = set()
    for each in every:
        if each["asset"] is None or each["campaign_id"] is None:
            continue
        if typed and (row["asset_type"] is None or each["asset_type"] is None):
            continue
        if typed and fold(str(row["asset_type"])) != fold(str(each["asset_type"])):
            continue
        begins = [each.get("from"), each.get("associated_at") if ask.from_association else None]
        early = any(isinstance(begin, dt.datetime) and moment < begin for begin in begins)
        until = each.get("until")
        late = isinstance(until, dt.datetime) and moment >= until
        if str(asset).strip().lower() == str(each["asset"]).strip().lower() and not early and not late:
            found.add(known_campaign(str(each["campaign_id"]), data))
    return found


def by_utm(row: Row, data: Data) -> set[str]:
    """The campaigns whose utm is that of an interaction."""
    utm = str(row.get("utm_campaign") or "").strip().lower()
    return {
        str(each["campaign_id"])
        for each in data.campaigns or ()
        if utm and str(each.get("utm") or "").strip().lower() == utm
    }


def versions(row: Row, data: Data, ask: Ask) -> list[Row]:
    """An interaction as each of its campaigns has it: by its own id, else its asset (id, title), else its utm."""
    if row.get("campaign_id") is not None:
        return [row]
    for found in (by_asset(row, "asset_id", data, ask), by_asset(row, "asset_title", data, ask), by_utm(row, data)):
        if found:
            return [{**row, "campaign_id": campaign} for campaign in sorted(found)]
    return [row]


# --- interactions ---------------------------------------------------------------------------------------------------


def of_interaction(row: Row, data: Data, ask: Ask, name: str) -> Value:
    """The value of an interaction-level field for one interaction, null where there is none."""
    table, column = locate(data, ask.type, name)
    if table == "touchpoints":
        return row.get(column)
    if table == "campaigns":
        campaign_id = ident(row.get("campaign_id"))
        if name == "campaign":
            return None if campaign_id is None else campaign_label(data, campaign_id)
        rows = [each for each in data.campaigns or () if ident(each["campaign_id"]) == campaign_id]
        return rows[0].get(column) if rows else None
    rows = [each for each in data.contacts or () if ident(each["contact_id"]) == ident(row["contact_id"])]
    return rows[0].get(column) if rows else None


def previous(conversion: Conversion, contact: str, data: Data, ask: Ask) -> dt.datetime | None:
    """When a contact of a conversion had last converted before it, whatever the days and filters of the report."""
    anything = replace(ask, start=None, end=None, where=())
    others = [each.moment for each in conversions(data, anything) if contact in each.contacts]
    return max((moment for moment in others if moment < conversion.moment), default=None)


def history(conversion: Conversion, data: Data, ask: Ask) -> str:
    """Whether a contact of the conversion had converted before."""
    if not conversion.contacts:
        return "unknown"
    before = [previous(conversion, contact, data, ask) for contact in conversion.contacts]
    return "returning" if any(moment is not None for moment in before) else "new"


def journey(conversion: Conversion, data: Data, ask: Ask) -> list[Interaction]:
    """The eligible interactions of all contacts of a conversion, at or before it, in order.

    Of `separate` cycles only those after the contact's previous conversion.
    """
    found = []
    began = {contact: previous(conversion, contact, data, ask) for contact in conversion.contacts if ask.separate}
    for number, row in enumerate(data.touchpoints):
        moment, contact = row["occurred_at"], ident(row["contact_id"])
        if contact not in conversion.contacts or not isinstance(moment, dt.datetime) or moment > conversion.moment:
            continue
        if ask.lookback is not None and moment < conversion.moment - ask.lookback:
            continue
        start = began.get(str(contact))
        if start is not None and moment <= start:
            continue
        if eligible(row, data, ask):
            found.append(Interaction(row=row, moment=moment, contact=str(contact), source_row=number))

    def order(each: Interaction) -> tuple[dt.datetime, tuple[int, int, str], int]:
        return (each.moment, id_order(each.row.get("touchpoint_id", 0)), each.source_row)

    return sorted(found, key=order)


def held(conversion: Conversion, steps: Sequence[Interaction], data: Data, ask: Ask) -> list[set[str]]:
    """The key positions that each interaction of a journey holds."""
    positions: list[set[str]] = [set() for _ in steps]

    def last_of(fits: Callable[[Interaction], bool]) -> int | None:
        return max((i for i, step in enumerate(steps) if fits(step)), default=None)

    def give(position: str, index: int | None) -> None:
        if index is not None:
            positions[index].add(position)

    give("first", 0 if steps else None)
    give("last", len(steps) - 1 if steps else None)
    created = {
        str(ident(row["contact_id"])): row["created_at"]
        for row in data.contacts or ()
        if isinstance(row["created_at"], dt.datetime)
    }
    known = [contact for contact in conversion.contacts if contact in created]
    if known:
        oldest = min(known, key=lambda contact: (created[contact], id_order(contact)))
        birth = created[oldest]
        assert isinstance(birth, dt.datetime)
        give("lead", last_of(lambda step: step.contact == oldest and step.moment <= birth))
    if conversion.deal_created is not None:
        made = conversion.deal_created
        give("deal", last_of(lambda step: step.moment <= made))
    zone = ZoneInfo(ask.zone)
    day = conversion.moment.astimezone(zone).date()
    give("same", last_of(lambda step: step.moment.astimezone(zone).date() == day))
    return positions


def shares(model: Weights, steps: Sequence[Interaction], positions: Sequence[set[str]]) -> list[Fraction] | None:
    """The share of each interaction, or None where the model gives the journey no weight."""
    if not steps:
        return None
    weighted = {name for name, weight in model.positions.items() if weight}
    middle = [not (names & weighted) for names in positions]
    kernels = [kernel(model, steps[-1].moment - step.moment) for step in steps]
    spread = sum((k for k, free in zip(kernels, middle, strict=True) if free), Fraction(0))
    keys = [sum((model.positions.get(name, Fraction(0)) for name in names), Fraction(0)) for names in positions]
    raw = [model.rest * k / spread if free else key for key, k, free in zip(keys, kernels, middle, strict=True)]
    total = sum(raw, Fraction(0))
    return [each / total for each in raw] if total else None


def kernel(model: Weights, age: dt.timedelta) -> Fraction:
    """``2^(-age / half-life)``, or 1 for models without decay."""
    if model.half_life is None:
        return Fraction(1)
    microsecond = dt.timedelta(microseconds=1)
    exponent = DIGITS.divide(Decimal(age // microsecond), Decimal(model.half_life // microsecond))
    return Fraction(DIGITS.power(Decimal(2), -exponent))


# --- the report -----------------------------------------------------------------------------------------------------


def report(data: Data, ask: Ask) -> Answer:
    """Every row of the report, for every model asked."""
    rows: dict[str, dict[Key, Figures]] = {name: {} for name in ask.models}
    possible: set[Key] = set()
    answer = Answer(
        rows=rows,
        conversions=0,
        with_interactions=0,
        total_count=Fraction(0),
        total_amount=Fraction(0),
        possible=possible,
        interactions=dict.fromkeys(ask.models, 0),
    )
    cuts_credits = bool(ask.campaigns) or any(is_of_interaction(data, ask, test.column) for test in ask.where)
    for conversion in conversions(data, ask):
        amount = Fraction(conversion.amount or 0)
        answer.conversions += 1
        answer.total_count += 1
        answer.total_amount += amount
        steps = journey(conversion, data, ask)
        answer.with_interactions += bool(steps)
        positions = held(conversion, steps, data, ask)
        each = [[replace(step, row=row) for row in versions(step.row, data, ask)] for step in steps]
        keys = [
            [tuple(label(data, ask, name, conversion, version, names) for name in ask.by) for version in of_step]
            for of_step, names in zip(each, positions, strict=True)
        ]
        nobody = tuple(label(data, ask, name, conversion, None, set()) for name in ask.by)
        visible = [[shown(version.row, data, ask) for version in of_step] for of_step in each]
        for own_keys, own_visible in zip(keys, visible, strict=True):
            possible.update(key for key, seen in zip(own_keys, own_visible, strict=True) if seen)
        if not cuts_credits:
            possible.add(nobody)
        for name, model in ask.models.items():
            parts = shares(model, steps, positions)
            if parts is None:
                if not cuts_credits:
                    figures = rows[name].setdefault(nobody, Figures())
                    figures.count += 1
                    figures.amount += amount
                continue
            for own_keys, own_visible, whole in zip(keys, visible, parts, strict=True):
                earning = {key for key, seen in zip(own_keys, own_visible, strict=True) if seen and whole}
                answer.interactions[name] += bool(earning)
                for key in earning:
                    part = whole * Fraction(
                        sum(a == key and b for a, b in zip(own_keys, own_visible, strict=True)), len(own_keys)
                    )
                    figures = rows[name].setdefault(key, Figures())
                    figures.count += part
                    figures.amount += part * amount
                    figures.interactions += 1
                    if conversion.key not in figures.touched:
                        figures.touched.add(conversion.key)
                        figures.amount_touched += amount
    return answer


def is_of_interaction(data: Data, ask: Ask, name: str) -> bool:
    return name not in OF_JOURNEY and locate(data, ask.type, name)[0] in ("touchpoints", "campaigns")


def shown(row: Row, data: Data, ask: Ask) -> bool:
    """Whether the credit of an interaction is shown."""
    if ask.campaigns:
        campaign_id = ident(row.get("campaign_id"))
        if campaign_id is None:
            return False
        names = {campaign_id.casefold()}
        names |= {
            str(each["name"]).casefold() for each in data.campaigns or () if ident(each["campaign_id"]) == campaign_id
        }
        if not names & {wanted.casefold() for wanted in ask.campaigns}:
            return False
    tests = [test for test in ask.where if is_of_interaction(data, ask, test.column)]
    return all(test.holds(of_interaction(row, data, ask, test.column)) for test in tests)


def label(
    data: Data, ask: Ask, name: str, conversion: Conversion, step: Interaction | None, names: Iterable[str]
) -> str:
    """What the row of an interaction (None: of an unattributed conversion) says in one dimension."""
    if name in BUCKETS:
        return bucket(name, conversion_day(conversion, ask))
    if name in MORE_BUCKETS:
        return moment_label(name, conversion.moment.astimezone(ZoneInfo(ask.zone)), ask.fiscal_year_starts_in)
    if name == "days_to_conversion":
        return UNATTRIBUTED if step is None else str((conversion.moment - step.moment) // DAY)
    if name == "new_or_returning":
        return history(conversion, data, ask)
    if name in OF_JOURNEY:
        value = of_steps(journey(conversion, data, ask), conversion.moment)[name]
        return UNATTRIBUTED if value is None else str(value)
    if is_of_conversion(data, ask, name):
        value = conversion.row.get(locate(data, ask.type, name)[1])
        return missing(name) if value is None else str(value)
    if step is None:
        return UNATTRIBUTED
    if name == "position":
        return "+".join(position for position in SHOWN_POSITIONS if position in set(names)) or "middle"
    value = of_interaction(step.row, data, ask, name)
    return missing(name) if value is None else str(value)
