#!/usr/bin/env bash
# Hessian-free optimisation: a plain network learns to remember for 100 steps, which
# SGD with as many gradients does not, and a factored network learns text.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

count=10000 batch=5000 products=500 wanted=0.99 bound=0.98 rates=(0.003 0.01 0.03 0.1)
letters=(--batch 1000 --hf-products 200 --steps 60) text_bound=1.9
if $short; then
  count=4000 batch=2000 products=250 wanted=0.9 bound=0.85 rates=(0.01)
  letters=(--batch 500 --hf-products 100 --steps 10) text_bound=2.6
fi
"$python" "$example/data.py" "$work" "$count"
train=(rnn-run train "$example/order.rnn" --data "$work/train.safetensors" --valid "$work/held-out.safetensors")

say "100 steps, Hessian-free"
"${train[@]}" --optimizer hf --batch "$batch" --hf-products "$products" --hf-iterations 200 \
  --hf-structural 1 --hf-damping 0.03 --steps 60 --valid-steps 2 --until "right=$wanted" \
  --log "$work/hf.log" --checkpoint "$work/hf.safetensors"
rnn-run eval "$example/order.rnn" --params "$work/hf.safetensors" --data "$work/held-out.safetensors" |
  at_least right "$bound"

# A gradient or product of one sequence counts as one gradient.
gradients=$(awk -F '"products":' -v batch="$batch" -v part="$products" \
  'NF > 1 { sum += batch + ($2 + 0) * part } END { print sum }' "$work/hf.log")
say "100 steps, SGD with as many gradients of sequences: $gradients"
for rate in "${rates[@]}"; do
  "${train[@]}" --optimizer sgd --lr "$rate" --clip-norm 1 --batch 100 --steps $((gradients / 100)) \
    --checkpoint "$work/sgd.safetensors"
  echo "rate $rate"
  rnn-run eval "$example/order.rnn" --params "$work/sgd.safetensors" --data "$work/held-out.safetensors" |
    at_most right 0.35
done

say "text, Hessian-free; validation in nats a letter"
find_text
rnn-run train "$example/chars.rnn" --data "$text" --optimizer hf --window 50 "${letters[@]}" --hf-iterations 60 \
  --hf-structural 0.03 --hf-damping 0.1 --valid-steps 4 --checkpoint "$work/chars.safetensors" --log "$work/chars.log"
last_valid "$work/chars.log" | at_most loss "$text_bound"
rnn-run sample "$example/chars.rnn" --params "$work/chars.safetensors" --temperature 0.7 --prefix "The " --length 200
