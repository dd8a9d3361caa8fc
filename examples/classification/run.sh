#!/usr/bin/env bash
# Learns whether reviews are good, and where a spot moves in films.
source "$(dirname "${BASH_SOURCE[0]}")/../common/example.sh"

reviews=8000 films=3000 wanted=0.98
if $short; then
  reviews=3000 films=500 wanted=0.85
fi
"$python" "$example/sentiment.py" "$work" "$reviews"
"$python" "$example/video.py" "$work" "$films"

say "reviews: many to one"
rnn-run train "$example/sentiment.rnn" --data "$work/reviews.safetensors" --valid-fraction 0.1 \
  --lr 0.005 --epochs 30 --until "right=$wanted" --checkpoint "$work/sentiment.safetensors"
rnn-run eval "$example/sentiment.rnn" --params "$work/sentiment.safetensors" \
  --data "$work/held-out-reviews.safetensors" | at_least right "$($short && echo 0.8 || echo 0.95)"

say "films: many to many"
rnn-run train "$example/video.rnn" --data "$work/films.safetensors" --valid-fraction 0.1 \
  --lr 0.005 --epochs 60 --until "right=$wanted" --checkpoint "$work/video.safetensors"
rnn-run eval "$example/video.rnn" --params "$work/video.safetensors" \
  --data "$work/held-out-films.safetensors" | at_least right "$($short && echo 0.8 || echo 0.95)"
