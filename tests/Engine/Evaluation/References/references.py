"""Computes the expected values of ReferenceValueTests with other people's libraries, on rows that this script makes up.

    apt-get install python3-sklearn python3-nltk python3-scipy
    /usr/bin/python3 references.py

It writes references.json beside itself: rows and values. The tests read only that file.
"""
import json
import random
import re
import warnings
from collections import Counter

import nltk
import numpy as np
import scipy
import sklearn
from nltk.translate.bleu_score import corpus_bleu
from nltk.translate.gleu_score import corpus_gleu
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, pearsonr, spearmanr
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = random.Random(20)
LABELS = ["praise", "complaint", "question", "order", "other"]


def labelled(count):
    """Rows with labels of unequal frequency, answers that are often right, and probabilities that promise too much."""
    rows = []
    for number in range(count):
        expected = rng.choices(range(len(LABELS)), weights=[40, 25, 20, 10, 5])[0]
        logits = [rng.gauss(0, 2) + (2.2 if label == expected else 0) for label in range(len(LABELS))]
        shares = np.exp(np.array(logits) - max(logits))
        shares = [float(np.float32(share)) for share in shares / shares.sum()]
        rows.append({"id": f"r{number}", "expected": LABELS[expected], "actual": LABELS[int(np.argmax(shares))], "probabilities": shares})
    return rows


def label_values(rows):
    truth, answers = [row["expected"] for row in rows], [row["actual"] for row in rows]
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, answers, labels=LABELS, zero_division=0)
    return {
        "accuracy": metrics.accuracy_score(truth, answers),
        "micro_f1": metrics.f1_score(truth, answers, average="micro"),
        "macro_f1": metrics.f1_score(truth, answers, labels=LABELS, average="macro"),
        "weighted_f1": metrics.f1_score(truth, answers, labels=LABELS, average="weighted"),
        "macro_recall": metrics.balanced_accuracy_score(truth, answers),
        "matthews": metrics.matthews_corrcoef(truth, answers),
        "f1:question": metrics.f1_score(truth, answers, labels=["question"], average="macro"),
        "mean_f1:praise,complaint": metrics.f1_score(truth, answers, labels=["praise", "complaint"], average="macro"),
    }, {
        label: {"precision": precision[at], "recall": recall[at], "f1": f1[at], "support": int(support[at])}
        for at, label in enumerate(LABELS)
    }, metrics.confusion_matrix(truth, answers, labels=LABELS).tolist()


def calibration_values(rows):
    probabilities = np.array([row["probabilities"] for row in rows], dtype=np.float64)
    truth = np.array([LABELS.index(row["expected"]) for row in rows])
    at = np.arange(len(truth))

    def scaled(temperature):
        logits = np.log(probabilities) / temperature
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def measures(shares):
        scores, right = shares.max(axis=1), shares.argmax(axis=1) == truth
        edges = np.linspace(0, 1, 16)
        error = sum(
            (inside := (scores > low) & (scores <= high)).sum() / len(truth) * abs(scores[inside].mean() - right[inside].mean())
            for low, high in zip(edges[:-1], edges[1:]) if ((scores > low) & (scores <= high)).any())
        return {
            "ece": error,
            "brier": float(((shares - np.eye(len(LABELS))[truth]) ** 2).sum(axis=1).mean()),
            "log_loss": metrics.log_loss(truth, shares, labels=range(len(LABELS))),
        }

    best = minimize_scalar(lambda t: -np.log(scaled(t)[at, truth]).mean(), bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
    return {"temperature": best.x, "before": measures(scaled(1)), "after": measures(scaled(best.x))}


def numeric(count):
    rows = []
    for number in range(count):
        expected = round(rng.uniform(0, 5) * 2) / 2
        rows.append({"id": f"r{number}", "expected": f"{expected}", "actual": f"{round(expected + rng.gauss(0, 1), 1)}"})
    return rows


def texts(count):
    words = "the a room bed desk pool night guest was is near far clean loud very not and view staff helpful late".split()
    rows = []
    for number in range(count):
        good = [" ".join(rng.choices(words, k=rng.randint(4, 14))) for _ in range(rng.choice([1, 1, 2, 3]))]
        answer = [word for word in good[0].split() if rng.random() < 0.8]
        for _ in range(rng.randint(0, 2)):
            answer.insert(rng.randint(0, len(answer)), rng.choice(words))
        rows.append({"id": f"r{number}", "expected": good[0], "references": good[1:], "actual": " ".join(answer) if len(answer) >= 4 else good[0]})  # NLTK counts a missing 4-gram as one
    return rows


def rouge(order):
    """ROUGE-N's F1 by counters of n-grams, the way the paper writes it."""
    def grams(text):
        words = re.findall(r"\w+", text.lower())
        return Counter(zip(*[words[at:] for at in range(order)]))

    def f1(answer, good):
        shared, left, right = sum((grams(answer) & grams(good)).values()), grams(answer).total(), grams(good).total()
        return 0 if shared == 0 else 2 / (left / shared + right / shared)

    return lambda rows: float(np.mean([max(f1(row["actual"], good) for good in [row["expected"], *row["references"]]) for row in rows]))


def text_values(rows):
    goods = [[good.split() for good in [row["expected"], *row["references"]]] for row in rows]
    answers = [row["actual"].split() for row in rows]
    return {"bleu": corpus_bleu(goods, answers), "gleu": corpus_gleu(goods, answers), "rouge_1": rouge(1)(rows), "rouge_2": rouge(2)(rows)}


def tagged(count):
    """Rows with IOB2 tags and the same spans as text. Words are unique within a row, so a span's words tell its place."""
    def tags(length):
        found, at = ["O"] * length, 0
        while at < length:
            size = rng.randint(1, 3)
            if rng.random() < 0.35 and at + size <= length:
                kind = rng.choice(["city", "date", "price"])
                found[at:at + size] = ["B-" + kind] + ["I-" + kind] * (size - 1)
                at += size
            at += 1
        return found

    rows = []
    for number in range(count):
        length = rng.randint(6, 14)
        expected = tags(length)
        answered = expected if rng.random() < 0.4 else [
            "O" if rng.random() < 0.25 and (at + 1 == length or not expected[at + 1].startswith("I-")) and tag.startswith("B-") else tag
            for at, tag in enumerate(expected)] if rng.random() < 0.6 else tags(length)
        words = [f"w{number}x{at}" for at in range(length)]
        rows.append({"id": f"r{number}", "expected": as_text(words, expected), "actual": as_text(words, answered), "tags": [expected, answered]})
    return rows


def entities(tags):
    """(type, first, last) of every IOB2 entity, the way conlleval reads them."""
    found, start = set(), None
    for at, tag in enumerate(tags + ["O"]):
        if start is not None and not tag.startswith("I-"):
            found.add((tags[start][2:], start, at - 1))
            start = None
        if tag.startswith("B-"):
            start = at
    return found


def as_text(words, tags):
    spans = sorted(entities(tags), key=lambda span: span[1])
    return "; ".join(f"{kind}: {' '.join(words[first:last + 1])}" for kind, first, last in spans) or "none"


def span_values(rows):
    pairs = [(entities(row["tags"][0]), entities(row["tags"][1])) for row in rows]
    right, wanted, given = (sum(map(len, part)) for part in ([a & b for a, b in pairs], [a for a, _ in pairs], [b for _, b in pairs]))
    precision, recall = right / given, right / wanted
    return {"span_f1": 2 * precision * recall / (precision + recall)}


labels, numbers, written = labelled(400), numeric(200), texts(60)
spans = tagged(120)
values, by_label, confusion = label_values(labels)
wanted, given = [float(row["expected"]) for row in numbers], [float(row["actual"]) for row in numbers]
json.dump({
    "made_by": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "nltk": nltk.__version__},
    "labels": LABELS,
    "label_rows": labels, "label_values": values, "by_label": by_label, "confusion": confusion, "calibration": calibration_values(labels),
    "number_rows": numbers, "number_values": {"pearson": pearsonr(wanted, given)[0], "spearman": spearmanr(wanted, given)[0]},
    "text_rows": written, "text_values": text_values(written),
    "span_rows": [{key: row[key] for key in ("id", "expected", "actual")} for row in spans], "span_values": span_values(spans),
    "mcnemar": [{"ours": a, "theirs": b, "p": binomtest(min(a, b), a + b).pvalue} for a, b in [(1, 9), (4, 11), (10, 10), (59, 90), (400, 520), (0, 7)]],
}, open("references.json", "w", encoding="utf-8"), ensure_ascii=False, separators=(",", ":"))
