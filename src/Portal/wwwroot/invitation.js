// The code of an invitation is in the fragment, which browsers never send by themselves. It leaves the address bar at once.
const code = location.hash.slice(1);
const field = document.getElementById('invitation-code');
if (field && code) {
  history.replaceState(null, '', location.pathname);
  field.value = code;
  field.form.requestSubmit();
}
