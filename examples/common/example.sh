# Sourced by the run.sh of each example. Reads the options that all have:
#
#   --short         the few seconds that the tests run
#   --work FOLDER   where data, checkpoints and pictures go (build/examples/NAME)
#
# and sets $example and $work (folders), $short (true or false) and $python.
set -euo pipefail

example=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$example/../.." && pwd)
work=$root/build/examples/$(basename "$example")
short=false
while [ $# -gt 0 ]; do
  case $1 in
    --short) short=true ;;
    --work) work=${2:?expected a folder after --work}; shift ;;
    *) echo "run.sh: expected --short or --work FOLDER, got '$1'" >&2; exit 1 ;;
  esac
  shift
done
mkdir -p "$work"

# Tools of this clone, where none are on the path; Debian's Python has NumPy.
command -v rnn-run >/dev/null || PATH=$root/build/bin:$PATH
python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)
export PYTHONPATH=$root/examples/common PYTHONDONTWRITEBYTECODE=1

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

# at_least NAME BOUND: passes on what `rnn-run eval` prints, and fails where the
# number of that name is below the bound. at_most: where it is above.
at_least() { awk -v name="$1" -v bound="$2" -v sign=1 "$bounded"; }
at_most() { awk -v name="$1" -v bound="$2" -v sign=-1 "$bounded"; }
bounded='{ print }
  $1 == name { found = 1; number = $2 }
  END {
    if (found && sign * number >= sign * bound) exit 0
    print "expected " name (sign > 0 ? " of at least " : " of at most ") bound \
      ", got " (found ? number : "none") > "/dev/stderr"
    exit 1
  }'

# A text to train on: $TEXT, or tinyshakespeare where it lies beside the project,
# else the project's own pages.
find_text() {
  local shared=$root/../shared/data/tinyshakespeare.txt
  text=${TEXT:-$shared}
  [ -n "${TEXT:-}" ] || [ -f "$shared" ] && return
  text=$work/text.txt
  cat "$root"/*.md "$root"/docs/*.md "$root"/docs/*/*.md >"$text"
}

# smoothed LOG, last_valid LOG: the last smoothed loss of a training log, and the last
# loss in validation, as at_most takes them.
smoothed() { awk -F '"smoothed":' 'NF > 1 { last = $2 + 0 } END { print "smoothed " last }' "$1"; }
last_valid() { awk -F '"valid_loss":' 'NF > 1 { last = $2 + 0 } END { print "loss " last }' "$1"; }
