// Loading of pages: size budgets, caching, preloading, and layout shifts.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { expect, test } from '../../support/test.js';
import { DEMO } from '../../support/test-data.js';
import { logIn, waitForIslands } from '../../support/steps.js';

const KB = 1024;

/** Loads a page. Returns the transferred bytes by kind. */
async function transferredBytes(page, address) {
  const sizes = [];
  const collect = (request) => {
    sizes.push(request.sizes().then((size) => ({
      type: request.resourceType(),
      path: new URL(request.url()).pathname,
      bytes: size.responseBodySize,
    })));
  };
  page.on('requestfinished', collect);
  await page.goto(address);
  await waitForIslands(page);
  page.off('requestfinished', collect);
  const loaded = await Promise.all(sizes);
  const sum = (test) => loaded.filter(test).reduce((total, { bytes }) => total + bytes, 0);
  return {
    document: sum(({ type }) => type === 'document'),
    css: sum(({ path }) => path.endsWith('.css')),
    bundle: sum(({ path }) => /\.(js|wasm)$/.test(path)),
  };
}

/** Returns the address of a ticket of whom the page shows. */
async function ownTicket(page) {
  await page.goto('/me/registrations');
  await page.getByRole('link', { name: /^Ticket for/ }).first().click();
  await page.waitForURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  return page.url();
}

test('a first visit stays within the budget: document 14 KB, CSS 12 KB, bundle 120 KB, compressed', async ({ page }) => {
  const first = await transferredBytes(page, '/');
  expect(first.css, 'CSS').toBeGreaterThan(0);
  expect(first.css, 'CSS').toBeLessThan(12 * KB);
  expect(first.bundle, 'bundle').toBeGreaterThan(0);
  expect(first.bundle, 'bundle').toBeLessThan(120 * KB);
  const documents = { '/': first.document };
  for (const address of ['/competitions', '/login', '/signup']) {
    documents[address] = (await transferredBytes(page, address)).document;
  }
  const link = page.getByRole('article').getByRole('link').first();
  await page.goto('/competitions');
  const competition = await link.getAttribute('href');
  documents[competition] = (await transferredBytes(page, competition)).document;
  await page.goto('/login');
  await logIn(page, DEMO.participant);
  const ticket = new URL(await ownTicket(page)).pathname;
  documents[ticket] = (await transferredBytes(page, ticket)).document;
  await page.context().clearCookies();
  await page.goto('/login');
  await logIn(page, DEMO.organizer);
  for (const address of ['/organize', '/organize/new', '/me/mailbox', '/me/registrations']) {
    documents[address] = (await transferredBytes(page, address)).document;
  }
  test.info().annotations.push({ type: 'bytes', description: JSON.stringify({ ...first, documents }) });
  for (const [address, bytes] of Object.entries(documents)) {
    expect(bytes, address).toBeGreaterThan(0);
    expect(bytes, address).toBeLessThan(14 * KB);
  }
});

test('scripts do not block rendering, and immutable files are cached', async ({ page }) => {
  await page.goto('/');
  await waitForIslands(page);
  const blocking = await page.locator('head script[src]:not([type=module]):not([defer]):not([async])').count();
  expect(blocking, 'scripts that block rendering').toBe(0);
  const responses = [];
  page.on('response', (response) => responses.push(response));
  await page.goto('/competitions');
  await waitForIslands(page);
  for (const response of responses.filter((it) => it.url().includes('/pkg/'))) {
    expect(response.headers()['cache-control'], response.url()).toContain('immutable');
  }
});

test('the bundle is loaded after the first paint, each file once', async ({ page }) => {
  await page.goto('/');
  await waitForIslands(page);
  const { painted, files } = await page.evaluate(() => ({
    painted: performance.getEntriesByName('first-paint')[0].startTime,
    files: performance.getEntriesByType('resource').filter(({ name }) => /\.(js|wasm)$/.test(name))
      .map(({ name, startTime }) => ({ name, startTime })),
  }));
  expect(files.map(({ name }) => name.split('.').at(-1)).sort()).toEqual(['js', 'wasm']);
  for (const { name, startTime } of files) expect(startTime, name).toBeGreaterThanOrEqual(painted);
});

for (const [name, viewport] of [
  ['desktop', { width: 1280, height: 800 }],
  ['phone', { width: 390, height: 844 }],
]) {
  test(`a page has no layout shift while it loads (${name})`, async ({ page, accounts }) => {
    await page.setViewportSize(viewport);
    await page.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if (entry.hadRecentInput) continue;
          window.shifts.push({
            value: entry.value,
            parent: entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 120) ?? String(node)),
          });
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto('/competitions');
    const competition = await page.getByRole('article').getByRole('link').first().getAttribute('href');
    const addresses = ['/', '/competitions', competition, '/login', '/signup'];
    const visit = async (address, most) => {
      await page.goto(address);
      await waitForIslands(page);
      // Two frames, so that changes by islands are laid out and reported.
      const shifts = await page.evaluate(
        () => new Promise((done) => {
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.shifts))));
        }),
      );
      const total = shifts.reduce((sum, { value }) => sum + value, 0);
      expect(total, `${address}: ${JSON.stringify(shifts)}`).toBeLessThanOrEqual(most);
    };
    for (const address of addresses) await visit(address, 0.01);
    await page.goto('/login');
    await logIn(page, DEMO.organizer);
    const organizer = await accounts.logIn(DEMO.organizer);
    const mine = /\/organize\/[0-9a-f-]{36}/.exec(await organizer.html('/organize'))[0];
    for (const address of ['/organize', mine, `${mine}/registrations`, '/organize/new', '/me/mailbox']) await visit(address, 0.01);
  });
}

test('nothing moves when a document arrives in parts', async ({ page, baseURL, monitor }) => {
  // Between the page and the server: it passes everything on, and documents in two parts.
  const proxy = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url, baseURL));
    const body = Buffer.from(await answer.arrayBuffer());
    const type = answer.headers.get('content-type');
    response.writeHead(answer.status, { 'content-type': type });
    if (!type.startsWith('text/html')) return response.end(body);
    response.write(body.subarray(0, body.indexOf('class="languages"') - 5));
    setTimeout(() => response.end(body.subarray(body.indexOf('class="languages"') - 5)), 500);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  monitor.allow(/another host/);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.addInitScript(() => {
    window.moved = 0;
    const observer = new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) window.moved += value;
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
  try {
    await page.goto(`http://127.0.0.1:${proxy.address().port}/login`);
    await waitForIslands(page);
    const moved = await page.evaluate(
      () => new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.moved))));
      }),
    );
    expect(moved).toBeLessThanOrEqual(0.01);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
});

for (const event of ['pageswap', 'pagereveal']) {
  test(`going elsewhere while a page opens is no error (${event})`, async ({ page, monitor }) => {
    await page.addInitScript((event) => {
      const step = event === 'pageswap' ? '/' : '/competitions';
      addEventListener(event, ({ viewTransition }) => {
        if (!viewTransition || location.pathname !== step || sessionStorage.left) return;
        sessionStorage.left = 'once';
        location.href = '/signup';
      });
    }, event);
    await page.goto('/');
    await waitForIslands(page);
    await page.getByRole('link', { name: 'Competitions', exact: true }).first().click({ noWaitAfter: true });
    await page.waitForURL('/signup');
    await waitForIslands(page);
    expect(await page.evaluate(() => sessionStorage.left), 'a transition between pages').toBe('once');
    // The browser reports a rejected promise that nobody handles.
    monitor.verify();
  });
}
