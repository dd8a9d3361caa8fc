#!/usr/bin/env bash
# Builds everything and runs every test: lit (which includes the integration
# tests) and GoogleTest, then holds docs/systems.md to what ran. The last line
# is "N passed, N failed" with ", N skipped" where some were; the exit status
# says whether all is well.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

usage() {
  cat <<EOF
usage: scripts/check.sh [--preset release|debug|asan]
Installs missing Debian packages, builds, runs all tests and counts them.
EOF
}

select_preset release
while [ $# -gt 0 ]; do
  case $1 in
    --preset) select_preset "${2:?expected a name after --preset}"; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "expected an option, got '$1'" ;;
  esac
done

install_missing "${build_packages[@]}" "${test_packages[@]}"
configure
build_targets

reports=$build/test/reports
rm -rf "$reports"
mkdir -p "$reports"
lit=$(sed -n 's/^RNNC_LIT:FILEPATH=//p' "$build/CMakeCache.txt")

say "running the unit tests"
(cd "$build/test" && ctest -j "$(nproc)" --output-on-failure --no-tests=error \
  --output-junit "$reports/unit.xml") || true
say "running lit"
"$lit" -v --timeout 900 --xunit-xml-output "$reports/lit.xml" "$build/test" ||
  true

say "walking the table of systems"
/usr/bin/env python3 "$root/scripts/check-systems.py" "$reports/systems.xml" \
  "$reports/unit.xml" "$reports/lit.xml" || true

/usr/bin/env python3 "$root/scripts/count-tests.py" \
  "$reports/unit.xml" "$reports/lit.xml" "$reports/systems.xml"
