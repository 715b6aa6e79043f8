// Starts Blazor, and tries for as long as it takes to reach a server that is away; by itself it would give up after some minutes.
const interval = 2000; // Milliseconds.

const dialog = document.getElementById('components-reconnect-modal');

dialog.addEventListener('components-reconnect-state-changed', event => {
  if (event.detail.state === 'show' && !dialog.open) dialog.showModal();
  else if (event.detail.state === 'hide') dialog.close();
  // The server was started anew and does not know this page any more; forms bring back what was typed.
  else if (event.detail.state === 'rejected') location.reload();
});

// Behind the dialog is a page that answers to nothing.
dialog.addEventListener('cancel', event => event.preventDefault());

Blazor.start({ circuit: { reconnectionOptions: { maxRetries: Infinity, retryIntervalMilliseconds: interval } } });
