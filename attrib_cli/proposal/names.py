"""Which table a file is, and which column what, by what they are called, where what columns hold agrees."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePath

from attrib_cli.engine import checks
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import TABLES
from attrib_cli.engine.sources.catalogue import KnownTable, folded, known_table
from attrib_cli.proposal.answers import TIME, Answers
from attrib_cli.proposal.columns import Looked, currency_header
from attrib_cli.proposal.file import File
from attrib_cli.proposal.headers import WAYS, behind_nouns, called, of_changes
from attrib_cli.proposal.own_conversions import OWN, kinds_of_file
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import dictionary, headers_of
from attrib_cli.proposal.stages import has_won

_OF_KINDS = f"own{CONVERSIONS}"
KEYS = {**checks.KEYS, OWN: "conversion_id"}
"""The column of each table that no two rows have alike."""

_DATES = ("timestamp", "date")

_OF_URLS = {"campaign_id": "utm_campaign", "channel": "utm_medium"}
"""Columns that URLs tell, where nothing else does."""

_OF_CAMPAIGNS = frozenset(("starts_on", "ends_on", "budget", "utm", "owner"))
"""Columns that campaigns have, and what is spent on a day has not."""

_PER_EVENT = "touchpoint_id"
"""What is one row's own: an id of the session behind a word for it may be that of several."""


def by_dictionary(looked: Looked, asked: str | None, answers: Answers) -> list[Plan]:
    """Return the tables that the columns of a file can make: the likeliest one, and what else stands in its rows."""
    found: list[tuple[Decimal, Plan]] = []
    for table in (*TABLES, OWN):
        if asked in (None, table):
            columns = _columns_of(looked, table, answers)
            if all(name in columns for name in _known(table).required) and (asked or _may_be(looked, table, columns)):
                plan = Plan(table=table, file=looked.file, columns=columns)
                found.append((_likely(looked, plan), plan))
    if any(plan.table == "campaign_spend" for _, plan in found):
        # What says on which day something was spent is spend, and no table of the campaigns that it names.
        found = [one for one in found if one[1].table != "campaigns" or _OF_CAMPAIGNS & one[1].columns.keys()]
    if not found and asked is not None:
        columns = _columns_of(looked, asked, answers)
        absent = [name for name in _known(asked).required if name not in columns]
        options = " ".join(f"--column '{asked}.{name}=HEADER'" for name in absent)
        said = f"{looked.file.name} has no column that is {' or '.join(absent)}"
        raise UsageError(said, hint=f"Say which is: {options}.", place="--table")
    if not found:
        return []
    score, best = max(found, key=lambda one: one[0])
    best.doubtful = asked is None and score < 2
    if best.table == OWN:
        return kinds_of_file(looked.con, best, _type_header(looked))
    plans = [best]
    people = columns_called(looked, "deal_contacts")
    if best.table == "deals" and "contact_id" in people and looked[str(people["contact_id"]["header"])].lists:
        best.columns.pop("contact_id", None)
        listed = f"'{people['contact_id']['header']}' lists the contacts of each deal"
        plans.append(Plan(table="deal_contacts", file=looked.file, columns=people, because=(listed,)))
    return plans


def _known(table: str) -> KnownTable:
    return known_table(_OF_KINDS if table == OWN else table)


def _columns_of(looked: Looked, table: str, answers: Answers) -> dict[str, dict[str, object]]:
    """Return the columns of a table by what they are called, and those that were typed; its rows numbered for a key.

    Deals are numbered where they have a contact and an amount, and so are conversions that are no deals.
    """
    columns = columns_called(looked, table) | typed(looked.file, table, answers)
    if (table == "deals" and {"contact_id", "amount"} <= columns.keys()) or table == OWN:
        numbered: dict[str, dict[str, object]] = {
            "deal_id" if table == "deals" else "conversion_id": {"row_number": True}
        }
        as_file = table == OWN and f"{OWN}.conversion_id" not in answers.columns
        return numbered | columns | (_called_by_file(looked, columns) if as_file else {})
    return columns


def _called_by_file(looked: Looked, columns: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the id of conversions that is called as their file is (``signup_id``), if it is filled and unique."""
    stem = PurePath(looked.file.member or looked.file.path).name.partition(".")[0]
    others = {header for name, rules in columns.items() if name != "conversion_id" for header in headers_of(rules)}
    for name in (stem, stem.removesuffix("s"), _named(looked.file, OWN)):
        header = looked.file.header(f"{name} id") if name else None
        if header is not None and header not in others and looked[header].unique == looked[header].filled == 1:
            return {"conversion_id": {"header": header}}
    return {}


def _may_be(looked: Looked, table: str, columns: Mapping[str, object]) -> bool:
    """Whether nobody has to say that a file is a table: conversions are called so, and have a type, or no value."""
    typed = _type_header(looked) is not None
    named = _named(looked.file, OWN) is not None
    if table == OWN:
        return named and "contact_id" in columns and (typed or "conversion_value" not in columns)
    return not (table == "deals" and columns.get("deal_id") == {"row_number": True} and typed and named)


def _type_header(looked: Looked) -> str | None:
    """Return the column of a file of conversions that says of which kind each is; None for none, or one kind alone."""
    for wanted in dictionary().kinds:
        header = looked.file.header(wanted)
        if header is not None and 0 < looked[header].unique < 1 and len(looked[header].samples) > 1:
            return header
    return None


def _named(file: File, table: str) -> str | None:
    """Return the word in the name of a file that says which table it is."""
    stem = folded(file.name.rpartition("/")[2])
    return next((word for word in (table, *dictionary().files.get(table, ())) if folded(word) in stem), None)


def columns_called(looked: Looked, table: str) -> dict[str, dict[str, object]]:
    """Return the columns of a table by what they are called, where what they hold agrees."""
    known = _known(table).kinds
    names: Mapping[str, tuple[str, ...]] = dictionary().headers.get(table, {})
    found: dict[str, dict[str, object]] = {}
    taken: set[str] = set()
    for way in WAYS:
        for column, kind in known.items():
            if column in found or (way is behind_nouns and column == _PER_EVENT):
                continue
            ways = WAYS if column == "stage" else (way,)
            fits = [
                header
                for header in called(looked.file, table, (column, *names.get(column, ())), ways)
                if header not in taken and _agrees(kind, looked, header)
            ]
            if column == "stage":  # the status of a deal says whether it is won, its step in a pipeline may not
                fits.sort(key=lambda header: not has_won(looked.con, looked.file.relation, header))
            if fits:
                found[column] = {"header": fits[0]}
                if not (table == "deals" and column == "created_at"):  # a table of orders has one day for both
                    taken.add(fits[0])
    if "currency" in known:
        add_currency(looked, found)
    if table == "deals" and "created_at" in found and "closed_at" not in found and _is_of_one_day(looked, found):
        found["closed_at"] = dict(found["created_at"])
    if table == "touchpoints":
        add_parts_of_urls(looked, found)
    return found


def _is_of_one_day(looked: Looked, found: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether deals have the day of their making alone, as orders have: no other column has dates but of changes."""
    created = found["created_at"].get("header")
    others = (header for header in looked.file.headers if header != created and not of_changes(header))
    return not any(looked[header].dated for header in others)


def add_parts_of_urls(looked: Looked, columns: dict[str, dict[str, object]]) -> None:
    """Add the campaign and the channel of touchpoints that URLs tell, where no filled column does."""
    for column, part in _OF_URLS.items():
        rules = columns.get(column)
        if rules is None or ("value" not in rules and not any(looked[one].filled for one in headers_of(rules))):
            header = _with_part(looked, part)
            columns |= {} if header is None else {column: {"header": header, "url": part}}


def add_currency(looked: Looked, columns: dict[str, dict[str, object]]) -> None:
    """Add the column of the codes of the currencies that amounts are in, where there is one and none is known."""
    if "currency" in columns:
        return
    amounts = (header for name in ("amount", "conversion_value") for header in headers_of(columns.get(name, {})))
    header = currency_header(looked.con, looked.file, next(amounts, None))
    if header is not None and all(header not in headers_of(rules) for rules in columns.values()):
        columns["currency"] = {"header": header}


def _agrees(kind: str, looked: Looked, header: str) -> bool:
    """Whether what a column holds can be of a kind."""
    if kind in _DATES:
        return looked[header].may_be_dates
    return kind != "decimal" or looked[header].amounts


def _with_part(looked: Looked, part: str) -> str | None:
    """Return the first column of URLs of which one has a part such as ``utm_campaign``; None for none."""
    for header in looked.file.headers:
        if any(word in folded(header) for word in dictionary().urls):
            has = f"contains(lower({identifier(header)}), {literal(part + '=')})"
            if looked.con.execute(f"SELECT 1 FROM {looked.file.relation} WHERE {has} LIMIT 1").fetchone():
                return header
    return None


def _likely(looked: Looked, plan: Plan) -> Decimal:
    """Return how likely a file is a table, and note why: its name, the columns found, an id that is one row's own."""
    known = _known(plan.table)
    score = Decimal(len(plan.columns)) / Decimal(len(known.kinds)) + len(plan.columns) * Decimal("0.1")
    because = [f"{len(plan.columns)} of the {len(known.kinds)} columns of {plan.table} are there"]
    named = _named(looked.file, plan.table)
    if named is not None:
        score += 2
        because.insert(0, f"it is called '{named}'")
    key = KEYS.get(plan.table)
    header = plan.header(key) if key is not None else None
    if key is not None and header is None:
        score -= 0 if plan.table == OWN else 1
        because.append("no column is an id, so that rows are numbered")
    elif header is not None:
        unique = looked[header].unique
        score += 1 if unique == 1 else -1
        because.append(f"each '{header}' stands once" if unique == 1 else f"'{header}' repeats, which an id should not")
    plan.because = tuple(because)
    return score


def typed(file: File, table: str, answers: Answers) -> dict[str, dict[str, object]]:
    """Return the columns of a table whose header was typed, and is one of the file's."""
    found: dict[str, dict[str, object]] = {}
    for name, wanted in answers.columns.items():
        of, _, column = name.partition(".")
        header = file.header(wanted)
        if of == table and header is not None and not column.endswith(TIME):
            found[column] = {"header": header}
    return found
