#!/usr/bin/env bash
# Compiles examples/charlm with rnnc, links the example programs against the
# object, trains for a while on a text and shows what was learnt.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

usage() {
  cat <<EOF
usage: scripts/demo.sh [--text FILE] [--seconds N]
  --text FILE    the text to train on (default: C headers of this machine)
  --seconds N    how long to train (default: 60)
Installs missing Debian packages and builds what it needs first.
EOF
}

text=
seconds=60
while [ $# -gt 0 ]; do
  case $1 in
    --text) text=$(realpath -e -- "${2:?expected a file after --text}"); shift 2 ;;
    --seconds) seconds=${2:?expected a number after --seconds}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "expected an option, got '$1'" ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ ]] || die "expected whole seconds, got '$seconds'"

# Headers in an order that mixes packages, at most 4 MB of them.
collect_headers() {
  find /usr/include -name '*.h' -size -24k | LC_ALL=C sort |
    shuf --random-source=<(yes) | head -n 2000 | tr '\n' '\0' |
    xargs -0 cat | head -c 4000000
}

install_missing "${build_packages[@]}"
select_preset release
configure
build_targets rnnc rnn

work=$build/demo
source=$root/examples/charlm
mkdir -p "$work"
if [ -z "$text" ]; then
  text=$work/headers.txt
  # The pipe is closed early on purpose.
  (set +o pipefail; collect_headers >"$text" 2>/dev/null) || true
fi

cd "$work"
say "compiling charlm.rnn"
time "$build/bin/rnnc" "$source/charlm.rnn" -D V=96 -o charlm.o
ls -l charlm.o charlm.h

flags=(-std=c11 -D_GNU_SOURCE -O2 -I "$work" -I "$root/runtime/include")
say "linking the trainer (charlm.o, the runtime and oneDNN) and the stream (charlm.o)"
clang-22 "${flags[@]}" "$source/train.c" charlm.o "$build/lib/librnn.a" \
  -ldnnl -lstdc++ -lm -o train
clang-22 "${flags[@]}" "$source/stream.c" charlm.o -lm -o stream
printf 'train links with: '; ldd train | awk '{print $1}' | paste -sd' '
printf 'stream links with: '; ldd stream | awk '{print $1}' | paste -sd' '

say "training on $text for $seconds s"
./train "$text" "$seconds" charlm

say "the streaming program, from the weights just trained"
./stream charlm.bin 300 '#include <'
say "in $work: charlm.safetensors has the weights; run ./stream charlm.bin LENGTH PREFIX for more"
