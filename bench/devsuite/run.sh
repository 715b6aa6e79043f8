#!/usr/bin/env bash
# Eleven public tasks through the whole platform, with the commands that a user has: import, train, approve, deploy, call, cost.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ ${1:-} == --help || ${1:-} == -h || $# -lt 1 ]]; then
    cat <<'TEXT'
Usage: bench/devsuite/run.sh BUNDLES [DATA]

BUNDLES  a folder that holds the task bundles named below
DATA     the platform's data folder, empty at first; default: data/devsuite

Starts the platform, takes the tasks through the three stages on the embedded base model, deploys the version, sends inputs of each
task's test split through the API, and prints the run's table, the answers' count and the cost table. About an hour on two CPU cores.
Other tasks: TASKS="trec cb" bench/devsuite/run.sh BUNDLES. Another recipe: RECIPE=FILE.
TEXT
    exit $(($# < 1 ? 2 : 0))
fi

bundles=$1
data=${2:-data/devsuite}
recipe=${RECIPE:-bench/devsuite/recipe.json}
read -ra tasks <<<"${TASKS:-sst2 snips_slots snips_intent subj stsb trec sms_spam e2e absa_restaurants copa cb}"
inputs=${INPUTS:-32}

platform() { ./platform "$@" --data "$data"; }

./platform --version >/dev/null # builds, so that the hosts start at once
mkdir -p "$data"
./platform start --empty --data "$data" >"$data/start.log" 2>&1 & # not through the function: its process must be the one to stop
hosts=$!
trap 'kill $hosts 2>/dev/null; wait $hosts' EXIT
until grep -q "The platform is up" "$data/start.log" 2>/dev/null; do
    kill -0 $hosts || { cat "$data/start.log" >&2; exit 1; }
    sleep 1
done

for task in "${tasks[@]}"; do
    platform import "$bundles/$task" --team devsuite
done
platform users add owner@example.com --team devsuite >/dev/null
platform users add approver@example.com --admin >/dev/null
platform train "${tasks[@]}" --recipe "$recipe"
platform deploy 1 --as owner@example.com
platform deploy 1 --approve --accept-gate-failures --reason "Measured for docs/experiments.md" --as approver@example.com

PLATFORM_API_KEY=$(platform keys issue "devsuite calls" --team devsuite --json | grep -o 'sk-[A-Za-z0-9_-]*' | head -n 1)
export PLATFORM_API_KEY
for task in "${tasks[@]}"; do
    head -n "$inputs" "$bundles/$task/test.jsonl" >"$data/$task.jsonl"
    answers=$(platform predict "$task" --file "$data/$task.jsonl" --json | grep -o '"id"' | wc -l)
    echo "$task: $answers answers for $(wc -l <"$data/$task.jsonl") inputs"
done
platform usage
