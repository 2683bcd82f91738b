#!/bin/sh
# Run the benchmarks one after the other, and list their figures at the end.
# Usage: tools/bench.sh [file …]     (default: tests/benchmarks/bench_*.py)
set -eu
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- tests/benchmarks/bench_*.py
figures=$(mktemp)
status=$(mktemp)
trap 'rm -f "$figures" "$status"' EXIT

for bench in "$@"; do
    if [ ! -f "$bench" ]; then
        echo "no benchmark at $bench" >&2
        exit 1
    fi
    printf '\n== %s\n' "$bench"
    # A pipe hides the exit status of its first part, hence the file.
    { .venv/bin/python "$bench" && echo ok >"$status" || echo failed >"$status"; } | tee -a "$figures"
    [ "$(cat "$status")" = ok ] || { echo "$bench failed" >&2; exit 1; }
done

printf '\n== figures\n'
grep '^figure: ' "$figures" || echo "none were printed"
