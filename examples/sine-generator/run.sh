#!/usr/bin/env bash
# Fits the read-out of an echo-state network by ridge regression and lets it run.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

"$python" "$example/sine.py" data "$work"
rnn-run ridge "$example/sine.rnn" --element-type f64 --data "$work/train.safetensors" --features seen --target wave \
  --readout generator.W --bias generator.b --washout 100 --lambda 1e-7 -o "$work/sine.safetensors"
rnn-run eval "$example/sine.rnn" --element-type f64 --params "$work/sine.safetensors" \
  --data "$work/held-out.safetensors" -o "$work/waves.safetensors"
"$python" "$example/sine.py" error "$work/held-out.safetensors" "$work/waves.safetensors" | at_most worst 0.1
