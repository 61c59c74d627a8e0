// Shows a participant in a drawer beside the list, with what the participant's own page shows. Notes are added and deleted
// there; all else leads to the pages that it leads to anyway. Without this script, and where loading the page fails, a name is
// a link to that page.
(() => {
  /** The longest wait for a response, for the browser to go back, and for the second press of a double click, in milliseconds. */
  const [PATIENCE, STEP_BACK, DOUBLE_CLICK] = [15_000, 500, 500];
  const drawer = document.getElementById('person');
  if (!drawer?.showModal) return;
  const part = (selector) => drawer.querySelector(selector);
  const [name, body, failed, asPage] = ['#person-name', '.drawer-body', '[data-failed]', '[data-page]'].map(part);
  /** The page of the person who is shown, and the number of the last attempt to show one. */
  let address = '';
  let newest = 0;
  let openedAt = 0;
  /** Notes that were typed and not sent, by the page of their person. */
  const drafts = new Map();
  /** Until then, the browser is on its way back in the history. */
  let settled = Promise.resolve();

  const links = () => [...document.querySelectorAll('#results a[data-person]')];
  const linkTo = (href) => links().find((link) => link.href === href);

  /** Returns the link to the person who is so many rows further down. */
  function neighbour(step) {
    const all = links();
    const at = all.findIndex((link) => link.href === address);
    return at < 0 ? undefined : all[at + Number(step)];
  }

  function keepDraft() {
    const field = part('textarea');
    if (field?.value) drafts.set(address, field.value);
    else if (field) drafts.delete(address);
  }

  /** Opens a page that can't be shown in the drawer, in its place in the history: from there, Back leads to the list. */
  const leaveFor = (href) => location.replace(href);

  async function load(href) {
    const response = await fetch(href, { headers: { accept: 'text/html' }, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    // Another language was chosen in another tab.
    if (page.documentElement.lang !== document.documentElement.lang) throw new Error('language');
    return page.getElementById('main');
  }

  /** Shows the content of the person's page; its heading is that of the drawer. */
  function put(main) {
    name.textContent = main.querySelector('h1').textContent;
    // Modules run once in a page: those that have run before are told.
    const modules = [...main.querySelectorAll('script[type="module"]')].map((script) => script.src);
    for (const one of main.querySelectorAll('.crumb, .page-header, script')) one.remove();
    body.replaceChildren(...main.childNodes);
    const exchanged = () => document.dispatchEvent(new Event('mini-compete:exchanged'));
    for (const module of modules) import(module).then(exchanged, () => {});
    body.removeAttribute('aria-busy');
    const field = part('textarea');
    if (field && !field.value) field.value = drafts.get(address) ?? '';
  }

  async function show(href) {
    keepDraft();
    newest += 1;
    const mine = newest;
    address = href;
    asPage.href = href;
    failed.hidden = true;
    name.textContent = linkTo(href)?.textContent ?? '';
    body.replaceChildren();
    body.setAttribute('aria-busy', 'true');
    for (const button of drawer.querySelectorAll('[data-step]')) button.disabled = !neighbour(button.dataset.step);
    const isOpen = drawer.open;
    if (!isOpen) {
      drawer.showModal();
      openedAt = performance.now();
    }
    // Or the button that was pressed leads no further.
    if (!isOpen || document.activeElement.disabled) name.focus();
    try {
      const main = await load(href);
      if (mine === newest) put(main);
    } catch {
      if (mine === newest) leaveFor(href);
    }
  }

  async function send(form) {
    keepDraft();
    const [mine, page] = [newest, address];
    body.setAttribute('aria-busy', 'true');
    failed.hidden = true;
    let response;
    try {
      // Answered with the address of the next page instead of a redirect, which would show the outcome to nobody.
      response = await fetch(form.getAttribute('action'), {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: new URLSearchParams(new FormData(form)),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      if (mine !== newest) return;
      body.removeAttribute('aria-busy');
      failed.hidden = false;
      return;
    }
    const next = response.headers.get('location');
    const comesBack = response.ok && next && new URL(next, location.href).href === page;
    // The page that comes back has what was typed if it was refused.
    if (comesBack && form.querySelector('textarea')) drafts.delete(page);
    if (mine !== newest) return;
    // The session has ended, perhaps, or there were too many requests: the page that says so keeps what was typed.
    if (!comesBack) return form.submit();
    try {
      const main = await load(page);
      if (mine !== newest) return;
      put(main);
      const outcome = part('.drawer-body :is([role="alert"], [role="status"])') ?? name;
      outcome.tabIndex = -1;
      outcome.focus();
    } catch {
      if (mine === newest) leaveFor(page);
    }
  }

  document.addEventListener('click', async (event) => {
    const link = event.target.closest?.('#results a[data-person]');
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented) return;
    event.preventDefault();
    await settled;
    // The back button of a phone closes the drawer.
    history.pushState({ person: link.href }, '');
    show(link.href);
  });

  drawer.addEventListener('click', ({ target, timeStamp }) => {
    const step = target.closest('[data-step]');
    const next = step && neighbour(step.dataset.step);
    if (next) {
      history.replaceState({ person: next.href }, '');
      show(next.href);
    } else if (target.closest('[data-close]')) {
      drawer.close();
    } else if (target === drawer && timeStamp - openedAt > DOUBLE_CLICK) {
      // Beside it, where also the second press of a double click on a name lands.
      drawer.close();
    }
  });

  drawer.addEventListener('submit', (event) => {
    if (!event.target.matches('[data-in-place]')) return;
    event.preventDefault();
    if (!body.hasAttribute('aria-busy')) send(event.target);
  });

  drawer.addEventListener('close', () => {
    keepDraft();
    newest += 1;
    body.replaceChildren();
    linkTo(address)?.focus();
    if (!history.state?.person) return;
    settled = new Promise((done) => {
      addEventListener('popstate', done, { once: true });
      setTimeout(done, STEP_BACK);
    });
    history.back();
  });

  /** Shows whom the history names, after a step in it or when the page is loaded again. */
  function follow() {
    const person = history.state?.person;
    if (person) show(person);
    else if (drawer.open) drawer.close();
  }

  addEventListener('popstate', follow);
  // The browser shows the list again as it was left, perhaps with a drawer that was being filled.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) follow();
  });
  if (history.state?.person) follow();
})();
