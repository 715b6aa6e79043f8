"""Classification with Hugging Face's transformers: a batch's prompts in one pass, then the label's tokens greedily among those that the labels allow.

Arguments: a model folder and a file of requests (ids and the labels' tokens). For each line on standard input all requests are answered once, and a line of
JSON says how long it took.
"""
import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM

BATCH = 64


def classify(model, device, requests):
    left = [list(range(len(r["labels"]))) for r in requests]
    ids = torch.tensor([r["ids"] for r in requests], device=device)
    cache, depth = None, 0
    while any(len(l) > 1 for l in left):
        out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache, logits = out.past_key_values, out.logits[:, -1].float().cpu()
        chosen = []
        for row, request, labels in zip(logits, requests, left):
            tokens = {request["labels"][label][depth] for label in labels} if len(labels) > 1 else {0}
            best = max(tokens, key=lambda token: row[token].item())
            if len(labels) > 1:
                labels[:] = [label for label in labels if request["labels"][label][depth] == best]
            chosen.append([best])
        ids, depth = torch.tensor(chosen, device=device), depth + 1
    return [labels[0] for labels in left]


def main():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(sys.argv[1], torch_dtype=torch.bfloat16).to(device).eval()
    with open(sys.argv[2], encoding="utf-8") as file:
        requests = json.load(file)
    with torch.inference_mode():
        for _ in sys.stdin:
            begin, cpu = time.perf_counter(), time.process_time()
            for first in range(0, len(requests), BATCH):
                classify(model, device, requests[first:first + BATCH])
            if device == "cuda":
                torch.cuda.synchronize()
            print(json.dumps({"seconds": time.perf_counter() - begin, "cpuSeconds": time.process_time() - cpu}), flush=True)


main()
