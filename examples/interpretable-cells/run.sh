#!/usr/bin/env bash
# Trains a character LSTM on this project's own sources and writes a page that
# shows what its cells follow.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

budget=(--seconds 120) bound=1.4
if $short; then
  budget=(--steps 250) bound=2.4
fi
"$python" "$example/cells.py" text "$work/text.txt"
rnn-run train "$example/cells.rnn" --data "$work/text.txt" --batch 32 --window 64 --lr 0.005 \
  "${budget[@]}" --checkpoint "$work/cells.safetensors" --log "$work/log"
last_valid "$work/log" | at_most loss "$bound"
"$python" "$example/cells.py" tokens "$work/cells.safetensors" "$work/text.txt" 4000 "$work/tokens.safetensors"
rnn-run eval "$example/cells.rnn" --params "$work/cells.safetensors" \
  --data "$work/tokens.safetensors" -o "$work/memory.safetensors"
"$python" "$example/cells.py" page "$work/cells.safetensors" "$work/tokens.safetensors" \
  "$work/memory.safetensors" "$work/cells.html"
say "open $work/cells.html"
