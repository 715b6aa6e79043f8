// llama.cpp behind HTTP, as its own server does it: parallel slots in one batch, each request in the free slot whose tokens share the longest beginning with
// its prompt (which are not computed again), the answer bound by a grammar, greedy. Its own server program is not to be had as a package.
//   node llama-server.mjs MODEL.gguf SLOTS SLOT_TOKENS THREADS     prints {"port": N} when it listens
//   POST / {"tokens": [...], "labels": ["good", "bad"]} -> {"text": " good"}
import {createServer} from "node:http";
import {getLlama, LlamaCompletion} from "node-llama-cpp";

const [path, slotCount, slotTokens, threads] = process.argv.slice(2);
const llama = await getLlama({build: "never", gpu: false, maxThreads: Number(threads), logger: (level, message) => level === "error" && process.stderr.write(`${message}\n`)});
const model = await llama.loadModel({modelPath: path, gpuLayers: 0});
const context = await model.createContext({
    sequences: Number(slotCount), contextSize: Number(slotTokens), batchSize: 2048, threads: Number(threads), batching: {dispatchSchedule: "nextCycle"}
});
const free = Array.from({length: Number(slotCount)}, () => {
    const sequence = context.getSequence();
    return {sequence, completion: new LlamaCompletion({contextSequence: sequence})};
});
const waiting = [];
const grammars = new Map();

function grammarOf(labels) {
    const key = labels.join("\n");
    if (!grammars.has(key))
        grammars.set(key, llama.createGrammar({grammar: `root ::= ${labels.map((label) => JSON.stringify(` ${label}`)).join(" | ")}`}));
    return grammars.get(key);
}

function shared(one, other) {
    let length = 0;
    while (length < one.length && length < other.length && one[length] === other[length])
        length++;
    return length;
}

function take(tokens) {
    let best = 0;
    let most = -1;
    for (let i = 0; i < free.length; i++) {
        const length = shared(free[i].sequence.contextTokens, tokens);
        if (length > most)
            [best, most] = [i, length];
    }

    return free.splice(best, 1)[0];
}

async function answer({tokens, labels}) {
    const slot = free.length > 0 ? take(tokens) : await new Promise((resolve) => waiting.push(resolve));
    try {
        const grammar = await grammarOf(labels);
        return await slot.completion.generateCompletion(tokens, {grammar, temperature: 0, maxTokens: 32});
    } finally {
        const next = waiting.shift();
        if (next)
            next(slot);
        else
            free.push(slot);
    }
}

const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", async () => {
        try {
            const text = await answer(JSON.parse(Buffer.concat(parts).toString("utf8")));
            response.writeHead(200, {"content-type": "application/json"}).end(JSON.stringify({text}));
        } catch (error) {
            response.writeHead(500).end(String(error));
        }
    });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(JSON.stringify({port: server.address().port}) + "\n"));
process.on("SIGTERM", () => process.exit(0));
