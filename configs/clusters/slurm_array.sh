#!/bin/bash
# A run divided among the tasks of a SLURM array: no server, no ports, a folder that all nodes see.
#
#   sbatch --array=1-32 configs/clusters/slurm_array.sh configs/quickstart.yaml /scratch/me/quickstart
#   csmc status /scratch/me/quickstart      # at any time, from any node
#   csmc collect /scratch/me/quickstart     # when the array has ended, or before; what is missing is said
#
# A task that is stopped or requeued goes on where it was. Submit the array again for tasks that died.
#SBATCH --job-name=csmc
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
set -euo pipefail

config=$1
output=$2
exec csmc run "$config" --output "$output" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --threads "${SLURM_CPUS_PER_TASK:-1}"
