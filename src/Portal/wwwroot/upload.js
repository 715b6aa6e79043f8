// Sends the form's files in pieces, with progress, and goes on where an earlier try ended. Without this module the browser sends the form itself.
const sizes = ['B', 'KB', 'MB', 'GB', 'TB'];
const pauses = [1, 2, 4, 8, 15, 30, 30, 30]; // Seconds before each new try of a piece.

function readable(bytes) {
  let unit = 0;
  while (bytes >= 1000 && unit < sizes.length - 1) { bytes /= 1000; unit++; }
  return `${bytes.toFixed(unit ? 1 : 0)} ${sizes[unit]}`;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

// Which split a file is for, by its name.
export function splitOf(name) {
  const plain = name.toLowerCase();
  if (/(^|[^a-z])(train|training)/.test(plain)) return 'train';
  if (/(^|[^a-z])(valid|validation|val|dev)/.test(plain)) return 'validation';
  return /(^|[^a-z])(test|eval)/.test(plain) ? 'test' : null;
}

// The files of a drop with their paths, those inside dropped folders among them.
export async function entriesOf(transfer) {
  // Both lists are empty once the event is over.
  const files = [...transfer.files], entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return files.map(file => ({ path: file.name, file }));
  const found = [];
  const walk = async entry => {
    if (entry.isFile) { found.push({ path: entry.fullPath.slice(1), file: await new Promise((done, failed) => entry.file(done, failed)) }); return; }
    const reader = entry.createReader();
    for (;;) {
      const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (batch.length === 0) return;
      for (const inner of batch) await walk(inner);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}

// Files of a bundle whose task was registered a moment ago; the page that opens next sends them.
let kept = null;
export function keep(task, files) { kept = { task, files }; }

class Refusal extends Error {
  constructor(message, code, final) { super(message); this.code = code; this.final = final; }
}

export function attach(form) {
  const find = selector => form.querySelector(selector);
  const bar = find('progress'), status = find('[role=status]'), errors = find('[role=alert]');
  const submit = find('button[type=submit]'), stop = find('[data-cancel]'), zone = find('[data-drop]');
  const inputs = [...form.querySelectorAll('input[type=file][name]')];
  const limit = Number(form.dataset.maxBytes);
  let current = null; // What is being sent: { id, aborter }. One that was cancelled may still be waiting for an answer while the next is sent, so each keeps to its own.

  const show = sending => {
    submit.disabled = sending;
    stop.hidden = !sending;
    bar.hidden = !sending;
    inputs.forEach(input => { input.disabled = sending; });
  };
  const refuse = text => { errors.textContent = text; status.textContent = ''; show(false); current = null; };

  const take = files => {
    const left = [];
    for (const file of files) {
      const input = inputs.find(one => one.name === splitOf(file.name));
      if (file.name.startsWith('.') || file.name.toLowerCase() === 'task.json') continue; // A bundle's task.json: the task is here already.
      if (!input) { left.push(file.name); continue; }
      const list = new DataTransfer();
      list.items.add(file);
      input.files = list.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }
    const missing = inputs.filter(input => input.files.length === 0).map(input => input.name);
    status.textContent = [
      `${inputs.length - missing.length} of ${inputs.length} files are chosen.`,
      missing.length ? `Still missing: ${missing.join(', ')}.` : 'Press Upload to send them.',
      left.length ? `Not used: ${left.join(', ')} (a file is recognised by train, validation or test in its name).` : '',
    ].join(' ').trim();
  };

  const ask = async (method, address, options = {}) => {
    const headers = { Accept: 'application/json', RequestVerificationToken: find('input[name=__RequestVerificationToken]').value, ...options.headers };
    let answer;
    try {
      answer = await fetch(address, { method, headers, body: options.body, signal: options.signal, redirect: 'error', credentials: 'same-origin' });
    } catch (failure) {
      if (options.signal?.aborted) throw failure;
      throw new Refusal('The connection is broken.', 'connection', false);
    }
    if (answer.ok) return answer.status === 204 ? {} : answer.json();
    let problem = {};
    try { problem = await answer.json(); } catch { /* Not ours: the status says enough. */ }
    const text = problem.detail ?? `The upload failed (status ${answer.status}).${answer.status === 401 ? ' Sign in again in another tab, then press Upload to go on.' : ''}`;
    throw new Refusal(text, problem.code, answer.status < 500 && answer.status !== 409 && answer.status !== 429);
  };

  // One piece; asks how far the file is where it is not sure.
  const sendPiece = async (signal, id, split, file, offset, pieceBytes) => {
    for (let attempt = 0; ; attempt++) {
      try {
        const piece = file.slice(offset, Math.min(offset + pieceBytes, file.size));
        return (await ask('PUT', `/uploads/${id}/${split}?offset=${offset}`, { signal, body: piece, headers: { 'Content-Type': 'application/octet-stream' } })).received;
      } catch (failure) {
        if (signal.aborted || !(failure instanceof Refusal) || failure.final || attempt === pauses.length) throw failure;
        status.textContent = `${failure.message} Trying again in ${pauses[attempt]} s; nothing that was sent is lost.`;
        await new Promise(done => setTimeout(done, 1000 * pauses[attempt]));
        if (signal.aborted) throw failure;
        try { offset = (await ask('GET', `/uploads/${id}`, { signal })).received[split]; } catch (again) { if (again.final) throw again; }
        if (offset >= file.size) return offset;
      }
    }
  };

  const send = async (mine, files) => {
    const signal = mine.aborter.signal;
    const announced = files.map(([split, file]) => ({ split, name: file.name, size: file.size, modified: file.lastModified }));
    const begun = await ask('POST', form.dataset.uploads, { signal, body: JSON.stringify({ files: announced }), headers: { 'Content-Type': 'application/json' } });
    mine.id = begun.id;
    const total = announced.reduce((sum, file) => sum + file.size, 0);
    const received = { ...begun.received };
    const sum = () => Object.values(received).reduce((all, one) => all + one, 0);
    const [startedAt, startedWith] = [performance.now(), sum()];
    const report = () => {
      const done = sum();
      const speed = (done - startedWith) / Math.max(0.5, (performance.now() - startedAt) / 1000);
      bar.value = done / total;
      status.textContent = `Sent ${readable(done)} of ${readable(total)} (${Math.floor(100 * done / total)} %)`
        + (speed > 0 && done < total ? `, ${readable(speed)}/s, about ${duration((total - done) / speed)} left` : '')
        + (startedWith > 0 ? `. Went on from ${readable(startedWith)}.` : '.');
    };
    report();
    for (const [split, file] of files)
      while (received[split] < file.size) {
        received[split] = await sendPiece(signal, begun.id, split, file, received[split], begun.pieceBytes);
        report();
      }
    const ended = await ask('POST', `/uploads/${begun.id}/end`, { signal });
    location.assign(`${form.dataset.uploads}/${ended.id}?from=upload`);
  };

  const onSubmit = async event => {
    event.preventDefault();
    if (current) return;
    errors.textContent = '';
    const files = inputs.filter(input => input.files.length > 0).map(input => [input.name, input.files[0]]);
    const tooLarge = files.map(([, file]) => file).find(file => file.size > limit);
    if (tooLarge) {
      refuse(`${tooLarge.name} has ${readable(tooLarge.size)}; the limit for one file is ${readable(limit)}. Split it.`);
      return;
    }
    const mine = current = { aborter: new AbortController() };
    show(true);
    bar.value = 0;
    try {
      await send(mine, files);
    } catch (failure) {
      if (mine.aborter.signal.aborted) return;
      refuse(failure instanceof Refusal
        ? failure.message + (failure.final ? '' : ' What was sent is kept: press Upload with the same files to go on.')
        : `The upload failed: ${failure.message}`);
    }
  };

  const onStop = async () => {
    const { id, aborter } = current ?? {};
    aborter?.abort();
    current = null;
    if (id) { try { await ask('DELETE', `/uploads/${id}`); } catch { /* The platform lets go of it by itself after some days. */ } }
    refuse('');
    status.textContent = 'The upload was cancelled; nothing was stored.';
  };

  const onDrag = event => { event.preventDefault(); zone.classList.toggle('drop-over', event.type === 'dragover'); };
  const onDrop = async event => { onDrag(event); if (!current) take((await entriesOf(event.dataTransfer)).map(entry => entry.file)); };

  form.addEventListener('submit', onSubmit);
  stop.addEventListener('click', onStop);
  for (const type of ['dragover', 'dragleave']) zone.addEventListener(type, onDrag);
  zone.addEventListener('drop', onDrop);
  zone.dataset.drop = 'ready';
  const handed = kept;
  kept = null;
  if (handed?.task === form.dataset.task && handed.files.length > 0) {
    take(handed.files);
    if (inputs.every(input => input.files.length > 0)) form.requestSubmit();
  }
  return {
    detach() {
      form.removeEventListener('submit', onSubmit);
      stop.removeEventListener('click', onStop);
      for (const type of ['dragover', 'dragleave']) zone.removeEventListener(type, onDrag);
      zone.removeEventListener('drop', onDrop);
      current?.aborter.abort();
    },
  };
}
