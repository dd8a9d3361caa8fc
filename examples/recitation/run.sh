#!/usr/bin/env bash
# One model recites the alphabet both ways, the other cannot.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

"$python" "$example/data.py" data "$work/alphabet.safetensors"
for model in ByHidden ByInput; do
  rnn-run train "$example/recitation.rnn" --model "$model" --data "$work/alphabet.safetensors" \
    --lr 0.003 --steps 2000 --checkpoint "$work/$model.safetensors"
  rnn-run eval "$example/recitation.rnn" --model "$model" --params "$work/$model.safetensors" \
    --data "$work/alphabet.safetensors" -o "$work/$model-said.safetensors" >"$work/$model.txt"
done
say "the previous hidden layer"
"$python" "$example/data.py" said "$work/ByHidden-said.safetensors"
at_least right 1 <"$work/ByHidden.txt"
say "the previous input"
"$python" "$example/data.py" said "$work/ByInput-said.safetensors"
at_most right 0.2 <"$work/ByInput.txt"
