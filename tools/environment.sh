# Sourced by the other tools: installs what is missing, builds, and sets what mpirun needs. Expects bash.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/forward_signals.sh"
build_packages=(g++ cmake ninja-build pkg-config git python3
    openmpi-bin libopenmpi-dev libhdf5-openmpi-dev libopenblas-openmp-dev liblapacke-dev libssl-dev libxxhash-dev
    libhwy-dev libtomlplusplus-dev libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libnlopt-cxx-dev
    libboost-dev zlib1g-dev)
test_packages=(libboost-test-dev librandom123-dev)
slurm_packages=(slurm-wlm slurm-wlm-basic-plugins munge) # the long tier starts a Slurm of its own
fuzz_packages=(clang-19 libclang-rt-19-dev libomp-19-dev) # so do the fuzzers, which it builds beside
smpi_packages=(libsimgrid-dev) # for tools/simulate
plot_packages=(python3-numpy python3-h5py python3-matplotlib)

say() { printf '==> %s\n' "$*"; }

# install PACKAGE…: those that are not there yet, by apt, as root or through sudo.
install() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "please install as root: apt-get install ${missing[*]}" >&2; return 1; }
        as_root=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
           apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        return 1
    fi
    rm -f "$log"
}

# build PRESET [CMake option…]: configures and compiles build/PRESET; quick when nothing has changed.
build() {
    local preset=$1 log
    shift
    log=$(mktemp)
    say "building the $preset preset in build/$preset"
    (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    rm -f "$log"
    cmake --build "$root/build/$preset" --parallel "$(nproc)"
}

# What mpirun needs here: leave to run as root in a container, more ranks than cores, no pinning of both threads of a
# rank to one core. Exported, so that it holds for whatever is started afterwards.
mpirun_environment() {
    [ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
    if [ -n "${OPENBLAS_CORETYPE:-}" ]; then
        say "ignoring OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE from your shell: OpenBLAS chooses for this machine"
        unset OPENBLAS_CORETYPE
    fi
}

# run_ranks RANKS COMMAND…: the command on so many ranks. Ctrl-C, SIGTERM and SIGHUP make blockspin stop with a checkpoint.
run_ranks() {
    local ranks=$1
    shift
    forward_signals INT TERM HUP USR1 USR2 -- mpirun -n "$ranks" "$@"
}
