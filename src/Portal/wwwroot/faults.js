// Leads to what is wrong with a form: its first faulty field may be far above the button that was pressed.
const patience = 10000; // Milliseconds until an answer that says what is wrong.

const lead = form => {
  const answer = new MutationObserver(() => {
    const fault = form.querySelector('[aria-invalid="true"], [role="alert"]');
    if (!fault) return;
    end();
    if (fault.matches('input, textarea')) fault.focus();
    else fault.scrollIntoView({ block: 'center' });
  });
  const timer = setTimeout(() => end(), patience);
  const end = () => { clearTimeout(timer); answer.disconnect(); };
  answer.observe(form, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-invalid'] });
};

document.addEventListener('submit', event => lead(event.target), true);

// Buttons that check a form without sending it.
document.addEventListener('click', event => {
  const button = event.target.closest('button[data-checks]');
  if (button?.form) lead(button.form);
}, true);
