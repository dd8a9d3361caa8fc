#!/usr/bin/env bash
# Learns to say what is on small pictures.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

count=16000 wanted=0.99
if $short; then
  count=4000 wanted=0.8
fi
"$python" "$example/data.py" "$work" "$count"
rnn-run train "$example/captions.rnn" --data "$work/train.safetensors" --valid-fraction 0.05 \
  --epochs 30 --until "exact=$wanted" --checkpoint "$work/captions.safetensors"
say "pictures that it has not seen"
rnn-run eval "$example/captions.rnn" --params "$work/captions.safetensors" \
  --data "$work/held-out.safetensors" | at_least exact "$($short && echo 0.7 || echo 0.95)"
