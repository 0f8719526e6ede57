"""ChannelAttribution's public path data through attrib, held against the data and against ChannelAttribution itself.

    PEERS/bin/python benchmarks/peers/paths_with_channelattribution.py Data.csv .venv/bin/attrib

`Data.csv` lies in github.com/DavideAltomare/ChannelAttribution, under python/src/cypack/data: 10,000 rows of paths with
conversions, value and journeys without conversion. It is under the GPL, and not kept here. Prints what is compared, how
many cells, and the greatest difference; ends with 1 where one is greater than rounding to millionths explains.
"""

from __future__ import annotations

import contextlib
import csv
import io
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

CONFIG = """\
version: 1
sources:
  paths:
    path: {path}
    columns: {{conversions: total_conversions, value: total_conversion_value, "null": total_null}}
"""
Row = dict[str, str]


def attrib(program: str, folder: Path, *typed: str) -> list[Row]:
    """What attrib prints as CSV."""
    done = subprocess.run([program, *typed, "-f", "csv"], cwd=folder, capture_output=True, text=True, check=True)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def compared(what: str, pairs: Iterable[tuple[Fraction, Fraction]], allowed: float) -> bool:
    """Print how far two programs are apart, and say whether that is too far."""
    found = [abs(ours - theirs) for ours, theirs in pairs]
    print(f"{what}: {len(found)} cells, greatest difference {float(max(found)):.2g}")
    return max(found) > allowed


def main(data: str, program: str) -> int:
    """Compare path tables with the data, and rules with ChannelAttribution's heuristic models."""
    rows = list(csv.DictReader(io.StringIO(Path(data).read_text(encoding="utf-8")), delimiter=";"))
    program = str(Path(program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "attrib.yaml").write_text(CONFIG.format(path=Path(data).resolve()))
        table = {row["path"]: row for row in attrib(program, folder, "paths", "top", "--by", "channel")}
        credited = attrib(program, folder, "report", "--by", "channel", "-m", "first,last,linear")
    known: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 3)
    for row in rows:
        sums = known[row["path"].strip()]
        for place, column in enumerate(("total_conversions", "total_conversion_value", "total_null")):
            sums[place] += Fraction(Decimal(row[column]))
    assert known.keys() == table.keys(), known.keys() ^ table.keys()
    cells = [
        pair
        for path, (won, value, lost) in known.items()
        for pair in (
            (Fraction(table[path]["conversions"]), won),
            (Fraction(table[path]["journeys"]), won + lost),
            (Fraction(table[path]["revenue"]), value),
        )
    ]
    apart = compared("paths, with conversions, journeys and value", cells, 1e-5)

    import pandas

    with contextlib.redirect_stdout(io.StringIO()):  # importing it prints an advertisement
        from ChannelAttribution import heuristic_models

        found = heuristic_models(
            pandas.DataFrame(
                {
                    "path": [row["path"] for row in rows],
                    "won": [int(row["total_conversions"]) for row in rows],
                    "value": [float(row["total_conversion_value"]) for row in rows],
                }
            ),
            "path",
            "won",
            var_value="value",
            flg_pro=False,
        )
    theirs = found.set_index("channel_name")
    cells = []
    for row in credited:
        for measure, end in (("deals", "conversions"), ("revenue", "value")):
            credit = theirs.loc[row["channel"], f"{row['model']}_touch_{end}"]
            cells.append((Fraction(row[measure]), Fraction(float(credit))))
    return int(compared("first, last and linear, conversions and value", cells, 1e-4) or apart)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
