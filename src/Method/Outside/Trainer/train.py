#!/usr/bin/env python3
"""Trains one stage of an exported run with TRL's SFTTrainer, in exactly the order that the platform drew.

    python3 train.py stage3.json --model BASE --check
    accelerate launch --config_file accelerate.yaml train.py stage3.json --model BASE --out results/stage3

An update shows the lines of data/stageN.jsonl that bear its number: nothing is shuffled and nothing is drawn again. The loss of an
update is the sum over its answer tokens of token_weight times the token's loss; prompts are seen and not learnt.
"""

import argparse
import glob
import hashlib
import itertools
import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def model_sha256(folder):
    """As the platform names a model: over the names and contents of the files that decide how it answers."""
    parts = ["config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json"]
    names = {os.path.basename(path) for part in parts for path in glob.glob(os.path.join(folder, part))}
    total = hashlib.sha256()
    for name in sorted(names):
        path = os.path.join(folder, name)
        total.update(f"{name}\n{os.path.getsize(path)}\n{sha256(path)}\n".encode())
    return total.hexdigest()


def check(settings, model, manifest):
    """Ends with a sentence when the folder or the model is not what was exported."""
    for file in manifest["files"]:
        path = os.path.join(HERE, file["path"])
        if not os.path.exists(path) or sha256(path) != file["sha256"]:
            sys.exit(f"{file['path']} is missing or not as it was exported. Take the folder as it was exported.")
    if settings["stage"] == manifest["stages"][0]["stage"]:
        found, wanted = model_sha256(model), manifest["start"]
        if found != wanted["sha256"]:
            sys.exit(f"--model {model} has the hash {found}, not {wanted['sha256']} of {wanted['name']}, which this stage begins with.")


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            weights = [row["token_weight"] * mask for mask in row["completion_mask"]]
            yield {"update": row["update"], "input_ids": row["input_ids"], "token_weights": weights}


def arrange(rows, slots):
    """Makes all updates equally long with copies whose tokens count nothing, so that every process has the same number of batches."""
    for _, group in itertools.groupby(rows, key=lambda row: row["update"]):
        group = list(group)
        filler = {**group[-1], "token_weights": [0.0] * len(group[-1]["token_weights"])}
        yield from group + [filler] * (slots - len(group))


def learning_rate_factor(schedule):
    """The factor on the peak learning rate by the number of updates already made in this stage; one fall may span both stages."""
    warmup, final = schedule["warmupUpdates"], schedule["finalShare"]
    before, total = schedule["updatesBefore"], schedule["updatesInAll"]

    def fall(step):
        done = min(1.0, max(0.0, (step - warmup) / max(1, total - warmup)))
        if schedule["curve"] == "constant":
            return 1.0
        if schedule["curve"] == "linear":
            return 1 - (1 - final) * done
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done))

    return lambda step: fall(step + before) * ((step + 1) / warmup if step < warmup else 1.0)


def collate(rows, end_token, packed):
    """The rows of a micro-batch: one behind the other with positions that begin anew, or side by side with padding."""
    if packed:
        return {
            "input_ids": [[token for row in rows for token in row["input_ids"]]],
            "position_ids": [[place for row in rows for place in range(len(row["input_ids"]))]],
            "token_weights": [[weight for row in rows for weight in row["token_weights"]]],
        }
    longest = max(len(row["input_ids"]) for row in rows)
    missing = [longest - len(row["input_ids"]) for row in rows]
    return {
        "input_ids": [row["input_ids"] + [end_token] * gap for row, gap in zip(rows, missing)],
        "attention_mask": [[1] * len(row["input_ids"]) + [0] * gap for row, gap in zip(rows, missing)],
        "token_weights": [row["token_weights"] + [0.0] * gap for row, gap in zip(rows, missing)],
    }


def train(settings, options):
    import torch
    from datasets import Dataset
    from torch.utils.data import SequentialSampler
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
    from trl import SFTConfig, SFTTrainer

    world = int(os.environ.get("WORLD_SIZE", "1"))
    optimizer, schedule, updates = settings["optimizer"], settings["schedule"], settings["updates"]
    micro = options.micro_batch or max(1, settings["packing"]["tokens"] // settings["maxTokens"])
    micro = min(micro, math.ceil(settings["batchExamples"] / world))
    passes = math.ceil(settings["batchExamples"] / (world * micro))
    packed = settings["bf16"] and not options.no_packing
    data = os.path.join(HERE, settings["data"])

    def generate(path, digest, slots):
        # The digest is an argument so that a cached copy of other data is never taken for this.
        yield from arrange(read_rows(path), slots)

    rows = Dataset.from_generator(generate, gen_kwargs={"path": data, "digest": sha256(data), "slots": world * micro * passes})
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(options.model, "tokenizer.json"))
    tokenizer.eos_token = tokenizer.pad_token = tokenizer.convert_ids_to_tokens(settings["endToken"])
    model = AutoModelForCausalLM.from_pretrained(
        options.model, torch_dtype=torch.float32, attn_implementation="flash_attention_2" if packed else "sdpa"
    )

    class ExactOrderTrainer(SFTTrainer):
        def _get_train_sampler(self, *args, **kwargs):
            return SequentialSampler(self.train_dataset)

        def create_scheduler(self, num_training_steps, optimizer=None):
            if self.lr_scheduler is None:
                self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, learning_rate_factor(schedule))
            return self.lr_scheduler

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            weights = inputs.pop("token_weights")[:, 1:]
            outputs = model(**inputs, use_cache=False)
            learnt = weights > 0
            losses = torch.nn.functional.cross_entropy(
                outputs.logits[:, :-1][learnt].float(), inputs["input_ids"][:, 1:][learnt], reduction="none"
            )
            # The trainer divides by the passes of an update, and processes average their gradients: the weights say it all already.
            loss = (losses * weights[learnt]).sum() * passes * self.accelerator.num_processes
            return (loss, outputs) if return_outputs else loss

    def tensors(batch):
        parts = collate(batch, settings["endToken"], packed)
        return {name: torch.tensor(value) for name, value in parts.items()}

    lora = None
    if settings["lora"]:
        from peft import LoraConfig

        lora = LoraConfig(
            r=settings["lora"]["rank"], lora_alpha=settings["lora"]["alpha"], lora_dropout=settings["lora"]["dropout"],
            target_modules=settings["lora"]["targetModules"], task_type="CAUSAL_LM",
        )
    trainer = ExactOrderTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=rows,
        data_collator=tensors,
        peft_config=lora,
        args=SFTConfig(
            output_dir=options.out + ".checkpoints",
            max_steps=updates,
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=passes,
            learning_rate=optimizer["learningRate"],
            adam_beta1=optimizer["beta1"],
            adam_beta2=optimizer["beta2"],
            adam_epsilon=optimizer["epsilon"],
            weight_decay=optimizer["weightDecay"],
            max_grad_norm=optimizer["clipNorm"],
            bf16=settings["bf16"],
            gradient_checkpointing=settings["gradientCheckpointing"],
            gradient_checkpointing_kwargs={"use_reentrant": False},
            seed=settings["seed"] % (1 << 32),
            max_length=None,
            packing=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            remove_unused_columns=False,
            logging_steps=10,
            save_steps=max(1, updates // 10),
            save_total_limit=2,
            report_to="none",
        ),
    )
    # Then every version of the trainer divides the loss by the passes of an update.
    trainer.model_accepts_loss_kwargs = False
    trainer.train(resume_from_checkpoint=options.resume or None)
    trainer.save_model(options.out)


def main():
    parser = argparse.ArgumentParser(description="Trains one stage of an exported run.")
    parser.add_argument("settings", help="stage2.json or stage3.json")
    parser.add_argument("--model", required=True, help="folder of the model that the stage begins with")
    parser.add_argument("--out", help="where the trained model, or its adapter, is written")
    parser.add_argument("--micro-batch", type=int, help="rows of one pass of one process; default: by the recipe's microBatchTokens")
    parser.add_argument("--no-packing", action="store_true", help="pad rows instead of packing them; needs no flash attention")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--check", action="store_true", help="only compare the folder and the model with what was exported")
    options = parser.parse_args()
    with open(os.path.join(HERE, options.settings), encoding="utf-8") as file:
        settings = json.load(file)
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    if options.check:
        check(settings, options.model, manifest)
        rows = list(read_rows(os.path.join(HERE, settings["data"])))
        full = list(arrange(rows, settings["batchExamples"]))
        print(json.dumps({"stage": settings["stage"], "examples": len(rows), "updates": settings["updates"], "slots": len(full)}))
        return
    if not options.out:
        parser.error("--out is missing: name the folder for the result.")
    train(settings, options)


if __name__ == "__main__":
    main()
