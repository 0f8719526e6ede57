"""The Markov model of ChannelAttribution: revenue and deals by channel, from simulated walks.

python benchmarks/peers/markov_with_channelattribution.py DIRECTORY markov [ORDER]
"""

from __future__ import annotations

import contextlib
import io
import sys

from journeys import read_paths

with contextlib.redirect_stdout(io.StringIO()):  # importing it and calling it print an advertisement
    from ChannelAttribution import markov_model


def main(folder: str, order: int) -> None:
    """Prints channel, model, revenue, deals as CSV."""
    paths = read_paths(folder)
    grouped = paths.groupby("path", as_index=False).sum()
    with contextlib.redirect_stdout(io.StringIO()):
        found = markov_model(
            grouped, "path", "deals", var_value="value", var_null="null", order=order, verbose=False, flg_pro=False
        )
    print("channel,model,revenue,deals")
    for row in found.sort_values("channel_name").to_dict("records"):
        print(f"{row['channel_name']},markov,{row['total_conversion_value']:.6f},{row['total_conversions']:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
