// Keeps parts of a page up to date that has no event stream: their selectors are in the `data-refresh` of this script. The
// page is loaded again every five seconds while somebody looks at it, and twice as seldom after each failure. A part that is
// being used stays as it is. Without this script the page shows the moment at which it was loaded.
(() => {
  const selectors = document.currentScript.dataset.refresh.split(' ');
  /** The time between two requests, the longest time after failures, and the longest wait for a response. */
  const [PAUSE, LONGEST, PATIENCE] = [5000, 60_000, 15_000];
  let pause = PAUSE;

  function isUsed(part) {
    return part.contains(document.activeElement) || part.matches(':hover');
  }

  async function load() {
    if (document.hidden) return;
    const asked = location.href;
    const options = { headers: { accept: 'text/html' }, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) };
    const response = await fetch(asked, options);
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    // Another search may have been typed meanwhile.
    if (location.href !== asked) return;
    for (const selector of selectors) {
      const [part, fresh] = [document.querySelector(selector), page.querySelector(selector)];
      if (part && fresh && !isUsed(part) && part.innerHTML !== fresh.innerHTML) part.innerHTML = fresh.innerHTML;
    }
  }

  async function again() {
    try {
      await load();
      pause = PAUSE;
    } catch {
      pause = Math.min(2 * pause, LONGEST);
    }
    setTimeout(again, pause);
  }

  setTimeout(again, pause);
})();
