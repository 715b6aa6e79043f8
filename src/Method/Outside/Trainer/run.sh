#!/usr/bin/env bash
# ./run.sh MODEL OUT [options of train.py]: trains every stage of this folder, each from the one before, into OUT/stageN.
# MODEL is the folder of the model that manifest.json names as start. PROCESSES sets the number of GPUs; default: those that there are.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "Usage: ./run.sh MODEL OUT [options of train.py]" >&2
    exit 2
fi

model=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
shift 2
cd "$(dirname "${BASH_SOURCE[0]}")"
processes=${PROCESSES:-$(python3 -c 'import torch; print(max(1, torch.cuda.device_count()))')}
for stage in 2 3; do
    if [ ! -f "stage$stage.json" ]; then continue; fi
    python3 train.py "stage$stage.json" --model "$model" --check
    trained=$out/stage$stage
    accelerate launch --config_file accelerate.yaml --num_processes "$processes" train.py "stage$stage.json" --model "$model" --out "$trained" "$@"
    if [ -f "$trained/adapter_config.json" ]; then
        mv "$trained" "$trained.adapter"
        python3 merge.py "$model" "$trained.adapter" "$trained"
    fi
    # The next stage reads the tokenizer beside the weights; training does not change it.
    cp "$model/tokenizer.json" "$trained/tokenizer.json"
    model=$trained
done
echo "Bring it back: platform import-run $(pwd) $model"
