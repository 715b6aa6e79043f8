// A table that is wider than its frame scrolls inside of it. Such a frame has to be reached by keyboard, and one that does not scroll must not.
const frames = '.mud-table-container';

function mark(frame) {
  const scrolls = frame.scrollWidth > frame.clientWidth + 1 && getComputedStyle(frame).overflowX !== 'visible';
  if (scrolls === frame.hasAttribute('tabindex')) return;
  if (!scrolls) { for (const name of ['tabindex', 'role', 'aria-label']) frame.removeAttribute(name); return; }
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', frame.querySelector('caption')?.textContent.trim() || frame.closest('section')?.getAttribute('aria-label') || 'Table');
}

const sizes = new ResizeObserver(entries => entries.forEach(entry => mark(entry.target.matches(frames) ? entry.target : entry.target.closest(frames) ?? entry.target)));
const watched = new WeakSet();

function watch() {
  for (const frame of document.querySelectorAll(frames)) {
    if (watched.has(frame)) continue;
    watched.add(frame);
    sizes.observe(frame);
    if (frame.firstElementChild) sizes.observe(frame.firstElementChild);
  }
}

let asked = false;
new MutationObserver(() => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; watch(); });
}).observe(document.body, { childList: true, subtree: true });
watch();
