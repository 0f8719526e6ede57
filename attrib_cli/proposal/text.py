"""A proposal as the text of a configuration, with a comment for all that somebody should look over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from attrib_cli.engine.settings import CONVERSION_KEYS, CONVERSIONS
from attrib_cli.proposal.own_conversions import kind_of
from attrib_cli.proposal.plan import Merge, Plan, Proposal

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./ -]*[A-Za-z0-9_/.]|[A-Za-z_]")
_WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def configuration(proposal: Proposal) -> str:
    """Return the text of attrib.yaml."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    yield "# Written by `attrib init`. Look it over: what is a guess says so. Every key: docs/configuration.md."
    yield "version: 1"
    yield ""
    yield "sources:"
    own = {table: plans for table, plans in proposal.plans.items() if table.endswith(CONVERSIONS)}
    for table, plans in proposal.plans.items():
        if table not in own:
            yield from _table(table, plans, proposal.merges.get(table))
    if own:
        yield ""
        yield "conversions:"
        for table, plans in own.items():
            yield from _table(kind_of(table), plans)
    if proposal.joins:
        yield ""
        yield "# How the ids join, as far as these files go:"
        for join in proposal.joins:
            yield f"#   {join}"
    for key, value in proposal.settings.items():
        yield ""
        yield f"{key}: {scalar(value)}"
    for doubt in proposal.doubts:
        yield ""
        yield f"# In doubt: {' '.join(doubt.question.split())}"
        yield f"#   taken: {doubt.taken}; `attrib init {doubt.option}` says otherwise"
    if proposal.left_out:
        yield ""
        yield "# Not used:"
        for one in proposal.left_out:
            yield f"#   {one.path}: {' '.join(one.why.split())}"


def summary(proposal: Proposal) -> str:
    """Return what people should look over: each file, what it was taken for, the joins, and what is in doubt."""
    lines = []
    for table, plans in proposal.plans.items():
        for plan in plans:
            what = f"conversions {kind_of(table)}" if table.endswith(CONVERSIONS) else table
            lines.append(f"{what}: {_about(plan)}")
            lines += [f"  {note}" for note in plan.notes]
            for name, rules in plan.columns.items():
                header = rules.get("header")
                held = plan.looked.get(header) if isinstance(header, str) else None
                samples = f" ({', '.join(_sample(one) for one in held.samples)})" if held and held.samples else ""
                named = " or ".join(map(str, header)) if isinstance(header, list) else header
                named = f"{named}' and '{rules['time']}" if "time" in rules else named
                constant = f"always '{rules.get('value')}'" if "value" in rules else "the number of the row"
                source = f"'{named}'" if named else constant
                lines.append(f"  {name}: {source}{samples}")
    lines += [f"joins: {join}" for join in proposal.joins]
    lines += [f"{key}: {scalar(value)}" for key, value in proposal.settings.items()]
    for doubt in proposal.doubts:
        lines.append(f"in doubt: {doubt.question}\n  taken: {doubt.taken}; {doubt.option} says otherwise")
    lines += [f"not used: {one.path}: {one.why}" for one in proposal.left_out]
    return "\n".join(lines)


def _table(table: str, plans: Sequence[Plan], merge: Merge | None = None) -> Iterator[str]:
    if len(plans) == 1:
        yield f"  # {_about(plans[0])}"
        yield f"  {table}:"
        yield from _source(plans[0], "    ")
        return
    files = len({plan.file.name for plan in plans})
    yield f"  # {f'{files} files' if files > 1 else f'{len(plans)} parts of a file'} make one table."
    yield f"  {table}:"
    yield "    union:"
    for plan in plans:
        yield f"      # {_about(plan)}"
        body = list(_source(plan, "        "))
        yield "      - " + body[0].lstrip()
        yield from body[1:]
    yield from _one_of_each(merge) if merge is not None else ()


def _one_of_each(merge: Merge) -> Iterator[str]:
    """Yield the key that leaves one of each row that stands in several files, as a comment unless it is taken."""
    rows = f"{merge.count:,} of the {merge.total:,} rows"
    if merge.taken:
        yield f"    # {rows} stand in another file too, or twice: one of each counts."
    else:
        yield f"    # {rows} stand in another file too, or twice. The next line, without its #, leaves one of each."
    unknown = {"of": "<the id>", "by": "<the column with the moment of the last change>"}
    yield f"    {'' if merge.taken else '# '}latest: {scalar(merge.rule or unknown)}"


def _about(plan: Plan) -> str:
    read = f"; read as {plan.file.encoding}, since it is not UTF-8" if plan.file.encoding else ""
    return f"{plan.file.name}: {plan.file.rows:,} rows; {plan.why}{read}."


def _source(plan: Plan, indent: str) -> Iterator[str]:
    if plan.sql is not None:
        yield f"{indent}sql: |"
        for line in plan.sql.replace("{file}", plan.file.in_queries.replace("'", "''")).strip("\n").splitlines():
            yield f"{indent}  {line}"
    else:
        yield f"{indent}path: {scalar(plan.file.path)}"
        for key in ("member", "sheet"):
            value = getattr(plan.file, key)
            if value is not None:
                yield f"{indent}{key}: {scalar(value)}"
        if plan.file.header_line > 1:
            yield f"{indent}header_line: {plan.file.header_line}"
        if plan.file.ends_at_blank:
            yield f"{indent}ends_at_blank: true"
        if plan.file.encoding is not None:
            yield f"{indent}encoding: {plan.file.encoding}"
    for note in plan.notes:
        yield f"{indent}# {note}"
    for key, value in plan.options.items():
        of_text = plan.sql is None and not plan.file.types
        if of_text or key not in ("footer", "total_rows"):
            yield f"{indent}{key}: {scalar(value)}"
    own = plan.table.endswith(CONVERSIONS)
    if not own:
        yield f"{indent}columns:"
        indent += "  "
    for name, rules in plan.columns.items():
        only = len(rules) == 1 and isinstance(rules.get("header"), str)
        value = scalar(rules["header"] if only else rules)
        header = rules.get("header")
        held = plan.looked.get(header) if isinstance(header, str) else None
        samples = f"  # {', '.join(_sample(one) for one in held.samples)}" if held and held.samples else ""
        yield f"{indent}{CONVERSION_KEYS.get(name, name) if own else name}: {value}{samples}"


def _sample(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 30 else short[:29] + "…"


def scalar(value: object) -> str:
    """Return a value as YAML on one line: texts in quotes where they need them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {scalar(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(scalar, value)) + "]"
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
