#!/usr/bin/env bash
# Every night: yesterday's conversions as one more part, and the year's report as the sum of all parts. It is to run in the
# folder of attrib.yaml. In the middle of a year, compute the days before once, as one part:
# attrib partial --by campaign --model linear --from 2026-01-01 --to 2026-10-31 --output parts/2026/2026-01-01.parquet
set -euo pipefail
day=$(date -d yesterday +%F)
year=${day%%-*}
mkdir -p "parts/$year"
attrib partial --by campaign --model linear --from "$day" --to "$day" --output "parts/$year/$day.parquet"
attrib report --by campaign --model linear --from "$year-01-01" --to "$day" \
  --partials "parts/$year/*.parquet" --output "campaigns-$year.csv"
