// Reports what is being typed a moment after the last key: by itself a field does so only when it is left, and a restart may come before that.
const pause = 600;

export function attach(mark) {
  const form = mark.closest('form, .mud-dialog') ?? mark.parentElement;
  let timer = 0;
  const follow = field => {
    // Half of a number, such as "0.", must not be read.
    const isText = field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === 'text' && !['numeric', 'decimal'].includes(field.inputMode));
    if (!isText) return;
    clearTimeout(timer);
    timer = setTimeout(() => field.dispatchEvent(new Event('change', { bubbles: true })), pause);
  };
  const onInput = event => {
    if (!event.isComposing) follow(event.target);
  };
  form.addEventListener('input', onInput);
  // What was typed before this arrived.
  if (form.contains(document.activeElement)) follow(document.activeElement);
  return {
    detach() {
      clearTimeout(timer);
      form.removeEventListener('input', onInput);
    },
  };
}
