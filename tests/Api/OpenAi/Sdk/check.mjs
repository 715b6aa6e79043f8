// Calls a running Api with OpenAI's own client and writes what it saw as one line of JSON. Arguments: address, key.
import OpenAI from 'openai';

const [address, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const user = (content) => [{ role: 'user', content }];
const seen = {};

const label = await client.chat.completions.create({ model: 'hotel-sentiment', messages: user('the room was clean'), logprobs: true, top_logprobs: 3 });
seen.label = { content: label.choices[0].message.content, finish: label.choices[0].finish_reason, model: label.model, id: label.id, requestId: label._request_id,
  tokens: label.choices[0].logprobs.content.map((token) => token.token).join(''), top: Math.max(...label.choices[0].logprobs.content.map((token) => token.top_logprobs.length)),
  cached: label.usage.prompt_tokens_details.cached_tokens, total: label.usage.total_tokens - label.usage.prompt_tokens - label.usage.completion_tokens };

const pair = await client.chat.completions.create({ model: 'same-question', messages: user([{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }]) });
seen.pair = pair.choices[0].message.content;

const sampled = { model: 'guest-reply', messages: user('the room was clean'), temperature: 1.7, seed: 3, n: 3, max_completion_tokens: 5, stop: ['zzz'] };
const [one, two] = [await client.chat.completions.create(sampled), await client.chat.completions.create(sampled)];
seen.sampled = { count: one.choices.length, same: JSON.stringify(one.choices) === JSON.stringify(two.choices), fingerprint: one.system_fingerprint };

const schema = { type: 'boolean' };
const json = await client.chat.completions.create({ model: 'guest-reply', messages: user('clean'), response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema } } });
seen.json = typeof JSON.parse(json.choices[0].message.content);

const whole = await client.chat.completions.create({ model: 'guest-reply', messages: user('the room was clean') });
const stream = await client.chat.completions.create({ model: 'guest-reply', messages: user('the room was clean'), stream: true, stream_options: { include_usage: true } });
let [text, chunks, usage, finish] = ['', 0, null, null];
for await (const chunk of stream) {
  chunks++;
  text += chunk.choices[0]?.delta?.content ?? '';
  finish = chunk.choices[0]?.finish_reason ?? finish;
  usage = chunk.usage ?? usage;
}
seen.stream = { same: text === whole.choices[0].message.content, chunks, finish, usage: usage.completion_tokens === whole.usage.completion_tokens };

const runner = client.chat.completions.stream({ model: 'guest-reply', messages: user('the room was clean'), logprobs: true });
seen.runner = (await runner.finalContent()) === whole.choices[0].message.content;

const completion = await client.completions.create({ model: 'guest-reply', prompt: ['clean', 'kind'], logprobs: 1, max_tokens: 3 });
seen.completions = { count: completion.choices.length, object: completion.object, tokens: completion.choices[0].logprobs.tokens.length };

seen.models = [];
for await (const model of client.models.list()) seen.models.push(model.id);
seen.model = (await client.models.retrieve('guest-reply')).owned_by;

seen.errors = {};
for (const [name, call] of Object.entries({
  unknown: () => client.chat.completions.create({ model: 'nothing', messages: user('x') }),
  system: () => client.chat.completions.create({ model: 'guest-reply', messages: [{ role: 'system', content: 'Be kind.' }, ...user('x')] }),
  streamed: () => client.chat.completions.create({ model: 'guest-reply', messages: user('room '.repeat(300)), stream: true }),
  key: () => new OpenAI({ baseURL: `${address}/v1`, apiKey: 'sk-wrong', maxRetries: 0 }).models.list(),
})) {
  try {
    await call();
    seen.errors[name] = 'none';
  } catch (error) {
    seen.errors[name] = { type: error.constructor.name, status: error.status, code: error.code, param: error.param ?? null, requestId: error.requestID };
  }
}

const leaving = await client.chat.completions.create({ model: 'guest-reply', messages: user('the room was clean'), stream: true });
for await (const _ of leaving) break;
seen.left = leaving.controller.signal.aborted;

console.log(JSON.stringify(seen));
