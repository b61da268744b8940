#!/bin/bash
# One run on a Ray cluster that lives as long as a SLURM job: work is handed out as nodes become free.
#
#   sbatch configs/clusters/slurm_ray.sh configs/quickstart.yaml /scratch/me/quickstart
#
# csmc runs on the first node and is the only one to write. A job that ends too soon is submitted again and goes on.
# Once, where your home is one for all nodes: ray get-auth-token --generate
# `ray symmetric-run` can end with 0 though Ray never started, so the last line asks csmc itself.
#SBATCH --job-name=csmc
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=32
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
set -euo pipefail

config=$1
output=$2
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 RAY_task_oom_retries=1
export CSMC_CACHE_DIR="${TMPDIR:-/tmp}/csmc-$USER" # on the node: a cache that unlike processors share is a risk
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(getent ahostsv4 "$head" | awk '{print $1; exit}') # a number: a name may mean the loopback of the head
port=$((20000 + SLURM_JOB_ID % 20000))                        # jobs that share a node must not share a port

# Ray's folder is on each node and has a short name: its sockets cannot have long ones.
srun ray symmetric-run --address "$address:$port" --min-nodes "$SLURM_JOB_NUM_NODES" \
    --num-cpus "$SLURM_CPUS_PER_TASK" --temp-dir "/tmp/ray-$SLURM_JOB_ID" -- \
    csmc run "$config" --output "$output" --engine ray --address "$address:$port"
csmc status "$output"
