# What differs from site to site. Edit it, or keep a copy elsewhere and point BLOCKSPIN_SITE to it. Sourced by all jobs
# here; source it before sbatch, too, where the site needs an account or a partition.

# Modules that the program was built with:
#   module load gcc openmpi hdf5 openblas

# Account and partition, read by sbatch from its environment:
#   export SBATCH_ACCOUNT=myproject SBATCH_PARTITION=compute

# The program, and how it is started inside a job: srun (needs Slurm's PMIx plugin) or mpirun.
: "${BLOCKSPIN:=${root:-.}/build/release/bin/blockspin}"
: "${BLOCKSPIN_LAUNCHER:=srun --mpi=pmix}"
