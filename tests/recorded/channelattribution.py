"""Record what ChannelAttribution, a simulation, credits journeys with; `test_fitted_markov.py` holds the engine to it.

ChannelAttribution is under the GPL and some platforms have to compile it, so that it has an environment of its own:

    python3 -m venv PEERS && PEERS/bin/pip install -r benchmarks/requirements.txt
    PEERS/bin/python tests/recorded/channelattribution.py    (writes channelattribution.json beside itself)
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from importlib.metadata import version
from pathlib import Path

import pandas

with contextlib.redirect_stdout(io.StringIO()):  # importing it and calling it print an advertisement
    from ChannelAttribution import markov_model

CHANNELS = ("search", "mail", "social", "events", "direct", "rare")
WALKS = 40_000_000
STEPS = 10_000
"""Walks may be far longer than any journey; by default those longer than the longest one are cut, and lost."""


def journeys(seed: int, number: int) -> list[dict[str, object]]:
    """Paths full of loops, single touches and a rare channel: path, how many convert and do not, value of them all."""
    dice = random.Random(seed)
    found: dict[tuple[str, ...], list[int]] = {}
    for _ in range(number):
        walk: list[str] = []
        for _ in range(dice.choice([1, 1, 2, 3, 4, dice.randint(1, 12)])):
            stays = bool(walk) and dice.random() < 0.3
            walk.append(walk[-1] if stays else dice.choices(CHANNELS, [16, 12, 8, 6, 4, 0.4])[0])
        kept = found.setdefault(tuple(walk), [0, 0, 0])
        converts = dice.random() < 0.1 + 0.25 * ("events" in walk) + 0.2 * (walk[-1] == "search")
        kept[0 if converts else 1] += 1
        kept[2] += dice.randrange(1_000, 90_000) if converts else 0
    return [
        {"path": list(walk), "converting": good, "non_converting": idle, "value": value}
        for walk, (good, idle, value) in sorted(found.items())
    ]


def credited(paths: list[dict[str, object]], order: int) -> dict[str, list[float]]:
    """Conversions and value by channel."""
    table = pandas.DataFrame(paths)
    table["path"] = table["path"].map(" > ".join)
    with contextlib.redirect_stdout(io.StringIO()):
        found = markov_model(
            table, "path", "converting", var_value="value", var_null="non_converting", order=order, verbose=False,
            nsim_start=WALKS, max_step=STEPS, nfold=2, ncore=2, seed=7, flg_pro=False,
        )  # fmt: skip
    columns = ["channel_name", "total_conversions", "total_conversion_value"]
    return {name: [count, value] for name, count, value in sorted(found[columns].itertuples(index=False))}


def main() -> None:
    """Write the journeys and what is credited."""
    cases = []
    for seed, number in ((1, 400), (2, 3_000)):
        paths = journeys(seed, number)
        by_order = {str(order): credited(paths, order) for order in (1, 2, 3)}
        cases.append({"journeys": paths, "credited": by_order})
    text = json.dumps({"ChannelAttribution": version("ChannelAttribution"), "walks": WALKS, "cases": cases})
    text = text.replace('{"path"', '\n{"path"').replace('"credited"', '\n"credited"')
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
