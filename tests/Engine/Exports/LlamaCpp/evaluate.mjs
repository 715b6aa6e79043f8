// Evaluates GGUF files in llama.cpp and writes what it computes. Standard input, one JSON value:
//   {"models": [{"path": "model.gguf", "adapter": "adapter.gguf" or null, "cases": [[1, 2, 3], ...], "texts": ["...", ...]}]}
// Standard output, last line:
//   {"models": [{"logits": [[...], ...], "tokens": [[...], ...]}]}
// Logits are those behind the last token of a case, one for each token of the vocabulary. Texts are tokenized without special tokens.
import {readFileSync} from "node:fs";
import {getLlama} from "node-llama-cpp";

const {models} = JSON.parse(readFileSync(0, "utf8"));
const llama = await getLlama({build: "never", gpu: false, maxThreads: 1, logger: (level, message) => process.stderr.write(`${level}: ${message}\n`)});
const results = [];
for (const {path, adapter, cases, texts} of models) {
    const model = await llama.loadModel({modelPath: path});
    const logits = [];
    for (const ids of cases) {
        // The cache in float32: its usual float16 would hide errors of the weights behind its own.
        const context = await model.createContext({
            contextSize: Math.max(64, ids.length + 1), sequences: 1, flashAttention: false, ...(adapter ? {lora: adapter} : {}),
            experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"
        });
        const sequence = context.getSequence();
        const last = ids.length - 1;
        const outputs = await sequence.controlledEvaluate(ids.map((id, i) => i === last ? [id, {generateNext: {logits: true, options: {temperature: 0}}}] : id));
        const row = [];
        for (const [token, logit] of outputs[last].next.logits)
            row[token] = logit;
        logits.push(row);
        await context.dispose();
    }

    results.push({logits, tokens: (texts ?? []).map((text) => model.tokenize(text, false))});
    await model.dispose();
}

await llama.dispose();
process.stdout.write("\n" + JSON.stringify({models: results}) + "\n");
