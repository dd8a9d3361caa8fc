#!/usr/bin/env bash
# Two LSTM layers of 256 units with dropout, and text that they write.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

options=(--batch 32 --window 64 --lr 0.002 --lr-decay 0.9 --epochs 12 --valid-steps 500) bound=1.52
if $short; then
  options=(-D H=96 --batch 32 --window 50 --lr 0.005 --steps 300) bound=2.4
fi
find_text
rnn-run train "$example/deep.rnn" --data "$text" "${options[@]}" --checkpoint "$work/deep.safetensors" \
  --log "$work/log"
say "validation, in nats a letter"
last_valid "$work/log" | at_most loss "$bound"
say "a sample"
rnn-run sample "$example/deep.rnn" --params "$work/deep.safetensors" --temperature 0.7 --prefix "The " --length 400
