# Sourced by the scripts beside it: the packages of Debian that the project
# needs, installed where missing, and a configured build folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the tools need; tests need test_packages too.
build_packages=(
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libclang-rt-22-dev libdnnl-dev ocl-icd-opencl-dev libfmt-dev
  nlohmann-json3-dev libeigen3-dev libgtest-dev libbenchmark-dev
  cmake ninja-build g++ pkg-config python3)
test_packages=(python3-numpy python3-torch python3-psutil chromium)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# install_missing PACKAGE...: installs those that are not there; asks for
# nothing and touches nothing when all are.
install_missing() {
  local missing=() package
  command -v dpkg-query >/dev/null || {
    say "not a Debian system: expecting the packages named in scripts/setup.sh"
    return 0
  }
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
      grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      die "expected root or sudo to install: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq ||
    die "apt-get update failed: expected a network to install ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install ${missing[*]}"
}

# select_preset NAME: leaves it in $preset and its build folder in $build.
select_preset() {
  preset=$1
  case $preset in
    release) build=$root/build ;;
    debug | asan) build=$root/build-$preset ;;
    *) die "expected preset release, debug or asan, got '$preset'" ;;
  esac
}

configure() {
  say "configuring $(basename "$build")"
  mkdir -p "$build"
  (cd "$root" && cmake --preset "$preset" >"$build/configure.log" 2>&1) || {
    cat "$build/configure.log" >&2
    die "cmake could not configure $build"
  }
}

# build_targets TARGET...: all of them where none is named.
build_targets() {
  say "building ${*:-everything} with $(nproc) processes"
  cmake --build "$build" ${1:+--target "$@"} ||
    die "the build failed"
}
