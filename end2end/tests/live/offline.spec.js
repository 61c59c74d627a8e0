// Pages without a network: what was opened before can be read on this device, and nothing of it after the log-out.

import { expect, test } from '../../support/test.js';
import { registerButton } from '../../support/steps.js';
import { unique } from '../../support/test-data.js';

test.use({ serviceWorkers: 'allow' });

test.beforeEach(({ monitor }) => {
  monitor.allow(/Failed to (load|fetch)|ERR_/);
});

/** Waits until the service worker handles the requests of the page. */
const whenControlled = (page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => {
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
      });
    }
  });

/** Opens the account's registrations, and waits until they are kept. */
async function keepRegistrations(page) {
  await whenControlled(page);
  await page.goto('/me/registrations');
  await expect.poll(() => page.evaluate(async () => Boolean(await caches.match('/me/registrations')))).toBe(true);
}

/** Returns the addresses of what is kept for an account. */
const kept = (page) =>
  page.evaluate(async () => {
    if (!(await caches.has('personal'))) return [];
    const requests = await (await caches.open('personal')).keys();
    return requests.map((request) => new URL(request.url).pathname);
  });

test('registrations that were opened can be read offline until the log-out', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Offline Open');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open('/', { serviceWorkers: 'allow' });
  await keepRegistrations(page);
  await expect(page.locator('#saved-copy')).toBeHidden();

  await page.context().setOffline(true);
  await page.goto('/me/registrations');
  await expect(page.getByText(title)).toBeVisible();
  await expect(page.locator('#saved-copy'), 'says that it may be old').toBeVisible();
  await page.goto(`/competitions/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re offline");
  await expect(page.getByText(title)).toHaveCount(0);

  await page.context().setOffline(false);
  await page.goto('/me/registrations');
  await expect(page.locator('#saved-copy'), 'the network comes first').toBeHidden();
  await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await page.context().setOffline(true);
  await page.goto('/me/registrations');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re offline");
  await expect(page.getByText(title)).toHaveCount(0);
  expect(await kept(page)).toEqual([]);
});

test('the ticket that follows a registration can be shown offline', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Offline Ticket'));
  const page = await (await accounts.participant()).open(`/competitions/${id}`, { serviceWorkers: 'allow' });
  await whenControlled(page);
  await registerButton(page).click();
  await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  const ticket = new URL(page.url()).pathname;
  await expect.poll(() => kept(page)).toContain(ticket);
  await page.context().setOffline(true);
  await page.goto(ticket);
  await expect(page.getByRole('img', { name: 'QR code for check-in' })).toBeVisible();
  await expect(page.locator('#saved-copy')).toBeVisible();
});

test('a ticket of the list can be shown offline although it was never opened', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Offline List'));
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open('/', { serviceWorkers: 'allow' });
  await keepRegistrations(page);
  const ticket = await page.locator('[data-own-list] a[href^="/me/registrations/"]').first().getAttribute('href');
  await expect.poll(() => kept(page)).toContain(ticket);
  await page.context().setOffline(true);
  await page.goto(ticket);
  await expect(page.getByRole('img', { name: 'QR code for check-in' })).toBeVisible();

  await page.context().setOffline(false);
  await page.goto('/me/registrations');
  await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  expect(await kept(page), 'nothing is left after the log-out').toEqual([]);
});

test('what was kept is gone when the session was ended elsewhere', async ({ accounts }) => {
  const participant = await accounts.participant();
  const page = await participant.open('/', { serviceWorkers: 'allow' });
  await keepRegistrations(page);
  expect(await kept(page)).toContain('/me/registrations');
  await participant.submit('logout', {});
  await page.goto('/competitions');
  await expect.poll(() => kept(page)).toEqual([]);
  await page.context().setOffline(true);
  await page.goto('/me/registrations');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re offline");
});

test('what was kept is gone after the end of the session, also without a network', async ({ accounts }) => {
  const participant = await accounts.participant();
  const page = await participant.open('/', { serviceWorkers: 'allow' });
  await keepRegistrations(page);
  await page.evaluate(async () => {
    const cache = await caches.open('personal');
    const session = await (await cache.match('/session')).text();
    await cache.put('/session', new Response(`${session.split(';')[0]};${Math.floor(Date.now() / 1000) - 1}`));
  });
  await page.context().setOffline(true);
  await page.goto('/me/registrations');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re offline");
  expect(await kept(page)).toEqual([]);
});

test('another account on the same device does not find what was kept', async ({ accounts }) => {
  const first = await accounts.participant();
  const second = await accounts.participant();
  const page = await first.open('/', { serviceWorkers: 'allow' });
  await keepRegistrations(page);
  const other = await second.open('/', { serviceWorkers: 'block' });
  await page.context().clearCookies();
  await page.context().addCookies(await other.context().cookies());
  await page.goto('/competitions');
  await expect.poll(() => kept(page)).toEqual(['/session']);
});

test('a page that was never opened is explained in the language of the last page', async ({ page }) => {
  await page.goto('/?lang=de');
  await whenControlled(page);
  await page.goto('/competitions');
  await page.context().setOffline(true);
  await page.goto('/login');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Du bist offline');
  const ground = await page.evaluate(() => getComputedStyle(document.querySelector('.button.primary')).backgroundColor);
  expect(ground, 'the style sheet is there').not.toBe('rgba(0, 0, 0, 0)');
  await page.context().setOffline(false);
  await page.reload();
  await expect(page.getByTestId('login-form')).toBeVisible();
});

test('the manifest names icons that exist, and a shortcut to the registrations', async ({ page }) => {
  await page.goto('/');
  const address = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = await (await page.request.get(address)).json();
  expect(manifest.shortcuts.map((shortcut) => shortcut.url)).toContain('/me/registrations');
  const purposes = [];
  for (const icon of manifest.icons) {
    const response = await page.request.get(icon.src);
    expect(response.headers()['content-type'], icon.src).toBe(icon.type);
    purposes.push(`${icon.sizes} ${icon.purpose}`);
  }
  expect(purposes).toEqual(expect.arrayContaining(['192x192 any', '512x512 any', '512x512 maskable']));
});
