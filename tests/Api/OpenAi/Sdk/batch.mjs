// Runs a batch with OpenAI's own client and writes what it saw as one line of JSON. Arguments: address, key.
import OpenAI, { toFile } from 'openai';

const [address, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const line = (id, text) => JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model: 'hotel-sentiment', messages: [{ role: 'user', content: text }] } });

const file = await client.files.create({ file: await toFile(Buffer.from(`${line('a', 'clean')}\n${line('b', 'kind')}\n`), 'in.jsonl'), purpose: 'batch' });
let batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
while (!['completed', 'failed', 'cancelled', 'expired'].includes(batch.status)) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  batch = await client.batches.retrieve(batch.id);
}

const results = (await (await client.files.content(batch.output_file_id)).text()).trim().split('\n').map((text) => JSON.parse(text));
let listed = false;
for await (const known of client.batches.list({ limit: 1 })) listed ||= known.id === batch.id;
for await (const known of client.files.list()) listed &&= known.object === 'file';
const deleted = (await client.files.delete(file.id)).deleted;
const name = async (call) => { try { await call(); return 'none'; } catch (error) { return error.constructor.name; } };
const gone = await name(() => client.files.retrieve(file.id));
const cancelled = await name(() => client.batches.cancel(batch.id));
console.log(JSON.stringify({ status: batch.status, counts: batch.request_counts, ids: results.map((result) => result.custom_id).sort(), listed, deleted, gone, cancelled }));
