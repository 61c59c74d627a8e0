// Keeps the control room ([data-control-room]) up to date: follows the event stream of its competition, and exchanges
// the parts of the page that have changed, once a second at most. It is no part of the browser bundle, so that only this
// page loads it. Without it the page has a link that loads it again.
(() => {
  const room = document.querySelector('[data-control-room]');
  if (!room || !window.EventSource) return;
  const connection = room.querySelector('[data-connection]');
  const age = room.querySelector('[data-age]');
  const reload = room.querySelector('[data-reload]');
  const newer = room.querySelector('[data-newer]');
  /** How long numbers are shown without asking for newer ones, and how long a closed stream stays closed. */
  const [LONGEST, CLOSED] = [5000, 10_000];
  /** The time of the server is that of this page plus this, in milliseconds. */
  let offset = Number(room.dataset.now) - Date.now();
  let changed = false;
  let loading = false;
  let loadedAt = Date.now();
  let listenedAt;
  let source;

  /** Shows whether the numbers are up to date. */
  function show(state) {
    if (room.dataset.state === state) return;
    room.dataset.state = state;
    connection.textContent = room.dataset[state];
    reload.hidden = state === 'live';
    if (state === 'live') age.textContent = '';
  }

  /** Writes a number of seconds as a clock does. */
  function clock(seconds) {
    const two = (number) => String(number).padStart(2, '0');
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return `${hours ? `${hours}:` : ''}${two(minutes)}:${two(seconds % 60)}`;
  }

  function tick() {
    for (const shown of room.querySelectorAll('[data-clock]')) {
      const passed = (Date.now() + offset - Number(shown.dataset.clock)) / 1000;
      const seconds = shown.dataset.clockKind === 'until' ? Math.ceil(-passed) : Math.floor(passed);
      // An opening that has come is shown by the next page.
      if (seconds < 0) changed = true;
      shown.textContent = clock(Math.max(0, seconds));
    }
    const waited = Date.now() - loadedAt;
    if (room.dataset.state === 'lost') age.textContent = clock(Math.floor(waited / 1000));
    if (document.hidden) return;
    // The browser tries again by itself, except after a refusal.
    if (source.readyState === EventSource.CLOSED && Date.now() - listenedAt > CLOSED) listen();
    if (!loading && (changed || waited > LONGEST)) load();
  }

  /** Says how many registrations have come since the list was held. */
  function count(part, fresh) {
    const newest = part.querySelector('li')?.innerHTML;
    const rows = [...fresh.querySelectorAll('li')];
    const at = rows.findIndex((row) => row.innerHTML === newest);
    const number = at < 0 ? rows.length : at;
    newer.textContent = number ? `+${number}` : '';
  }

  /** Returns whether the organizer reads or uses a part, which therefore stays as it is. */
  function isHeld(part) {
    const focused = document.activeElement;
    const isUsed = part.contains(focused) && !focused.matches('summary');
    return isUsed || ('holds' in part.dataset && part.matches(':hover'));
  }

  /** Shows a part anew. Its table stays open, where it was, and in focus. */
  function exchange(part, fresh) {
    const isOpen = part.querySelector('details')?.open;
    const scrolled = part.querySelector('.table-box')?.scrollTop;
    const isFocused = part.contains(document.activeElement);
    part.innerHTML = fresh.innerHTML;
    if (isOpen) part.querySelector('details').open = true;
    if (scrolled) part.querySelector('.table-box').scrollTop = scrolled;
    if (isFocused) part.querySelector('summary').focus({ preventScroll: true });
  }

  async function load() {
    [loading, changed] = [true, false];
    try {
      const options = { headers: { accept: 'text/html' }, redirect: 'error', signal: AbortSignal.timeout(15_000) };
      const response = await fetch(location.href, options);
      if (!response.ok) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const next = page.querySelector('[data-control-room]');
      if (!next) throw new Error('another page');
      offset = Number(next.dataset.now) - Date.now();
      for (const part of room.querySelectorAll('[data-part]')) {
        const fresh = next.querySelector(`[data-part=${part.dataset.part}]`);
        if (!fresh) continue;
        const isHeldNow = isHeld(part);
        if ('holds' in part.dataset) count(isHeldNow ? part : fresh, fresh);
        if (!isHeldNow && part.innerHTML !== fresh.innerHTML) exchange(part, fresh);
      }
      loadedAt = Date.now();
      if (source.readyState === EventSource.OPEN) show('live');
    } catch {
      show('lost');
    } finally {
      loading = false;
    }
  }

  function listen() {
    listenedAt = Date.now();
    source = new EventSource(room.dataset.controlRoom);
    source.addEventListener('open', () => { show('live'); changed = true; });
    source.addEventListener('error', () => show('lost'));
    source.addEventListener('seats', () => { changed = true; });
    source.addEventListener('deleted', () => location.reload());
  }

  // The question about more seats opens in a dialog, as those of links do.
  room.querySelector('.room-add')?.addEventListener('submit', (event) => {
    event.preventDefault();
    const form = event.target;
    const link = document.createElement('a');
    link.href = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    link.dataset.confirm = '';
    form.append(link);
    link.click();
    link.remove();
  });
  document.addEventListener('visibilitychange', () => {
    source.close();
    if (!document.hidden) listen();
  });
  listen();
  setInterval(tick, 1000);
})();
