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
say "pictures that it has not seen, the likeliest word each time until END"
sample=(rnn-run sample "$example/captions.rnn" --params "$work/captions.safetensors" --end END)
"${sample[@]}" --data "$work/held-out.safetensors" --most-likely --score |
  at_least exact "$($short && echo 0.7 || echo 0.95)"
say "five captions, and what it says"
"${sample[@]}" --data "$work/shown.safetensors" --most-likely | paste "$work/shown.txt" -
say "words drawn by their probabilities, for the same pictures"
"${sample[@]}" --data "$work/shown.safetensors" --temperature 1
