# Sourced by the Slurm scripts here; `script` is the path of the one that is running. Defines launch.
set -uo pipefail

root=$(cd "$(dirname "$script")/.." && pwd)
. "$root/tools/forward_signals.sh"
. "${BLOCKSPIN_SITE:-$root/jobs/site.sh}"
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-${OMP_NUM_THREADS:-1}}
unset OPENBLAS_CORETYPE # would force one kind of kernels on all processors
if [ "$(id -u)" -eq 0 ]; then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
# When a job is cancelled, Slurm signals the ranks and mpirun alike: mpirun then leaves the ranks twice these seconds for a
# checkpoint. It waits as long after every exit code but 0, though all ranks have ended.
export OMPI_MCA_odls_base_sigkill_timeout=5

# launch ARGUMENT…: blockspin on all tasks of the job. The signal that Slurm sends to the job's shell some time before the
# end (--signal=B:USR1@…) is passed on to the ranks, which write a checkpoint and end with 75. Returns blockspin's exit code.
launch() { forward_signals USR1 TERM -- $BLOCKSPIN_LAUNCHER "$BLOCKSPIN" "$@"; }
