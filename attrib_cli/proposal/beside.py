"""Columns that are looked up in another file of the folder: a shape names it by the shape that it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrib_cli.proposal.file import File, Unread
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import shapes

OWN = "file"
_NAMED = re.compile(r"\{([a-z0-9-]+)\}")


def looked_up_beside(plans: Sequence[Plan], files: Sequence[File]) -> tuple[list[Plan], list[Unread]]:
    """Put the paths of files into lookups that name a shape, as ``'{fivetran-meta-ads}'`` does.

    Return the plans that remain, and the files that are of no use without a file that is not there, with why.
    """
    kept: list[Plan] = []
    useless: list[Unread] = []
    for plan in plans:
        lacking = _resolve(plan, files)
        if lacking is None:
            kept.append(plan)
        else:
            useless.append(Unread(path=plan.file.name, why=lacking))
    return kept, useless


def _resolve(plan: Plan, files: Sequence[File]) -> str | None:
    """Complete the lookups of a plan; return why that is not possible.

    A lookup in the file itself, ``{file}``, is one for files that a query can name.
    """
    for rules in plan.columns.values():
        lookup = rules.get("lookup")
        query = lookup.get("sql") if isinstance(lookup, dict) else None
        named = _NAMED.search(query) if isinstance(query, str) else None
        if named is None or not isinstance(lookup, dict) or not isinstance(query, str):
            continue
        if named[1] == OWN:
            if plan.file.header_line > 1:
                del rules["lookup"]
            else:
                rules["lookup"] = {**lookup, "sql": query.replace(named[0], plan.file.in_queries.replace("'", "''"))}
            continue
        shape = next(one for one in shapes() if one.name == named[1])
        fitting = [file for file in files if shape.fits(file.headers) and file.header_line == 1]
        if len(fitting) != 1:
            count = "no file" if not fitting else f"{len(fitting)} files"
            return f"{plan.why}; it needs one file that is {shape.title} beside it, and {count} here is that"
        rules["lookup"] = {**lookup, "sql": query.replace(named[0], fitting[0].in_queries.replace("'", "''"))}
        plan.beside = (*plan.beside, fitting[0].name)
        plan.notes.append(f"looked up in {fitting[0].name}, {shape.title}")
    return None
