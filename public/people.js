// The checkbox in the head of the list of participants, which selects everybody on the page. Without this script it is not
// shown, and a link does the same.
(() => {
  const all = () => document.querySelector('[data-select-page]');
  const boxes = () => [...document.querySelectorAll('input[name="ids[]"]')];

  function show() {
    const box = all();
    if (!box) return;
    const chosen = boxes().filter((one) => one.checked).length;
    box.hidden = false;
    box.checked = chosen > 0 && chosen === boxes().length;
    box.indeterminate = chosen > 0 && !box.checked;
  }

  document.addEventListener('change', ({ target }) => {
    if (target === all()) for (const box of boxes()) box.checked = target.checked;
    if (target.matches('[data-select-page], input[name="ids[]"]')) show();
  });
  // Another list takes the place of this one while a search is typed.
  const results = document.getElementById('results');
  if (results) new MutationObserver(show).observe(results, { childList: true });
  show();
})();
