#!/usr/bin/env bash
# Builds the benchmarks and runs them.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

usage='usage: scripts/bench.sh [--quick] [--csv FILE] [--svg FILE] [--threads LIST]
                        [--suites LIST]

Measures rnnc beside oneDNN, ONNX Runtime, PyTorch, NumPy and Eigen; see
benchmarks/README.md. Peers that are not installed are left out:
  PyTorch, NumPy  apt-get install python3-torch python3-numpy libopenblas0
  ONNX Runtime    npm install --ignore-scripts --prefix build onnxruntime-node

  --quick         at most 5 rounds, each of a millisecond or one call, and fewer
                  cases
  --csv FILE      write the figures to FILE
  --svg FILE      draw the ratios in FILE
  --threads LIST  numbers of threads of the suites that have several (1,2)
  --suites LIST   only these, separated by commas'

options=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --quick) ;;
    --csv | --svg | --threads | --suites)
      [ $# -gt 1 ] || die "$1: expected a value, got none"
      shift ;;
    --help) echo "$usage"; exit 0 ;;
    *) die "expected an option, got '$1'" ;;
  esac
  shift
done

install_missing "${build_packages[@]}"
select_preset release
configure
build_targets rnnc rnn-bench rnn_test

# Debian's Python has Debian's packages.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
bench=("$python" "$root/benchmarks/bench.py" --build "$build" "${options[@]}")
say "running benchmarks/bench.py ${options[*]}"
exec "${bench[@]}"
