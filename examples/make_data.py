"""Writes the example data: two years of marketing at an invented B2B software company, as six CSV files.

The same seed gives the same bytes on every Python from 3.11 on, so that the files in `data/` can be compared with
what this script makes. For that it draws from `random.Random.random` alone, the one method whose sequence Python
promises to keep, and uses no function of the platform's mathematics library.

    python examples/make_data.py             writes examples/data
    python examples/make_data.py DIRECTORY   writes elsewhere
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from catalogue import (
    ARRIVALS,
    BUYING_ROLES,
    CAMPAIGNS,
    COMPANY_FIRST,
    COMPANY_LAST,
    COUNTRIES,
    INDUSTRIES,
    LEAD_STAGES,
    OPEN_STAGES,
    PEOPLE,
    SEGMENTS,
    Asset,
    assets,
)

T = TypeVar("T")
Row = Mapping[str, str | int | None]
SEED = 11
FIRST_DAY = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)
LAST_DAY = dt.datetime(2026, 10, 31, tzinfo=dt.UTC)

COMPANIES_WITH_DEALS = 82
COMPANIES_WITHOUT = 96


class Dice:
    """Chance, from `random()` alone, so that the numbers stay the same in every version of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, percent: float) -> bool:
        """True in `percent` of all cases."""
        return self._random() * 100 < percent

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def one(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as the others."""
        return items[self.between(0, len(items) - 1)]

    def weighted(self, items: Iterable[tuple[T, int]]) -> T:
        """One of the items, as often as its weight says."""
        listed = list(items)
        left = self._random() * sum(weight for _, weight in listed)
        for item, weight in listed:
            left -= weight
            if left < 0:
                return item
        return listed[-1][0]

    def early(self, days: int) -> dt.timedelta:
        """A span of up to `days`, short ones far more often than long ones."""
        share = self._random()
        return dt.timedelta(seconds=int(share * share * days * 86400))

    def office_hours(self, moment: dt.datetime) -> dt.datetime:
        """The same day at a likely hour; a weekend moves to the Monday after it in most cases."""
        if moment.weekday() >= 5 and self.chance(85):
            moment += dt.timedelta(days=7 - moment.weekday())
        second = self.between(0, 86399)
        if self.chance(92):
            second = 7 * 3600 + self.between(0, 6 * 3600) + self.between(0, 6 * 3600)
        return moment.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(seconds=second)


@dataclass(kw_only=True)
class Contact:
    """A person, and the moments of the interactions that are theirs."""

    company: str
    industry: str
    country: str
    created: dt.datetime
    role: str = ""
    stage: str = "Lead"
    id: int = 0


@dataclass(kw_only=True)
class Deal:
    """A sale in the making, and the people in it."""

    name: str
    segment: str
    type: str
    created: dt.datetime
    closed: dt.datetime | None
    amount: str
    stage: str
    contacts: list[Contact] = field(default_factory=list)
    id: int = 0


@dataclass(kw_only=True)
class Touch:
    """One interaction of one contact with one asset."""

    contact: Contact
    moment: dt.datetime
    asset: Asset


class Market:
    """Everything that happened, made once from a seed and then written down."""

    def __init__(self, seed: int = SEED) -> None:
        self.dice = Dice(seed)
        self.assets = assets()
        self.running = {row[0]: (_day(row[2]), _day(row[3])) for row in CAMPAIGNS}
        self.contacts: list[Contact] = []
        self.deals: list[Deal] = []
        self.touches: list[Touch] = []
        self.names: set[str] = set()
        for number in range(COMPANIES_WITH_DEALS):
            self._company_with_deal(number)
        for _ in range(COMPANIES_WITHOUT):
            self._company_without()
        self._shared_contact()
        self._number()

    def _arrival(self) -> dt.datetime:
        """When a company first hears of us: any day, and more often while a campaign runs that brings new names."""
        if self.dice.chance(45):
            starts, ends = self.running[self.dice.weighted(ARRIVALS)]
            return starts + self.dice.early((ends - starts).days)
        return FIRST_DAY + dt.timedelta(days=self.dice.between(0, (LAST_DAY - FIRST_DAY).days - 20))

    def _name(self) -> tuple[str, str]:
        """A company's name that is not taken yet, and its industry."""
        while True:
            industry = self.dice.weighted(INDUSTRIES)
            name = f"{self.dice.one(COMPANY_FIRST)} {self.dice.one(COMPANY_LAST[industry])}"
            if name not in self.names:
                self.names.add(name)
                return name, industry

    def _contact(
        self, company: str, industry: str, country: str, arrival: dt.datetime, *, silent: bool = False
    ) -> Contact:
        """A contact, with what they did until they became one; a silent one was typed in by sales."""
        created = self.dice.office_hours(arrival)
        contact = Contact(company=company, industry=industry, country=country, created=created)
        self.contacts.append(contact)
        if silent:
            return contact
        for _ in range(self.dice.between(0, 3)):
            self._touch(contact, created - self.dice.early(45) - dt.timedelta(minutes=9), "d")
        if self.dice.chance(88):
            self._touch(contact, created, "c", exact=True)
            if self.dice.chance(15):  # the page that the form stands on, in the same second
                self._touch(contact, created, "d", exact=True)
        if self.dice.chance(30):
            self._touch(contact, created + dt.timedelta(hours=2), "l")
        return contact

    def _touch(self, contact: Contact, moment: dt.datetime, stage: str, *, exact: bool = False) -> None:
        """One interaction of that stage, with an asset that was live at the time; none after the data ends."""
        moment = moment if exact else self.dice.office_hours(moment)
        if not exact and "d" in stage and moment >= contact.created:
            moment = contact.created - dt.timedelta(minutes=self.dice.between(3, 600))
        if moment >= LAST_DAY + dt.timedelta(days=1):
            return
        live = [(asset, asset.weight) for asset in self.assets if stage in asset.stages and self._live(asset, moment)]
        if live:
            self.touches.append(Touch(contact=contact, moment=moment, asset=self.dice.weighted(live)))

    def _live(self, asset: Asset, moment: dt.datetime) -> bool:
        """Whether the asset can be met: its campaign runs, or ended less than three weeks ago."""
        if asset.campaign is None:
            return True
        starts, ends = self.running[asset.campaign]
        return starts <= moment < ends + dt.timedelta(days=22)

    def _before(self, contact: Contact, moment: dt.datetime, stage: str, most: int, days: int) -> None:
        """Up to `most` interactions that cluster in the days before a moment."""
        for _ in range(self.dice.between(0, most)):
            when = moment - self.dice.early(days) - dt.timedelta(hours=3)
            if when > contact.created:
                self._touch(contact, when, stage)

    def _company_with_deal(self, number: int) -> None:
        """A company, its contacts, its deal, and for some that bought a second deal months later."""
        company, industry = self._name()
        country = self.dice.weighted(COUNTRIES)
        segment = self.dice.weighted((name, row[0]) for name, row in SEGMENTS.items())
        silent = number in {7, 29, 51}
        arrival = FIRST_DAY + dt.timedelta(days=self.dice.between(60, 400)) if silent else self._arrival()
        fewest, most = PEOPLE[segment]
        people = [self._contact(company, industry, country, arrival, silent=silent)]
        for _ in range(self.dice.between(fewest, most) - 1):
            later = arrival + dt.timedelta(hours=5) + self.dice.early(40)
            people.append(self._contact(company, industry, country, later, silent=silent or self.dice.chance(12)))
        created = self.dice.office_hours(people[0].created + dt.timedelta(days=self.dice.between(6, 48)))
        if created >= LAST_DAY:
            return
        deal = self._deal(company, segment, "New business", created, people, silent=silent)
        if deal.stage == "Closed won" and deal.closed and self.dice.chance(55):
            again = self.dice.office_hours(deal.closed + dt.timedelta(days=self.dice.between(120, 330)))
            if again < LAST_DAY:
                kind = "Renewal" if self.dice.chance(40) else "Expansion"
                self._deal(company, segment, kind, again, people[: max(1, len(people) - 1)], silent=silent)

    def _deal(
        self,
        company: str,
        segment: str,
        kind: str,
        created: dt.datetime,
        people: Sequence[Contact],
        *,
        silent: bool,
    ) -> Deal:
        """A deal with its outcome, and what its people did on the way there."""
        _, seats_low, seats_high, price, days_low, days_high = SEGMENTS[segment]
        closes = self.dice.office_hours(created + dt.timedelta(days=self.dice.between(days_low, days_high)))
        won = silent or self.dice.chance(64 if kind == "New business" else 82)
        ended = closes < LAST_DAY and (silent or not self.dice.chance(8))
        seats = self.dice.between(seats_low, seats_high)
        cents = seats * price * 12 * (100 - self.dice.one((0, 5, 10, 12, 15)))
        stage = "Closed won" if won else "Closed lost"
        deal = Deal(
            name=f"{company} - {seats} seats" if kind == "New business" else f"{company} - {kind.lower()}",
            segment=segment,
            type=kind,
            created=created,
            closed=closes if ended else None,
            amount=_money(cents),
            stage=stage if ended else self.dice.one(OPEN_STAGES),
            contacts=list(people),
        )
        self.deals.append(deal)
        until = min(closes, LAST_DAY)
        for person in people:
            person.role = person.role or self.dice.one(BUYING_ROLES)
            person.stage = "Customer" if deal.stage == "Closed won" or person.stage == "Customer" else "Opportunity"
            if silent:
                continue
            self._before(person, created, "e", 3, 24)
            self._before(person, until, "x", 4, 35)
            self._before(person, until, "n", 3, 150)
        return deal

    def _company_without(self) -> None:
        """A company that never came to a deal."""
        company, industry = self._name()
        country = self.dice.weighted(COUNTRIES)
        arrival = self._arrival()
        for _ in range(self.dice.weighted(((1, 50), (2, 32), (3, 18)))):
            later = arrival + self.dice.early(30)
            contact = self._contact(company, industry, country, later, silent=self.dice.chance(6))
            contact.stage = self.dice.weighted(LEAD_STAGES)
            self._before(contact, min(contact.created + dt.timedelta(days=200), LAST_DAY), "n", 4, 180)

    def _shared_contact(self) -> None:
        """A consultant who advises two companies, and a won deal whose amount nobody filled in."""
        won = [deal for deal in self.deals if deal.stage == "Closed won"]
        adviser, other = won[5].contacts[0], won[6]
        if adviser not in other.contacts:
            other.contacts.append(adviser)
        won[11].amount = ""

    def _number(self) -> None:
        """Ids in the order of time, as a CRM gives them."""
        self.contacts = [person for person in self.contacts if person.created < LAST_DAY]
        self.contacts.sort(key=lambda person: (person.created, person.company))
        for number, person in enumerate(self.contacts, start=1001):
            person.id = number
        self.deals.sort(key=lambda deal: (deal.created, deal.name))
        for number, deal in enumerate(self.deals, start=501):
            deal.id = number
            deal.contacts = [person for person in deal.contacts if person.id]
        self.touches = [touch for touch in self.touches if touch.contact.id]
        self.touches.sort(key=lambda touch: (touch.moment, touch.contact.id, touch.asset.title))

    def write(self, folder: Path) -> None:
        """Writes the six tables as CSV: UTF-8, `\\n`, times in UTC with a `Z`."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in self.tables().items():
            _write(folder / f"{table}.csv", list(rows))

    def tables(self) -> dict[str, Iterable[Row]]:
        """The six tables: name -> rows, each a mapping of the column's name to its text."""
        return {
            "touchpoints": (
                {
                    "touchpoint_id": f"T{number:05d}",
                    "contact_id": touch.contact.id,
                    "occurred_at": _time(touch.moment),
                    "campaign_id": touch.asset.campaign,
                    "channel": touch.asset.channel,
                    "interaction_type": touch.asset.kind,
                    "interaction_source": touch.asset.source,
                    "asset_type": touch.asset.type,
                    "asset_title": touch.asset.title,
                    "content_type": touch.asset.content,
                    "cost": _money(touch.asset.cost) if touch.asset.cost else None,
                }
                for number, touch in enumerate(self.touches, start=1)
            ),
            "contacts": (
                {
                    "contact_id": person.id,
                    "created_at": _time(person.created),
                    "lifecycle_stage": person.stage,
                    "buying_role": person.role,
                    "company": person.company,
                    "industry": person.industry,
                    "country": person.country,
                }
                for person in self.contacts
            ),
            "deals": (
                {
                    "deal_id": deal.id,
                    "deal_name": deal.name,
                    "created_at": _time(deal.created),
                    "closed_at": _time(deal.closed),
                    "amount": deal.amount,
                    "currency": "USD",
                    "is_won": "true" if deal.stage == "Closed won" else "false",
                    "stage": deal.stage,
                    "pipeline": "Sales" if deal.type == "New business" else "Customer success",
                    "deal_type": deal.type,
                    "segment": deal.segment,
                }
                for deal in self.deals
            ),
            "deal_contacts": (
                {"deal_id": deal.id, "contact_id": contact}
                for deal in self.deals
                for contact in sorted(person.id for person in deal.contacts)
            ),
            "campaigns": (
                {
                    "campaign_id": key,
                    "name": name,
                    "starts_on": starts,
                    "ends_on": ends,
                    "budget": budget,
                    "owner": owner,
                    "utm": utm,
                }
                for key, name, starts, ends, budget, _, owner, utm in CAMPAIGNS
            ),
            "campaign_spend": self._spend(),
        }

    def _spend(self) -> Iterable[Row]:
        """What each campaign cost, a row for each Monday on which a week of it begins, until the data ends."""
        for key, _, starts, ends, budget, percent, _, _ in CAMPAIGNS:
            if budget is None:
                continue
            first, last = _day(starts), min(_day(ends), LAST_DAY)
            day = first - dt.timedelta(days=first.weekday())
            weeks = []
            while day <= last:
                weeks.append((max(day, first), self.dice.between(70, 130)))
                day += dt.timedelta(days=7)
            total = sum(weight for _, weight in weeks)
            for monday, weight in weeks:
                cents = budget * percent * weight // total
                yield {"campaign_id": key, "spent_on": monday.date().isoformat(), "amount": _money(cents)}


def _day(text: str) -> dt.datetime:
    """Midnight UTC of a written day."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _time(moment: dt.datetime | None) -> str:
    """The moment as ISO 8601 in UTC; empty where there is none."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _money(cents: int) -> str:
    """Dollars with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def _write(path: Path, rows: Sequence[Row]) -> None:
    """One CSV file with the same bytes on every platform."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str]) -> None:
    """Writes the data to the folder named, by default the `data` beside this script."""
    Market().write(Path(arguments[0]) if arguments else Path(__file__).parent / "data")


if __name__ == "__main__":
    main(sys.argv[1:])
