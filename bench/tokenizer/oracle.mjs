// Hugging Face's tokenizers library as a command, for bench/tokenizer and the engine's tests. The first argument is the folder with node_modules.
//
//   parity FOLDER TOKENIZER_JSON TEXTS IDS OUT
//     TEXTS: one JSON string a line. IDS: one JSON list of token ids a line.
//     OUT: for each text {ids, special, decoded, skipped}: without and with the post-processor's tokens, and the text of the former
//     with and without special tokens; then for each list of ids {decoded, skipped}.
//   speed FOLDER TOKENIZER_JSON TEXTS
//     Answers each line of its input with the nanoseconds of one pass over TEXTS by the clock and of processor time, one call a text ("single") or
//     one call for all ("batch").
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [command, folder, definition, ...rest] = process.argv.slice(2);
const { Tokenizer } = createRequire(join(folder, "package.json"))("tokenizers");
const tokenizer = Tokenizer.fromString(readFileSync(definition, "utf8"));
const readLines = (path) => readFileSync(path, "utf8").split("\n").filter((line) => line.length > 0).map((line) => JSON.parse(line));
const plain = { addSpecialTokens: false };

async function decode(lists) {
  const decoded = await tokenizer.decodeBatch(lists, false);
  const skipped = await tokenizer.decodeBatch(lists, true);
  return lists.map((_, i) => ({ decoded: decoded[i], skipped: skipped[i] }));
}

async function parity(texts, ids, out) {
  const encoded = (await tokenizer.encodeBatch(texts, plain)).map((encoding) => encoding.getIds());
  const special = (await tokenizer.encodeBatch(texts, { addSpecialTokens: true })).map((encoding) => encoding.getIds());
  const decoded = await decode(encoded);
  const lines = encoded.map((list, i) => ({ ids: list, special: special[i], ...decoded[i] }));
  lines.push(...(await decode(ids)));
  writeFileSync(out, lines.map((line) => JSON.stringify(line)).join("\n") + "\n");
}

async function speed(texts) {
  for await (const mode of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    const start = process.hrtime.bigint();
    if (mode === "batch") await tokenizer.encodeBatch(texts, plain);
    else for (const text of texts) await tokenizer.encode(text, null, plain);
    const nanoseconds = process.hrtime.bigint() - start;
    const used = process.cpuUsage(before);
    console.log(`${nanoseconds} ${1000 * (used.user + used.system)}`);
  }
}

if (command === "parity") await parity(readLines(rest[0]), readLines(rest[1]), rest[2]);
else if (command === "speed") await speed(readLines(rest[0]));
else throw new Error(`unknown command '${command}'`);
