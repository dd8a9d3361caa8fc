#!/usr/bin/env bash
# Learns the sentences of a grammar, whose own entropy no model can beat.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

count=40000 epochs=8 slack=0.05
if $short; then
  count=8000 epochs=3 slack=0.35
fi
"$python" "$example/data.py" "$work" "$count"
rnn-run train "$example/words.rnn" --data "$work/train.safetensors" --valid-fraction 0.05 \
  --lr 0.005 --epochs "$epochs" --checkpoint "$work/words.safetensors"
say "held-out sentences, in nats a word; the grammar itself needs $(cat "$work/least-loss.txt")"
rnn-run eval "$example/words.rnn" --params "$work/words.safetensors" --data "$work/held-out.safetensors" |
  at_most loss "$(awk -v slack="$slack" '{ print $1 + slack }' "$work/least-loss.txt")"
say "sentences that it draws"
rnn-run sample "$example/words.rnn" --params "$work/words.safetensors" --end END --count 5
say "the likeliest one that begins with some"
rnn-run sample "$example/words.rnn" --params "$work/words.safetensors" --end END --beam 8 --prefix some
