"""The Markov model of DP6's marketing-attribution-models ("MAM"): deals by channel; it has no revenue of its own.

    python benchmarks/peers/markov_with_mam.py DIRECTORY markov

Removal effects by matrix inversion, order 1. Steps within one channel are kept, which its default leaves out.
"""

from __future__ import annotations

import sys

import pandas as pd
from journeys import read_paths
from mam import MAM


def main(folder: str) -> None:
    """Prints channel, model, revenue, deals as CSV; revenue is empty."""
    paths = read_paths(folder)
    total = int(paths["deals"].sum())
    grouped = (
        paths.assign(won=paths["deals"] == 1, journeys=1).groupby(["path", "won"], as_index=False)["journeys"].sum()
    )
    model = MAM(
        pd.DataFrame(grouped),
        format_type="grouped_journey",
        channels_colname="path",
        journey_with_conv_colname="won",
        occurrences_colname="journeys",
        path_separator=">",
    )
    effects = model.run_markov(transition_to_same_state=True).metadata["removal_effect"]["removal_effect"]
    print("channel,model,revenue,deals")
    for channel, effect in effects.sort_index().items():
        print(f"{channel},markov,,{total * effect / effects.sum():.6f}")


if __name__ == "__main__":
    main(sys.argv[1])
