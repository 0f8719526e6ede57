"""Which format is meant: by its name, by the ending of a file, or by where the output goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.output.registry import CATALOGUE, NOUNS, Content, Format, Place, holding, listing

STDOUT_PATHS = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


def usual_format(place: Place) -> Format:
    """Return the format that is taken at a place if nobody says one; files count as pipes."""
    return next(entry for entry in CATALOGUE if entry.usual_in == place)


def is_stdout(path: str | None) -> bool:
    """Say whether `path` means standard output: None, ``-`` or one of the system's names for it."""
    return path is None or path in STDOUT_PATHS


def format_of_file(path: str, among: Mapping[str, Format] | None = None) -> Format | None:
    """Return the format that the ending of `path` means, None where it means none; ``.about.json`` before ``.json``."""
    entries = CATALOGUE if among is None else tuple(among.values())
    folded = path.casefold()
    found = ((len(suffix), entry) for entry in entries for suffix in entry.suffixes if folded.endswith(suffix))
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def may_hold(path: str, format: Format) -> bool:
    """Say whether a file called `path` can be in `format`: its ending says so, or says no format at all."""
    return format_of_file(path) in (None, format)


def resolve_format(
    option: str | None, output_path: str | None, stdout_is_tty: bool, *, content: Content = "report"
) -> Format:
    """Return the format asked for: by `option`, else by the ending of `output_path`, else by where it goes.

    Without either it is the usual one. Raises UsageError for a format or an ending that cannot hold `content`, and for
    a binary format on a terminal.
    """
    among = holding(content)
    to_terminal = is_stdout(output_path) and stdout_is_tty
    chosen = None if option is None else _by_name(option, among, content)
    if chosen is None and output_path is not None and not is_stdout(output_path):
        chosen = _by_ending(output_path, among, content)
    chosen = chosen or usual_format("terminal" if to_terminal else "pipe")
    if to_terminal:
        refuse_on_terminal(chosen)
    return chosen


def refuse_on_terminal(format: Format) -> None:
    """Raise UsageError for a format that a terminal cannot show."""
    if format.binary:
        hint = f"Give --output report.{format.ending}, or redirect standard output."
        raise UsageError(f"{format.name} is binary and not for a terminal", hint=hint, place="--format")


def refuse_template(formats: Iterable[Format]) -> None:
    """Raise UsageError for a template where none of the formats can fill one."""
    found = list(formats)
    if not any(format.templates for format in found):
        able = listing(entry.name for entry in CATALOGUE if entry.templates)
        named = listing([format.name for format in found], "and")
        raise UsageError(f"{named} has no template", hint=f"Ask for {able}.", place="--template")


def _by_name(name: str, among: Mapping[str, Format], content: Content) -> Format:
    wanted = name.strip().casefold()
    named = [entry for entry in CATALOGUE if wanted in (entry.name, *(s.lstrip(".") for s in entry.suffixes))]
    for entry in named:
        if entry.holds(content):
            return entry
    hint = f"Formats: {', '.join(among)}."
    if named:
        raise UsageError(f"{NOUNS[content]} cannot be written as {named[0].name}", hint=hint, place="--format")
    hint = " ".join(filter(None, (did_you_mean(name, among), hint)))
    raise UsageError(f"unknown format '{name}'", hint=hint, place="--format")


def _by_ending(path: str, among: Mapping[str, Format], content: Content) -> Format | None:
    ending = PurePath(path).suffix
    if not ending:
        return None
    if entry := format_of_file(path, among):
        return entry
    if other := format_of_file(path):
        hint = f"Formats: {', '.join(among)}."
        raise UsageError(f"{NOUNS[content]} cannot be written as {other.name}", hint=hint, place=path)
    endings = [suffix for entry in among.values() for suffix in entry.suffixes]
    hint = " ".join(filter(None, (did_you_mean(ending, endings), f"Known: {', '.join(endings)}; or give --format.")))
    raise UsageError(f"the ending '{ending}' names no format", hint=hint, place=path)
