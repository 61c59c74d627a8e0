// Keeps parts of a page up to date; their selectors are in the `data-refresh` of this script. The page is loaded again every
// five seconds while somebody looks at it, and twice as seldom after each failure. Where `data-events` is the address of a
// competition's event stream, it is loaded again when the stream tells of a newer revision of the results than `data-revision`,
// and every five seconds only while there is no stream. With it, once a minute is enough for what the revision does not count, as
// a walkover after a cancelled registration. A part that is being used stays as it is until it is not. Without this script the page
// shows the moment at which it was loaded.
(() => {
  const { refresh, events, revision } = document.currentScript.dataset;
  const selectors = refresh.split(' ');
  /** The time between two requests, the longest time after failures, and the longest wait for a response. */
  const [PAUSE, LONGEST, PATIENCE] = [5000, 60_000, 15_000];
  /** Thousands who learn of new standings at once ask for them one after the other within this time. */
  const SPREAD = 1500;
  let pause = PAUSE;
  let timer;
  let loadedAt = Date.now();
  /** Whether a stream says when to load the page. */
  let streams = false;
  /** The revision of the results that the page shows, and the newest one that the stream has told of. */
  let shownRevision = Number(revision ?? 0);
  let newestRevision = shownRevision;

  /** Somebody types into the part, or is about to press something in it. */
  function isUsed(part) {
    return part.contains(document.activeElement) || part.querySelector(':is(a, button, input, select, summary):hover') !== null;
  }

  /** Loads the page and shows the parts. */
  async function load() {
    const asked = location.href;
    const options = { headers: { accept: 'text/html' }, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) };
    const response = await fetch(asked, options);
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    // Another search may have been typed meanwhile.
    if (location.href !== asked) return;
    let used = false;
    for (const selector of selectors) {
      const [part, fresh] = [document.querySelector(selector), page.querySelector(selector)];
      if (!part || !fresh || part.innerHTML === fresh.innerHTML) continue;
      if (isUsed(part)) used = true;
      else part.innerHTML = fresh.innerHTML;
    }
    // Another process may have made the page just before it learnt of the publication.
    const loaded = page.querySelector('script[data-revision]');
    if (!used && loaded) shownRevision = Number(loaded.dataset.revision);
  }

  async function again() {
    clearTimeout(timer);
    const isOld = Date.now() - loadedAt >= LONGEST;
    if (!document.hidden && (!streams || isStale() || isOld)) {
      try {
        await load();
        loadedAt = Date.now();
        pause = PAUSE;
      } catch {
        pause = Math.min(2 * pause, LONGEST);
      }
    }
    clearTimeout(timer);
    timer = setTimeout(again, pause);
  }

  function isStale() {
    return shownRevision < newestRevision;
  }

  function listen() {
    const source = new EventSource(events);
    source.addEventListener('seats', (event) => {
      streams = true;
      const { resultsRevision } = JSON.parse(event.data);
      if (resultsRevision <= newestRevision) return;
      newestRevision = resultsRevision;
      clearTimeout(timer);
      timer = setTimeout(again, Math.random() * SPREAD);
    });
    source.addEventListener('error', () => {
      streams = false;
      // A refused stream stays closed.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, LONGEST);
    });
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && isStale()) again();
  });
  timer = setTimeout(again, pause);
  if (events) listen();
})();
