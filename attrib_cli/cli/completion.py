"""What the shell offers on Tab. Nothing here may print, fail or load the engine's heavy parts."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from attrib_cli.config.load import Config


def _matching(names: list[str], incomplete: str) -> list[str]:
    """Names that begin like the last item of a list separated by commas, the items before it kept."""
    head, comma, last = incomplete.rpartition(",")
    return [f"{head}{comma}{name}" for name in names if name.casefold().startswith(last.casefold())]


def report_types(incomplete: str) -> list[str]:
    """Report types, those of the configuration at hand included."""
    from attrib_cli.engine.conversions import CATALOGUE

    return _matching([*(entry.name for entry in CATALOGUE), *_conversions()], incomplete)


def _conversions() -> list[str]:
    """Names of the kinds of conversions of the configuration at hand."""
    config = _config()
    return [] if config is None else [one.name for one in config.settings.conversions]


def _config() -> Config | None:
    """Return the configuration at hand; None where there is none, or a wrong one."""
    with contextlib.suppress(Exception):
        from attrib_cli.config.find import find_config
        from attrib_cli.config.load import load_config
        from attrib_cli.terminal.console import Console

        path = find_config(Path.cwd(), Console.system().environ)
        return None if path is None else load_config(path)
    return None


def models(incomplete: str) -> list[str]:
    """Attribution models."""
    from attrib_cli.engine.models import CATALOGUE

    return _matching([*(entry.name for entry in CATALOGUE), "all"], incomplete)


def positions(incomplete: str) -> list[str]:
    """Positions of a journey that a model can give weights to."""
    from attrib_cli.engine.models import POSITIONS

    return _matching([f"{position}=" for position in (*POSITIONS, "rest")], incomplete)


def measures(incomplete: str) -> list[str]:
    """Measures."""
    from attrib_cli.engine.measures import CATALOGUE

    return _matching([*(entry.name for entry in CATALOGUE), "all"], incomplete)


def dimensions(incomplete: str) -> list[str]:
    """Dimensions that every data set may have."""
    from attrib_cli.engine.buckets import CATALOGUE
    from attrib_cli.engine.dimensions import DESCRIPTIONS
    from attrib_cli.engine.journey_values import CATALOGUE as JOURNEY_VALUES

    names = [*DESCRIPTIONS, *(bucket.name for bucket in CATALOGUE), *(value.name for value in JOURNEY_VALUES)]
    return _matching(names, incomplete)


def periods(incomplete: str) -> list[str]:
    """Period presets."""
    from attrib_cli.engine.periods import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete.casefold())]


def comparisons(incomplete: str) -> list[str]:
    """What a report can be compared with."""

    from attrib_cli.engine.comparisons import CATALOGUE

    return [entry.name for entry in CATALOGUE if entry.name.startswith(incomplete.casefold())]


def switches(incomplete: str) -> list[str]:
    """What is either on or off."""
    return [name for name in ("on", "off") if name.startswith(incomplete.casefold())]


def collapses(incomplete: str) -> list[str]:
    """How interactions that repeat can count as one."""
    from attrib_cli.engine.spec import COLLAPSES

    return [name for name in COLLAPSES if name.startswith(incomplete.casefold())]


def cycles(incomplete: str) -> list[str]:
    """What can lead to repeat conversions."""
    from attrib_cli.engine.spec import CYCLES

    return [name for name in CYCLES if name.startswith(incomplete.casefold())]


def games(incomplete: str) -> list[str]:
    """What a coalition can be worth to Shapley."""
    from attrib_cli.engine.spec import GAMES

    return [game for game in GAMES if game.startswith(incomplete.casefold())]


def left_out(incomplete: str) -> list[str]:
    """Options that a report can leave out of what is saved."""
    from attrib_cli.config.schema.report_options import left_out_options

    return _matching([name.replace("_", "-") for name in left_out_options()], incomplete)


def formats(incomplete: str) -> list[str]:
    """Output formats."""
    from attrib_cli.output.registry import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def targets(incomplete: str) -> list[str]:
    """Targets that messages go to, of the configuration at hand."""
    config = _config()
    return _matching([] if config is None else [*(config.notifications.targets or {})], incomplete)


def exported_formats(incomplete: str) -> list[str]:
    """Formats of exported files."""
    from attrib_cli.output.registry import EXPORTED

    return _matching(list(EXPORTED), incomplete)


def list_formats(incomplete: str) -> list[str]:
    """Formats of lists."""
    from attrib_cli.output.registry import LIST_FORMATS

    return [name for name in LIST_FORMATS if name.startswith(incomplete)]


def account_formats(incomplete: str) -> list[str]:
    """Formats of explanations."""
    from attrib_cli.output.registry import ACCOUNT_FORMATS

    return [name for name in ACCOUNT_FORMATS if name.startswith(incomplete)]


def findings_formats(incomplete: str) -> list[str]:
    """Formats of what the checks found."""
    from attrib_cli.output.registry import FINDINGS_FORMATS

    return [name for name in FINDINGS_FORMATS if name.startswith(incomplete)]


def board_formats(incomplete: str) -> list[str]:
    """Formats of dashboards."""
    from attrib_cli.output.registry import BOARD_FORMATS

    return [name for name in BOARD_FORMATS if name.startswith(incomplete)]


def campaigns(incomplete: str) -> list[str]:
    """Names of the campaigns in a plain campaigns.csv at hand: here, in data/, or in examples/data/."""
    names: list[str] = []
    for folder in (".", "data", "examples/data"):
        path = Path(folder) / "campaigns.csv"
        with contextlib.suppress(OSError, UnicodeError, csv.Error), path.open(encoding="utf-8-sig", newline="") as file:
            names += [row["name"] for row in csv.DictReader(file) if row.get("name")]
    return [name for name in dict.fromkeys(names) if name.casefold().startswith(incomplete.casefold())]


def saved_reports(incomplete: str) -> list[str]:
    """Saved reports."""
    return [name for name in _saved("reports") if name.casefold().startswith(incomplete.casefold())]


def dashboards(incomplete: str) -> list[str]:
    """Dashboards."""
    return [name for name in _saved("dashboards") if name.casefold().startswith(incomplete.casefold())]


def _saved(section: Literal["reports", "dashboards"]) -> list[str]:
    """Names of what the user may see of the configuration at hand; a wrong one has none."""
    with contextlib.suppress(Exception):
        from attrib_cli.config.find import find_config
        from attrib_cli.config.load import load_config
        from attrib_cli.saved.library import Library
        from attrib_cli.terminal.console import Console

        console = Console.system()
        path = find_config(Path.cwd(), console.environ)
        config = None if path is None else load_config(path)
        library = Library.open(config, user=console.user(), environ=console.environ, folder=Path.cwd())
        return [saved.name for saved in (library.reports() if section == "reports" else library.dashboards())]
    return []


def explained_subjects(incomplete: str) -> list[str]:
    """What can be explained."""
    from attrib_cli.reporting.explaining import SUBJECTS

    return [name for name in (*SUBJECTS, *_conversions()) if name.startswith(incomplete.casefold())]


def reconciled_figures(incomplete: str) -> list[str]:
    """What can be reconciled: figures, models and saved reports."""
    from attrib_cli.engine.models import CATALOGUE
    from attrib_cli.reporting.reconciling import FIGURES

    names = (*FIGURES, *(model.name for model in CATALOGUE), *_saved("reports"))
    return [name for name in names if name.casefold().startswith(incomplete.casefold())]


def path_questions(incomplete: str) -> list[str]:
    """What can be asked of paths."""
    names = ("top", "length", "lag", "assists", "overlaps", "flow")
    return [name for name in names if name.startswith(incomplete.casefold())]


def layouts(incomplete: str) -> list[str]:
    """How models stand to each other."""
    from attrib_cli.output.named_report import Layout

    return [name for name in get_args(Layout) if name.startswith(incomplete.casefold())]


def charts(incomplete: str) -> list[str]:
    """Kinds of charts."""
    from attrib_cli.output.charts.catalogue import BY_NAME

    return [name for name in BY_NAME if name.startswith(incomplete.casefold())]
