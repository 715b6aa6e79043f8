"""The peer of the training part: the same shape, batch and loss positions in PyTorch.

Reads numbers of steps, one a line, from standard input, and answers each with a line of JSON: seconds, processor seconds, loss.
The first argument is the setup as JSON; see TorchPeer.cs.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        scale = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.eps)
        return (x.float() * scale).to(x.dtype) * self.weight


class LoraLinear(nn.Module):
    def __init__(self, linear, rank):
        super().__init__()
        self.linear = linear
        self.a = nn.Parameter(torch.empty(rank, linear.in_features, dtype=linear.weight.dtype))
        self.b = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=linear.weight.dtype))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x):
        return self.linear(x) + F.linear(F.linear(x, self.a), self.b)


class Layer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.heads, self.groups, self.size = s["heads"], s["keyValueHeads"], s["headSize"]
        hidden, bias = s["hidden"], s["bias"]
        self.norm1 = RMSNorm(hidden, s["epsilon"])
        self.q = nn.Linear(hidden, self.heads * self.size, bias=bias)
        self.k = nn.Linear(hidden, self.groups * self.size, bias=bias)
        self.v = nn.Linear(hidden, self.groups * self.size, bias=bias)
        self.o = nn.Linear(self.heads * self.size, hidden, bias=False)
        self.norm2 = RMSNorm(hidden, s["epsilon"])
        self.gate = nn.Linear(hidden, s["intermediate"], bias=False)
        self.up = nn.Linear(hidden, s["intermediate"], bias=False)
        self.down = nn.Linear(s["intermediate"], hidden, bias=False)

    def forward(self, x, cos, sin, mask):
        b, t, _ = x.shape
        y = self.norm1(x)
        q = rotate(self.q(y).view(b, t, self.heads, self.size).transpose(1, 2), cos, sin)
        k = rotate(self.k(y).view(b, t, self.groups, self.size).transpose(1, 2), cos, sin)
        v = self.v(y).view(b, t, self.groups, self.size).transpose(1, 2)
        k = k.repeat_interleave(self.heads // self.groups, 1)
        v = v.repeat_interleave(self.heads // self.groups, 1)
        scores = q @ k.transpose(2, 3) / math.sqrt(self.size) + mask
        mixed = (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, t, -1)
        x = x + self.o(mixed)
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Model(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.embedding = nn.Embedding(s["vocabulary"], s["hidden"])
        self.layers = nn.ModuleList(Layer(s) for _ in range(s["layers"]))
        self.norm = RMSNorm(s["hidden"], s["epsilon"])
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        angles = torch.outer(torch.arange(s["tokens"]).float(), s["theta"] ** (-torch.arange(0, s["headSize"], 2).float() / s["headSize"]))
        self.rotary = torch.cat((angles, angles), -1)

    def forward(self, ids, answers):
        x = self.embedding(ids)
        t = ids.shape[1]
        cos, sin = self.rotary[:t].cos().to(x.dtype), self.rotary[:t].sin().to(x.dtype)
        mask = torch.full((t, t), float("-inf"), dtype=x.dtype).triu(1)
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        # The head is computed where there is a loss.
        return F.linear(self.norm(x[:, -answers:]), self.embedding.weight).float()


def main():
    s = json.loads(sys.argv[1])
    torch.manual_seed(1)
    torch.set_num_threads(s["threads"])
    model = Model(s).to(getattr(torch, s["dtype"]))
    if s["rank"]:
        model.requires_grad_(False)
        for layer in model.layers:
            for name in ("q", "k", "v", "o", "gate", "up", "down"):
                setattr(layer, name, LoraLinear(getattr(layer, name), s["rank"]))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in trained if p.dim() == 1], "weight_decay": 0.0}],
        lr=1e-4, betas=(0.9, 0.98))
    for line in sys.stdin:
        loss, begin, cpu = 0.0, time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            ids = torch.randint(300, 8000, (s["batch"], s["tokens"]))
            inputs, targets = ids[:, :-1], ids[:, -s["answers"]:]
            logits = model(inputs, s["answers"])
            value = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            loss = value.item()
        print(json.dumps({"seconds": time.perf_counter() - begin, "cpuSeconds": time.process_time() - cpu, "loss": loss}), flush=True)


main()
