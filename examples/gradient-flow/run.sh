#!/usr/bin/env bash
# Measures and draws how gradients flow back through 100 steps of four cells.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

"$python" "$example/flow.py" data "$work/inputs.safetensors"
for gain in 90 200; do
  for model in ReLU Tanh LSTM GRU; do
    # Compiled once for both commands; the gain is a size of the model.
    rnnc "$example/gradient-flow.rnn" --model "${model}Flow" -D "G=$gain" --element-type=f64 \
      --functions=loss,gradient --emit=so -o "$work/$model-$gain.so"
    rnn-run init "$work/$model-$gain.so" -o "$work/$model-$gain.params"
    rnn-run grad "$work/$model-$gain.so" --params "$work/$model-$gain.params" \
      "$work/inputs.safetensors" -o "$work/$model-$gain.safetensors"
  done
done
"$python" "$example/flow.py" draw "$work" "$work/gradient-flow.svg"
