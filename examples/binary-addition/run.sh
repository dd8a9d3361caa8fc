#!/usr/bin/env bash
# Learns to add from numbers of 8 binary digits, and adds ones of 16.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

"$python" "$example/data.py" "$work"
rnn-run train "$example/addition.rnn" --data "$work/train.safetensors" --valid-fraction 0.1 \
  --lr 0.01 --epochs 300 --until loss=0.0005 --checkpoint "$work/addition.safetensors"
say "1,000 held-out pairs of 8 digits"
rnn-run eval "$example/addition.rnn" --params "$work/addition.safetensors" \
  --data "$work/held-out.safetensors" | at_least sums_right 1
say "1,000 pairs of 16 digits"
rnn-run eval "$example/addition.rnn" --params "$work/addition.safetensors" \
  --data "$work/sixteen.safetensors" | at_least sums_right 0.99
