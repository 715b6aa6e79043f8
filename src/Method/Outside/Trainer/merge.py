#!/usr/bin/env python3
"""Adds an adapter to the model that it was trained on: python3 merge.py MODEL ADAPTER OUT"""

import sys


def main():
    if len(sys.argv) != 4:
        sys.exit("Usage: python3 merge.py MODEL ADAPTER OUT")
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    _, model, adapter, out = sys.argv
    base = AutoModelForCausalLM.from_pretrained(model, torch_dtype=torch.float32)
    PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(out)


if __name__ == "__main__":
    main()
