#!/usr/bin/env bash
# Learns to write dates in words as ISO has them.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

count=8000 units=128 wanted=0.97
if $short; then
  count=3000 units=64 wanted=0.8
fi
"$python" "$example/data.py" "$work" "$count"
rnn-run train "$example/dates.rnn" -D "H=$units" --data "$work/train.safetensors" --valid-fraction 0.05 \
  --lr 0.003 --epochs 30 --until "exact=$wanted" --checkpoint "$work/dates.safetensors"
say "dates that it has not seen, the likeliest of 4 at a time until END"
sample=(rnn-run sample "$example/dates.rnn" --params "$work/dates.safetensors" --end END --beam 4)
"${sample[@]}" --data "$work/held-out.safetensors" --score | at_least exact "$($short && echo 0.75 || echo 0.95)"
"${sample[@]}" --data "$work/shown.safetensors" | paste "$work/shown.txt" -
