"""Record what MAM and Google's fractribution credit journeys with; `test_journey_games.py` holds the engine to it.

MAM needs old versions of its dependencies, and fractribution is a file of github.com/google/fractribution, so that they
have an environment of their own:

    python3 -m venv PEERS
    PEERS/bin/pip install marketing_attribution_models==1.0.10 'pandas<2' 'numpy<2' 'matplotlib<3.8'
    PEERS/bin/python tests/recorded/games.py FRACTRIBUTION/py    (writes games.json beside itself)

Journeys have four channels at most, of which MAM keeps the last four; fractribution gets each where it first stood,
which is its path transform `first`.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas
from marketing_attribution_models import MAM

CHANNELS = ("events", "mail", "search", "social")


def journeys(seed: int, number: int) -> list[dict[str, object]]:
    """Paths with loops and single touches: path, how many convert and do not, value of them all."""
    dice = random.Random(seed)
    found: dict[tuple[str, ...], list[int]] = {}
    for _ in range(number):
        walk = tuple(dice.choices(CHANNELS, [1, 2, 4, 3])[0] for _ in range(dice.choice([1, 1, 1, 2, 2, 3, 4, 6])))
        kept = found.setdefault(walk, [0, 0, 0])
        converts = dice.random() < 0.05 + 0.1 * len(set(walk)) + 0.1 * ("events" in walk) + 0.05 * (walk[0] == "search")
        kept[0 if converts else 1] += 1
        kept[2] += dice.randrange(1_000, 90_000) if converts else 0
    return [
        {"path": list(walk), "converting": good, "non_converting": idle, "value": value}
        for walk, (good, idle, value) in sorted(found.items())
    ]


def by_mam(paths: list[dict[str, object]], *, order: bool, valued: bool) -> dict[str, float]:
    """Conversions by channel, or value."""
    rows = []
    for one in paths:
        walk = " > ".join(one["path"])
        rows += [(walk, True, one["value"] / max(one["converting"], 1))] * one["converting"]
        rows += [(walk, False, 0)] * one["non_converting"]
    table = pandas.DataFrame(rows, columns=["path", "won", "value"])
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MAM(
            table,
            channels_colname="path",
            journey_with_conv_colname="won",
            conversion_value="value" if valued else 1,
        )
        _, found = model.attribution_shapley(size=4, order=order)
    return {str(name): float(credit) for name, credit in found.items()}


def by_fractribution(paths: list[dict[str, object]]) -> dict[str, list[float]]:
    """Conversions and value by channel."""
    from fractribution import Fractribution

    sums: dict[tuple[str, ...], list[int]] = {}
    for one in paths:
        kept = sums.setdefault(tuple(dict.fromkeys(one["path"])), [0, 0, 0])
        for place, name in enumerate(("converting", "non_converting", "value")):
            kept[place] += one[name]
    model = Fractribution([(" > ".join(walk), *kept) for walk, kept in sums.items()])
    model.run_fractribution("shapley")
    counts, values = model._get_channel_to_attribution(), model._get_channel_to_revenue()
    return {name: [counts[name], values[name]] for name in CHANNELS}


def main(folder: str) -> None:
    """Write the journeys and what is credited."""
    cloud = types.ModuleType("google.cloud")
    cloud.bigquery = types.SimpleNamespace(
        job=types.SimpleNamespace(QueryJob=object), client=types.SimpleNamespace(Client=object)
    )
    sys.modules |= {"google": types.ModuleType("google"), "google.cloud": cloud}  # which it uploads to, and we do not
    sys.path.insert(0, folder)
    cases = []
    for seed, number in ((1, 300), (2, 3_000)):
        paths = journeys(seed, number)
        counts, values = (
            {order: by_mam(paths, order=order, valued=valued) for order in (False, True)} for valued in (False, True)
        )
        credited = {
            game: {name: [counts[order][name], values[order][name]] for name in CHANNELS}
            for game, order in (("journeys", False), ("ordered", True))
        }
        cases.append({"journeys": paths, "credited": {**credited, "counterfactual": by_fractribution(paths)}})
    versions = {"marketing_attribution_models": version("marketing_attribution_models"), "fractribution": "2022"}
    text = json.dumps({"versions": versions, "cases": cases})
    text = text.replace('{"path"', '\n{"path"').replace('"credited"', '\n"credited"')
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
