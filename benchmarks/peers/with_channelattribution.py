"""The part of the report that ChannelAttribution has: revenue and deals by channel, for first, last and linear.

    python benchmarks/peers/with_channelattribution.py DIRECTORY MODEL[,MODEL...]

The package takes paths such as "Email > Social > Direct", one a journey, and no interactions: to build them from the
interactions is its user's work and therefore part of the time. It computes all three models in any case.
"""

from __future__ import annotations

import contextlib
import io
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
from with_pandas import read_journeys

with contextlib.redirect_stdout(io.StringIO()):  # importing it and calling it print an advertisement
    from ChannelAttribution import heuristic_models


def main(folder: str, models: list[str]) -> None:
    """Prints channel, model, revenue, deals as CSV."""
    journeys = read_journeys(folder)
    first = np.flatnonzero(np.r_[True, np.diff(journeys["deal_id"]) != 0])
    channels = journeys["channel"].astype(object).tolist()
    bounds = [*first.tolist(), len(channels)]
    path = [">".join(channels[start:end]) for start, end in pairwise(bounds)]  # ten times faster than groupby and agg
    paths = pd.DataFrame({"path": path, "value": journeys["amount"].to_numpy()[first], "deals": 1})
    with contextlib.redirect_stdout(io.StringIO()):
        result = heuristic_models(paths, "path", "deals", var_value="value", sep=">", flg_pro=False)
    print("channel,model,revenue,deals")
    for row in result.sort_values("channel_name").to_dict("records"):
        for model in models:
            name = f"{model}_touch"
            print(f"{row['channel_name']},{model},{row[f'{name}_value']:.6f},{row[f'{name}_conversions']:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
