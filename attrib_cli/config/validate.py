"""Check what a file says against the keys there are: all problems at once, each with its line and what to do."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence

from attrib_cli.config.schema.kinds import Problem, read_tree
from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.parsers import VERSION, names, rate
from attrib_cli.config.schema.sections import File, ReportEntry
from attrib_cli.config.yaml_text import Document, KeyPath, Tree, dotted, read_document
from attrib_cli.engine.conversions import CATALOGUE as REPORT_TYPES
from attrib_cli.engine.conversions import fold_type
from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup, did_you_mean, together
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import CATALOGUE, fold

_ONLY = "report"

SECTIONS = ("reports", "dashboards")
"""Sections whose entries stand for themselves."""


@frozen
class Checked:
    """A file without those saved reports and dashboards that are wrong in themselves, and what is wrong with them.

    `wrong` goes by section and name. One bad report must not keep the others, or all of the program, from working.
    """

    file: File
    wrong: Mapping[tuple[str, str], AttribError]


def check_entries(document: Document, *, types_elsewhere: bool = False) -> Checked:
    """Return the keys of a file, read as what they mean, its wrong saved entries set aside.

    Report types that a file names are not looked at where they are configured `types_elsewhere` (the user's own file).

    For anything else one problem raises `ConfigError`, several an `ErrorGroup` of them in the order of their lines. Of
    a file that is newer than this program only that is said: its other keys may be right.
    """
    newer = _newer(document.tree)
    if newer is not None:
        raise _error(document, (("version",), newer))
    tree: Tree = {} if document.tree is None else document.tree
    file, wrong = _validated(tree)
    problems = list(document.problems)
    entries: dict[tuple[str, str], list[ConfigError]] = {}
    for problem in (*wrong, *_across(tree), *(() if types_elsewhere else _unknown_types(tree))):
        path = (*problem[0], *problem[1].at)
        if any(path[:length] in document.unreadable for length in range(len(path) + 1)):
            continue
        entry = _entry(path, tree)
        (problems if entry is None else entries.setdefault(entry, [])).append(_error(document, problem))
    if not problems and entries:
        file, _ = _validated(_without(tree, entries))
    if problems or file is None:
        raise grouped([*problems, *(one for found in entries.values() for one in found)])
    return Checked(file=file, wrong={entry: grouped(found) for entry, found in entries.items()})


@functools.lru_cache(maxsize=16)
def check_text(text: str, name: str, *, types_elsewhere: bool) -> Checked:
    """Return what `check_entries` does of the text of the file called `name`; one and the same text is checked once."""
    return check_entries(read_document(text, name), types_elsewhere=types_elsewhere)


def check_report(document: Document) -> ReportEntry:
    """Return the definition of a report that is all there is in a document; raises as `check_entries` does."""
    tree: Tree = {} if document.tree is None else document.tree
    file, wrong = _validated({"reports": {_ONLY: tree}})
    problems: list[AttribError] = list(document.problems)
    problems += [_error(document, (path[2:], found)) for path, found in wrong]
    if problems or file is None or file.reports is None:
        raise grouped(problems)
    return file.reports[_ONLY]


def grouped(problems: Sequence[AttribError]) -> AttribError:
    """Return problems as one error, in the order of their lines."""
    return together(sorted(problems, key=_line))


def singly(error: AttribError) -> Sequence[AttribError]:
    """Return the problems that an error is made of."""
    return error.errors if isinstance(error, ErrorGroup) else (error,)


def _entry(path: KeyPath, tree: Tree) -> tuple[str, str] | None:
    """Return the saved entry that a path leads into, None for any other key."""
    if len(path) < 2 or path[0] not in SECTIONS or not isinstance(tree, dict):
        return None
    section, name = str(path[0]), str(path[1])
    entries = tree.get(section)
    return (section, name) if isinstance(entries, dict) and name in entries else None


def _without(tree: Tree, entries: Collection[tuple[str, str]]) -> Tree:
    if not isinstance(tree, dict):
        return tree
    return {
        section: {name: entry for name, entry in value.items() if (section, name) not in entries}
        if isinstance(value, dict)
        else value
        for section, value in tree.items()
    }


def _validated(tree: Tree) -> tuple[File | None, list[Problem]]:
    file, problems = read_tree(File, tree)
    return (file if isinstance(file, File) else None), problems


def _newer(tree: Tree) -> WrongValue | None:
    written = tree.get("version") if isinstance(tree, dict) else None
    if isinstance(written, str) and written.isdecimal() and int(written[:9]) > VERSION:
        message = f"the file has version {written}, and this program reads {VERSION}"
        return WrongValue(message, hint="Install a newer attrib.")
    return None


def _across(tree: Tree) -> Iterator[Problem]:
    """Find what no single key can tell; parts that are wrong in themselves are passed over."""
    if not isinstance(tree, dict):
        return
    models = tree.get("models")
    own: dict[str, str] = {}
    for name in models if isinstance(models, dict) else ():
        if fold(name) in own:
            message = f"the name is the same as that of '{own[fold(name)]}': case, '-', '_' and blanks do not matter"
            yield ("models", name), WrongValue(message, hint="Choose another name.")
        own.setdefault(fold(name), name)
    yield from _unknown_models(tree.get("defaults"), own)
    rates, base = tree.get("exchange_rates"), tree.get("currency")
    if not isinstance(rates, dict) or not rates:
        return
    if base is None:
        hint = "Write `currency: USD`, the one that the rates are in."
        yield ("exchange_rates",), WrongValue("rates need the currency that they lead to", hint=hint)
    codes: dict[str, str] = {}
    for code, value in rates.items():
        folded = code.strip().upper()
        if folded in codes:
            message = f"the currency is there twice, as '{codes[folded]}' and as '{code}'"
            yield ("exchange_rates", code), WrongValue(message, hint="Delete one of the two.")
        codes.setdefault(folded, code)
        if isinstance(base, str) and folded == base.strip().upper() and _other_than_one(value):
            message = f"{folded} is the currency of the reports, so its rate is 1"
            yield ("exchange_rates", code), WrongValue(message, hint="Delete the line, or correct `currency`.")


def _unknown_models(defaults: Tree, own: Mapping[str, str]) -> Iterator[Problem]:
    written = defaults.get("model") if isinstance(defaults, dict) else None
    if written is None:
        return
    try:
        chosen = names(written)
    except WrongValue:
        return
    listed = (*own.values(), *(model.name for model in CATALOGUE), "all")
    known = {fold(name) for name in (*listed, *(alias for model in CATALOGUE for alias in model.aliases))}
    for i, name in enumerate(chosen):
        if fold(name) not in known:
            hint = did_you_mean(fold(name), known) or f"Models: {', '.join(listed)}."
            at = (i,) if isinstance(written, list) else ()
            yield ("defaults", "model", *at), WrongValue(f"there is no model '{name}'", hint=hint)


def _unknown_types(tree: Tree) -> Iterator[Problem]:
    """Find report types, of `defaults` and saved reports, that neither the program nor the file has."""
    if not isinstance(tree, dict):
        return
    defaults, reports, written = tree.get("defaults"), tree.get("reports"), tree.get("conversions")
    names = [*(kind.name for kind in REPORT_TYPES), *(written if isinstance(written, dict) else ())]
    known = {*names, *(alias for kind in REPORT_TYPES for alias in kind.aliases)}
    entries: list[tuple[KeyPath, Tree]] = [(("defaults",), defaults)]
    entries += [(("reports", name), one) for name, one in (reports.items() if isinstance(reports, dict) else ())]
    for path, entry in entries:
        asked = entry.get("type") if isinstance(entry, dict) else None
        listed = asked if isinstance(asked, list) else [asked] if isinstance(asked, str) else []
        for one in (text.strip() for item in listed for text in str(item).split(",")):
            if fold_type(one) not in known:
                hint = did_you_mean(fold_type(one), names) or f"Report types: {', '.join(names)}."
                yield (*path, "type"), WrongValue(f"there is no report type '{one}'", hint=hint)


def _other_than_one(value: Tree) -> bool:
    try:
        return rate(value) != 1
    except WrongValue:
        return False


def _line(error: AttribError) -> int:
    line = (error.place or "").rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _error(document: Document, problem: Problem) -> ConfigError:
    path, wrong = (*problem[0], *problem[1].at), problem[1]
    prefix = f"{dotted(path)}: " if path else ""
    return ConfigError(f"{prefix}{wrong.message}", place=document.place(path), hint=wrong.hint)
