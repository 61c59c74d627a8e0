// Keeps the choice of a division ([data-divisions]) up to date while its page is open. The registration panel follows the
// seats of the competition; when they change, this asks for those of the divisions, every ten seconds at most, and only
// while the page is looked at. What was chosen stays chosen. Without this script the choice is the one of the moment at
// which the page was loaded, and the server says if a division is full by then.
(() => {
  const choice = document.querySelector('[data-divisions]');
  const seats = document.querySelector('.live-seats');
  if (!choice || !seats || !window.MutationObserver) return;
  const address = `/api/v1/competitions/${choice.dataset.divisions}/divisions`;
  /** The shortest time between two requests, and by how much more not all open pages ask at once, in milliseconds. */
  const [PAUSE, SPREAD] = [10_000, 5_000];
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const hasWaitlist = 'waitlist' in choice.dataset;
  let waiting = false;
  let asked = 0;

  function show({ id, seatsLeft, waitlisted }) {
    const shown = choice.querySelector(`[data-division="${id}"]`);
    if (!shown || seatsLeft === undefined) return;
    const words = shown.querySelector('[data-division-seats]');
    if (words) words.textContent = words.dataset.divisionSeats.replace('{left}', number.format(seatsLeft));
    const isFull = seatsLeft <= waitlisted;
    shown.querySelector('[data-division-full]').textContent = isFull ? choice.dataset.full : '';
    const input = shown.querySelector('input');
    input.disabled = isFull && !hasWaitlist;
  }

  async function load() {
    waiting = false;
    if (document.hidden) return;
    asked = Date.now();
    try {
      const response = await fetch(address, { headers: { accept: 'application/json' } });
      if (response.ok) (await response.json()).items.forEach(show);
    } catch {
      // The panel says that the connection is lost, and the next change asks again.
    }
  }

  function changed() {
    if (waiting) return;
    waiting = true;
    const next = Math.max(0, asked + PAUSE - Date.now()) + Math.random() * SPREAD;
    setTimeout(load, asked ? next : Math.random() * 1_000);
  }

  // After an edit by the organizer, the panel exchanges the choices (`page_refresh.rs`).
  let chosen = choice.querySelector(':checked')?.value;
  choice.addEventListener('change', ({ target }) => (chosen = target.value));
  const chooseAgain = () => {
    const input = chosen && choice.querySelector(`input[value="${chosen}"]`);
    if (input && !choice.querySelector(':checked')) input.checked = true;
  };
  new MutationObserver(chooseAgain).observe(choice, { childList: true });

  new MutationObserver(changed).observe(seats, { characterData: true, childList: true, subtree: true });
  document.addEventListener('visibilitychange', () => document.hidden || changed());
})();
