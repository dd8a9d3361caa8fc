#!/usr/bin/env bash
# Builds the benchmarks and runs them on one core: scripts/bench.sh [--quick]
# [--csv FILE] [--svg FILE] [--suites LIST]. Peers that are not there are left out:
#   PyTorch, NumPy  apt-get install python3-torch python3-numpy
#   ONNX Runtime    npm install --ignore-scripts --prefix build onnxruntime-node
set -euo pipefail
. "$(dirname "$0")/setup.sh"

install_missing "${build_packages[@]}"
configure release
build_targets rnnc rnn-bench rnn_test

# Debian's Python has Debian's packages.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
bench=("$python" "$root/benchmarks/bench.py" --build "$build" "$@")
say "running benchmarks/bench.py $*"
# Moving between cores loses what is in the caches.
if core=$(taskset -cp $$ 2>/dev/null); then
  core=${core##*[ ,-]}
  exec taskset -c "$core" "${bench[@]}"
fi
exec "${bench[@]}"
