// Reads a bundle that was dropped or chosen: its folder, or an archive of it. Archives are unpacked here, file by file, and only the files that a bundle has.
import { entriesOf, keep, splitOf } from './upload.js';

const taskFile = 'task.json';
const header = 512; // Bytes of a tar archive's block.

class Refusal extends Error {}

const nameOf = path => path.slice(path.lastIndexOf('/') + 1);
const folderOf = path => path.slice(0, path.lastIndexOf('/') + 1);
const isHidden = path => path.split('/').some(part => (part.startsWith('.') && part !== '.') || part === '__MACOSX');
const isWanted = path => !isHidden(path) && (nameOf(path).toLowerCase() === taskFile || splitOf(nameOf(path)));
const text = (bytes, from, length) => new TextDecoder().decode(bytes.subarray(from, from + length)).split('\0')[0];
const view = async blob => new DataView(await blob.arrayBuffer());
const expand = (blob, method) => new Response(blob.stream().pipeThrough(new DecompressionStream(method))).blob();

async function unzip(archive) {
  const tail = await view(archive.slice(Math.max(0, archive.size - 65557)));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Refusal(`${archive.name} is no ZIP archive, or it is cut off. Pack the bundle again.`);
  const count = tail.getUint16(end + 10, true), size = tail.getUint32(end + 12, true), offset = tail.getUint32(end + 16, true);
  if (offset === 0xffffffff || count === 0xffff) throw new Refusal(`${archive.name} is too large for a ZIP archive that is read here. Drop the folder itself, or a .tar.gz of it.`);
  const list = await view(archive.slice(offset, offset + size));
  const found = [];
  for (let at = 0, index = 0; index < count; index++) {
    if (at + 46 > list.byteLength || list.getUint32(at, true) !== 0x02014b50) throw new Refusal(`${archive.name} is damaged. Pack the bundle again.`);
    const nameLength = list.getUint16(at + 28, true);
    const path = text(new Uint8Array(list.buffer), at + 46, nameLength);
    if (isWanted(path)) found.push({ path, flags: list.getUint16(at + 8, true), method: list.getUint16(at + 10, true), packed: list.getUint32(at + 20, true), local: list.getUint32(at + 42, true) });
    at += 46 + nameLength + list.getUint16(at + 30, true) + list.getUint16(at + 32, true);
  }
  return Promise.all(found.map(async entry => {
    if (entry.flags & 1) throw new Refusal(`${entry.path} is encrypted. Pack the bundle without a password.`);
    if (entry.method !== 0 && entry.method !== 8) throw new Refusal(`${entry.path} is packed in a way that browsers cannot read. Pack the bundle as an ordinary ZIP.`);
    const start = await view(archive.slice(entry.local, entry.local + 30));
    const from = entry.local + 30 + start.getUint16(26, true) + start.getUint16(28, true);
    const body = archive.slice(from, from + entry.packed);
    return { path: entry.path, body: entry.method === 0 ? body : await expand(body, 'deflate-raw') };
  }));
}

async function untar(archive, name) {
  const found = [];
  let long = null; // A name that does not fit into a block stands before its file.
  for (let at = 0; at + header <= archive.size;) {
    const bytes = new Uint8Array(await archive.slice(at, at + header).arrayBuffer());
    if (bytes.every(value => value === 0)) break;
    const size = parseInt(text(bytes, 124, 12), 8);
    if (text(bytes, 257, 5) !== 'ustar' || Number.isNaN(size)) throw new Refusal(`${name} is no tar archive, or it is damaged. Pack the bundle again.`);
    const type = String.fromCharCode(bytes[156]), prefix = text(bytes, 345, 155);
    const body = archive.slice(at + header, at + header + size);
    if (type === 'L') long = (await body.text()).replace(/\0+$/, '');
    else if (type === 'x') long = /\d+ path=(.*)\n/.exec(await body.text())?.[1] ?? long;
    else {
      const path = long ?? (prefix ? `${prefix}/${text(bytes, 0, 100)}` : text(bytes, 0, 100));
      if ((type === '0' || type === '\0') && isWanted(path)) found.push({ path, body });
      long = null;
    }
    at += header + Math.ceil(size / header) * header;
  }
  return found;
}

async function unpack(archive) {
  const name = archive.name.toLowerCase();
  const entries = name.endsWith('.zip') ? await unzip(archive)
    : name.endsWith('.tar') ? await untar(archive, archive.name)
    : await untar(await expand(archive, 'gzip'), archive.name);
  // The time is the archive's, so that an upload that broke off knows the files again.
  return entries.map(({ path, body }) => ({ path, file: new File([body], nameOf(path), { lastModified: archive.lastModified }) }));
}

// The files of one bundle.
async function bundleOf(entries) {
  if (entries.length === 1 && /\.(zip|tar|tgz|tar\.gz)$/i.test(entries[0].path)) entries = await unpack(entries[0].file);
  const wanted = entries.filter(entry => isWanted(entry.path));
  const tasks = wanted.filter(entry => nameOf(entry.path).toLowerCase() === taskFile);
  if (tasks.length === 0) throw new Refusal(`There is no ${taskFile} in it. A bundle has ${taskFile}, train.jsonl, validation.jsonl and test.jsonl.`);
  if (tasks.length > 1) throw new Refusal(`It holds ${tasks.length} bundles (${tasks.map(entry => folderOf(entry.path) || entry.path).join(', ')}). Drop one of them.`);
  const folder = folderOf(tasks[0].path);
  return { task: tasks[0].file, data: wanted.filter(entry => entry !== tasks[0] && folderOf(entry.path) === folder).map(entry => entry.file) };
}

export function attach(zone, page) {
  let data = [];
  const take = async find => {
    try {
      const bundle = await bundleOf(await find());
      data = bundle.data;
      await page.invokeMethodAsync('TakeAsync', DotNet.createJSStreamReference(bundle.task), data.map(file => file.name), data.map(file => splitOf(file.name)));
    } catch (failure) {
      data = [];
      await page.invokeMethodAsync('RefuseAsync', failure instanceof Refusal ? failure.message : `It could not be unpacked: ${failure.message}. Pack the bundle again, or drop its folder.`);
    }
  };
  const onDrag = event => { event.preventDefault(); zone.classList.toggle('drop-over', event.type === 'dragover'); };
  const onDrop = event => { onDrag(event); const entries = entriesOf(event.dataTransfer); take(() => entries); };
  const onChange = event => {
    const files = [...event.target.files];
    event.target.value = ''; // The same choice again, after the bundle was mended, is a change too.
    if (files.length > 0) take(() => files.map(file => ({ path: file.webkitRelativePath || file.name, file })));
  };
  for (const type of ['dragover', 'dragleave']) zone.addEventListener(type, onDrag);
  zone.addEventListener('drop', onDrop);
  zone.addEventListener('change', onChange);
  zone.dataset.drop = 'ready';
  return {
    // The upload page, which comes next in this tab, sends them.
    handOver(task) { keep(task, data); },
    detach() {
      for (const type of ['dragover', 'dragleave']) zone.removeEventListener(type, onDrag);
      zone.removeEventListener('drop', onDrop);
      zone.removeEventListener('change', onChange);
    },
  };
}
