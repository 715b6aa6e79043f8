// Sends the form with a progress bar. Without this module the browser sends the form itself.
const sizes = ['B', 'KB', 'MB', 'GB'];

function readable(bytes) {
  let unit = 0;
  while (bytes >= 1000 && unit < sizes.length - 1) { bytes /= 1000; unit++; }
  return `${bytes.toFixed(unit ? 1 : 0)} ${sizes[unit]}`;
}

export function attach(form) {
  const bar = form.querySelector('progress');
  const status = form.querySelector('[role=status]');
  const errors = form.querySelector('[role=alert]');
  const button = form.querySelector('button[type=submit]');
  const limit = Number(form.dataset.maxBytes);
  let request = null;

  const refuse = text => {
    errors.textContent = text;
    status.textContent = '';
    bar.hidden = true;
    button.disabled = false;
    request = null;
  };

  const send = event => {
    event.preventDefault();
    if (request) return;
    errors.textContent = '';
    const tooLarge = [...form.querySelectorAll('input[type=file]')].flatMap(input => [...input.files]).find(file => file.size > limit);
    if (tooLarge) {
      refuse(`${tooLarge.name} has ${readable(tooLarge.size)}; the limit for one file is ${readable(limit)}. Split it.`);
      return;
    }

    button.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('RequestVerificationToken', form.querySelector('input[name=__RequestVerificationToken]').value);
    request.upload.onprogress = progress => {
      if (!progress.lengthComputable) return;
      bar.value = progress.loaded / progress.total;
      status.textContent = progress.loaded < progress.total
        ? `Sent ${readable(progress.loaded)} of ${readable(progress.total)} (${Math.floor(100 * progress.loaded / progress.total)} %)`
        : 'Sent; the platform is reading the rows …';
    };
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* Not ours: the status below says enough. */ }
      if (request.status < 300 && answer.location) location.assign(answer.location);
      else refuse(answer.detail ?? `The upload failed (status ${request.status}). ${request.status === 401 ? 'Sign in again and repeat it.' : 'Try again.'}`);
    };
    request.onerror = () => refuse('The connection broke before the upload ended; nothing was stored. Try again.');
    request.send(new FormData(form));
  };

  form.addEventListener('submit', send);
  return {
    detach() {
      form.removeEventListener('submit', send);
      request?.abort();
    },
  };
}
