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
