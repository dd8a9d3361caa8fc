#!/usr/bin/env bash
# Learns to answer questions about small pictures.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

count=32000 wanted=0.97
if $short; then
  count=8000 wanted=0.75
fi
"$python" "$example/data.py" "$work" "$count"
rnn-run train "$example/answers.rnn" --data "$work/train.safetensors" --valid-fraction 0.05 \
  --epochs 30 --until "right=$wanted" --checkpoint "$work/answers.safetensors"
say "pictures that it has not seen"
rnn-run eval "$example/answers.rnn" --params "$work/answers.safetensors" \
  --data "$work/held-out.safetensors" | at_least right "$($short && echo 0.7 || echo 0.95)"
