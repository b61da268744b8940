#!/bin/bash
# One run on a Ray cluster that lives as long as a SLURM job: work is handed out as nodes become free.
#
#   sbatch configs/clusters/slurm_ray.sh configs/quickstart.yaml /scratch/me/quickstart
#
# csmc runs on the first node and is the only one to write. A job that ends too soon is submitted again and goes on. To stop one
# by hand, so that csmc ends in order: scancel --batch --signal=TERM JOB.
# Once, where your home is one for all nodes: ray get-auth-token --generate
#SBATCH --job-name=csmc
#SBATCH --nodes=4
#SBATCH --exclusive
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=32
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
set -euo pipefail

config=$1
output=$2
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 RAY_task_oom_retries=1 RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300
export CSMC_CACHE_DIR="${TMPDIR:-/tmp}/csmc-$UID" # on the node: a cache that unlike processors share is a risk
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address=$(getent ahostsv4 "$head" | awk '{print $1; exit}') # a number: a name may mean the loopback of the head
export RAY_ADDRESS=$address:$((20000 + SLURM_JOB_ID % 20000)) # symmetric-run itself needs it, to find its nodes

# The time is nearly up: tell csmc alone, because srun would pass it on to Ray, which csmc needs to finish.
process=${TMPDIR:-/tmp}/csmc-$SLURM_JOB_ID.pid
rm -f "$process" # a job that is requeued keeps its number
trap 'stopped=yes; kill -TERM "$(cat "$process")"' TERM

# Ray's folder is on each node and has a short name: its sockets cannot have long ones. The node is this job's alone, because
# symmetric-run ends with `ray stop`, which stops every Ray of the same user.
srun ray symmetric-run --address "$RAY_ADDRESS" --min-nodes "$SLURM_JOB_NUM_NODES" \
    --num-cpus "$SLURM_CPUS_PER_TASK" --temp-dir "/tmp/ray-$SLURM_JOB_ID" -- \
    bash -c 'echo $$ > "$0"; exec "$@"' "$process" \
    csmc run "$config" --output "$output" --engine ray --address "$RAY_ADDRESS" &
code=0
wait $! || code=$?
if [ -n "${stopped:-}" ]; then # by the signal, only the waiting has ended
    code=0
    wait $! || code=$?
fi
# symmetric-run can end with 0 though Ray never started, so csmc is asked how far it is.
csmc status "$output" && exit $code
