// What islands add to pages. Everything else works without JavaScript and is tested in tests/pages.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registerForm, registrationStatus, seatsLeft, waitForIslands } from '../../support/steps.js';

/** Marks the document, so that `isMarked` shows whether it was replaced. */
const mark = (page) => page.evaluate(() => { window.sameDocument = true; });
const isMarked = (page) => page.evaluate(() => window.sameDocument === true);

test('the seat count changes on every open page without a reload', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Ticking'), { capacity: '2', waitlistEnabled: 'on' });
  const dashboard = await organizer.open(`/organize/${id}`);
  await page.goto(`/competitions/${id}`);
  for (const each of [page, dashboard]) {
    await waitForIslands(each);
    await expect(seatsLeft(each)).toHaveText('2');
    await mark(each);
  }

  const participant = await accounts.participant();
  const guestPage = await participant.open(`/competitions/${id}`);
  await registerButton(guestPage).click();
  await expect(registrationStatus(guestPage)).toContainText("You’re in!");
  for (const each of [page, dashboard]) await expect(seatsLeft(each)).toHaveText('1');

  await (await accounts.participant()).register(id);
  await (await accounts.participant()).register(id);
  for (const each of [page, dashboard]) {
    await expect(seatsLeft(each)).toHaveText('0');
    await expect(each.getByText('1 waiting')).toBeVisible();
    expect(await isMarked(each), 'no reload').toBe(true);
  }
  await expect(
    page.getByRole('status').filter({ hasText: /No open seat is left/ }),
    'announced to screen readers',
  ).toBeAttached();
});

test('a seat that becomes free is offered on the open page of a full competition', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Freed'), { capacity: '1' });
  const holder = await accounts.participant();
  await holder.register(id);
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(page.getByText('Every seat is taken')).toBeVisible();
  const holderPage = await holder.open(`/competitions/${id}`);
  await holderPage.getByRole('link', { name: 'Cancel registration' }).click();
  await holderPage.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(flashMessage(holderPage)).toContainText('Your registration is cancelled');
  await expect(page.getByRole('heading', { name: 'A seat just opened' })).toBeVisible();
  await expect(registerButton(page)).toBeVisible();
});

test('a registration while offline takes one seat when the network is back', async ({ accounts, monitor }) => {
  monitor.allow(/ERR_INTERNET_DISCONNECTED/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Tunnel'), { capacity: '5' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await page.context().setOffline(true);
  await registerButton(page).click();
  await expect(registerForm(page).getByRole('status')).toContainText('Retrying');
  await registerButton(page).click({ force: true });
  await page.context().setOffline(false);
  await expect(registrationStatus(page)).toContainText("You’re in!", { timeout: 30_000 });
  await page.goto('/me/registrations');
  await expect(page.getByTestId('registration')).toHaveCount(1);
});

test('a registration whose response is lost takes one seat, and shows it', async ({ accounts, monitor }) => {
  monitor.allow(/ERR_(CONNECTION_RESET|FAILED)/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Lost Answer'), { capacity: '5' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  const keys = [];
  await page.route('**/act/register', async (route) => {
    keys.push(new URLSearchParams(route.request().postData()).get('idempotencyKey'));
    if (keys.length > 2) return route.continue();
    const response = await route.fetch();
    expect(response.ok(), 'the server accepted it').toBe(true);
    return route.abort('connectionreset');
  });
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!", { timeout: 30_000 });
  await expect(page).toHaveURL(/\/me\/registrations\//, { timeout: 30_000 });
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('4');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size, 'one idempotency key').toBe(1);
});

test('a double click sends one request', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Double Click'), { capacity: '5' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  let requests = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/act/register')) requests += 1;
  });
  await registerButton(page).dblclick();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  expect(requests).toBe(1);
});

test('cancelling asks in a dialog, which Escape and "Keep it" close', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Dialog'));
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  const dialog = page.getByRole('dialog', { name: 'Cancel your registration?' });
  const open = page.getByRole('link', { name: 'Cancel registration' });
  await open.click();
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(open, 'the focus returns').toBeFocused();
  await open.click();
  await dialog.getByRole('link', { name: 'Keep it' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(`/competitions/${id}`);
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test('search results and the address change while typing', async ({ page }) => {
  await page.goto('/competitions');
  await waitForIslands(page);
  await mark(page);
  await page.getByLabel('Search').pressSequentially('chess');
  await expect(page.getByTestId('result-count')).toHaveText('1 competition');
  await expect(page).toHaveURL(/\/competitions\?search=chess/);
  await expect(page.getByLabel('Search')).toBeFocused();
  expect(await isMarked(page)).toBe(true);
  await page.reload();
  await expect(page.getByLabel('Search')).toHaveValue('chess');
  await expect(page.getByTestId('result-count')).toHaveText('1 competition');
});

test('the chosen theme is remembered and applied before the first paint', async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  await waitForIslands(page);
  const light = await background();
  await page.getByRole('button', { name: 'Theme: automatic' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await background()).not.toBe(light);
  await page.goto('/competitions', { waitUntil: 'commit' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await background()).not.toBe(light);
  await page.getByRole('button', { name: 'Theme: dark' }).click();
  await expect(page.getByRole('button', { name: 'Theme: automatic' })).toBeVisible();
  expect(await background()).toBe(light);
});

test("times are shown in the visitor's zone, which is named", async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Zones'), { startsAt: '2031-01-15T22:30', regDeadline: '2031-01-10T09:00' });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(page.locator('time[datetime="2031-01-15T22:30:00Z"]').last()).toContainText('23:30');
  await expect(page.getByRole('contentinfo')).toContainText('Europe/Berlin');
});

test('opening a message marks it as read', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Read Me');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open('/me/mailbox');
  await expect(async () => {
    await page.reload();
    await expect(page.getByTestId('message')).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByTestId('message').click();
  await expect(page.getByRole('button', { name: 'Mark as read' })).toHaveCount(0);
  await expect(async () => {
    await page.goto('/me/mailbox');
    await expect(page.getByTestId('unread-count')).toHaveCount(0, { timeout: 500 });
  }).toPass();
});
