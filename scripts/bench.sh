#!/usr/bin/env bash
# Builds the benchmarks and runs them on one core. Options go to lstm-bench:
# scripts/bench.sh --quick, scripts/bench.sh --csv figures.csv, and so on.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

install_missing "${build_packages[@]}"
configure release
build_targets lstm-bench

bench=("$build/bin/lstm-bench" "$@")
say "running ${bench[*]##*/}"
# Moving between cores loses what is in the caches.
if core=$(taskset -cp $$ 2>/dev/null); then
  core=${core##*[ ,-]}
  exec taskset -c "$core" "${bench[@]}"
fi
exec "${bench[@]}"
