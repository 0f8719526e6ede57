"""The Markov model of PyPI's mta: deals by channel, in its own analytic form (its simulation takes hours).

    python benchmarks/peers/markov_with_mta.py DIRECTORY markov

What it calls analytic is the probability of the observed paths alone, not of all paths through the chain, so that its
figures are others.
"""

from __future__ import annotations

import contextlib
import io
import sys

from journeys import read_paths
from mta import MTA


def main(folder: str) -> None:
    """Prints channel, model, revenue, deals as CSV; revenue is empty."""
    paths = read_paths(folder)
    grouped = paths.rename(columns={"deals": "total_conversions", "null": "total_null"})
    grouped = grouped.groupby("path", as_index=False)[["total_conversions", "total_null"]].sum()
    with contextlib.redirect_stdout(io.StringIO()):
        model = MTA(grouped, allow_loops=True, add_timepoints=False, sep=">").markov(sim=False)
    shares = model.attribution["markov"]
    print("channel,model,revenue,deals")
    for channel in sorted(shares):
        print(f"{channel},markov,,{grouped['total_conversions'].sum() * shares[channel]:.6f}")


if __name__ == "__main__":
    main(sys.argv[1])
