#!/usr/bin/env bash
# min-char-rnn as its author runs it: one stream, 25 letters at a time, Adagrad.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

steps=100000 bound=52
find_text
if $short; then
  # The state begins anew with the text, which has to come round.
  head -c 20000 "$text" >"$work/short.txt"
  text=$work/short.txt steps=5000 bound=75
fi
rnn-run train "$example/min-char-rnn.rnn" --data "$text" --valid-fraction 0 --optimizer adagrad --lr 0.1 \
  --clip-value 5 --clip-norm 0 --batch 1 --window 25 --steps "$steps" --checkpoint "$work/chars.safetensors" \
  --log "$work/log"
say "the loss of 25 letters, smoothed: $(awk "BEGIN { print 25 * log(65) }") at first"
smoothed "$work/log" | at_most smoothed "$bound"

sample=(rnn-run sample "$example/min-char-rnn.rnn" --params "$work/chars.safetensors" --length 200)
say "drawn"
"${sample[@]}"
say "drawn with temperature 0.5, after a prefix"
"${sample[@]}" --temperature 0.5 --prefix "The "
say "the most likely letters"
"${sample[@]}" --most-likely --prefix "The "
