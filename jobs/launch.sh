# Sourced by the Slurm scripts here; `script` is the path of the one that is running. Defines launch.
set -uo pipefail

root=$(cd "$(dirname "$script")/.." && pwd)
. "${BLOCKSPIN_SITE:-$root/jobs/site.sh}"
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-${OMP_NUM_THREADS:-1}}
unset OPENBLAS_CORETYPE # would force one kind of kernels on all processors
if [ "$(id -u)" -eq 0 ]; then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
export OMPI_MCA_odls_base_sigkill_timeout=10 # seconds between mpirun's SIGTERM and SIGKILL

# launch ARGUMENT…: blockspin on all tasks of the job. The signal that Slurm sends to the job's shell some time before the
# end (--signal=B:USR1@…) is passed on to the ranks, which write a checkpoint and end with 75. Returns blockspin's exit code.
launch() {
    local started code again
    $BLOCKSPIN_LAUNCHER "$BLOCKSPIN" "$@" &
    started=$!
    trap 'kill -USR1 "$started" 2>/dev/null' USR1 TERM
    wait "$started"
    code=$?
    while [ "$code" -gt 128 ]; do # perhaps the signal ended the wait, and not the program
        wait "$started"
        again=$?
        [ "$again" -ne 127 ] || break # it was the program, and its exit code is known
        code=$again
    done
    trap - USR1 TERM
    return "$code"
}
