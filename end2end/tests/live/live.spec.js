// What JavaScript adds. Everything else works without it and is tested in tests/pages.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/people.js';
import { alive, outcome, registerButton, registerForm, seatsLeft, status } from '../../support/steps.js';

/** Whether the page is still the same document. */
const mark = (page) => page.evaluate(() => { window.sameDocument = true; });
const isMarked = (page) => page.evaluate(() => window.sameDocument === true);

test('seats tick in every open page without a reload', async ({ page, people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Ticking'), { capacity: '2', waitlistEnabled: 'on' });
  const dashboard = await organizer.opens(`/organize/${id}`);
  await page.goto(`/competitions/${id}`);
  for (const each of [page, dashboard]) {
    await alive(each);
    await expect(seatsLeft(each)).toHaveText('2');
    await mark(each);
  }

  const guest = await people.newcomer();
  const theirs = await guest.opens(`/competitions/${id}`);
  await registerButton(theirs).click();
  await expect(status(theirs)).toContainText('You have a seat');
  for (const each of [page, dashboard]) await expect(seatsLeft(each)).toHaveText('1');

  await (await people.newcomer()).registers(id);
  await (await people.newcomer()).registers(id);
  for (const each of [page, dashboard]) {
    await expect(seatsLeft(each)).toHaveText('0');
    await expect(each.getByText('1 waiting')).toBeVisible();
    expect(await isMarked(each), 'no reload').toBe(true);
  }
  await expect(
    page.getByRole('status').filter({ hasText: /Every seat is taken/ }),
    'said to those who do not see it',
  ).toBeAttached();
});

test('a seat that becomes free on a full page is offered there', async ({ page, people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Freed'), { capacity: '1' });
  const holder = await people.newcomer();
  await holder.registers(id);
  await page.goto(`/competitions/${id}`);
  await alive(page);
  await expect(page.getByText('Every seat is taken')).toBeVisible();
  const theirs = await holder.opens(`/competitions/${id}`);
  await theirs.getByRole('link', { name: 'Give the seat back' }).click();
  await theirs.getByRole('button', { name: 'Yes, give the seat back' }).click();
  await expect(outcome(theirs)).toContainText('given back');
  await page.getByRole('link', { name: /A seat is free/ }).click();
  await expect(registerButton(page)).toBeVisible();
});

test('a press while offline takes one seat as soon as the network is back', async ({ people, witness }) => {
  witness.expect(/ERR_INTERNET_DISCONNECTED/);
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Tunnel'), { capacity: '5' });
  const person = await people.newcomer();
  const page = await person.opens(`/competitions/${id}`);
  await alive(page);
  await page.context().setOffline(true);
  await registerButton(page).click();
  await expect(registerForm(page).getByRole('status')).toContainText('Trying again');
  await registerButton(page).click({ force: true });
  await page.context().setOffline(false);
  await expect(status(page)).toContainText('You have a seat', { timeout: 30_000 });
  await expect(outcome(page)).toContainText('You have a seat');
  await expect(seatsLeft(page)).toHaveText('4');
  await page.goto('/me/registrations');
  await expect(page.getByTestId('registration')).toHaveCount(1);
});

test('a press whose answer is lost on the way takes one seat, and says that it did', async ({ people, witness }) => {
  witness.expect(/ERR_(CONNECTION_RESET|FAILED)/);
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Lost Answer'), { capacity: '5' });
  const person = await people.newcomer();
  const page = await person.opens(`/competitions/${id}`);
  await alive(page);
  const keys = [];
  await page.route('**/act/register', async (route) => {
    keys.push(new URLSearchParams(route.request().postData()).get('idempotencyKey'));
    if (keys.length > 2) return route.continue();
    const answer = await route.fetch();
    expect(answer.ok(), 'the server took it').toBe(true);
    return route.abort('connectionreset');
  });
  await registerButton(page).click();
  await expect(outcome(page)).toContainText('You have a seat', { timeout: 30_000 });
  await expect(seatsLeft(page)).toHaveText('4');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size, 'one key').toBe(1);
});

test('a double click sends one request', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Double Click'), { capacity: '5' });
  const person = await people.newcomer();
  const page = await person.opens(`/competitions/${id}`);
  await alive(page);
  let requests = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/act/register')) requests += 1;
  });
  await registerButton(page).dblclick();
  await expect(status(page)).toContainText('You have a seat');
  expect(requests).toBe(1);
});

test('giving back asks in a dialog, which Escape and "Keep it" close', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Dialog'));
  const person = await people.newcomer();
  await person.registers(id);
  const page = await person.opens(`/competitions/${id}`);
  await alive(page);
  const dialog = page.getByRole('dialog', { name: 'Give it back?' });
  const open = page.getByRole('link', { name: 'Give the seat back' });
  await open.click();
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(open, 'back where one was').toBeFocused();
  await open.click();
  await dialog.getByRole('link', { name: 'Keep it' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(`/competitions/${id}`);
  await expect(status(page)).toContainText('You have a seat');
});

test('results follow while typing, and so does the address', async ({ page }) => {
  await page.goto('/competitions');
  await alive(page);
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

test('the theme switch is remembered, before the first paint', async ({ page }) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  await alive(page);
  const light = await paper();
  await page.getByRole('button', { name: 'Theme: automatic' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await paper()).not.toBe(light);
  await page.goto('/competitions', { waitUntil: 'commit' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('button', { name: 'Theme: dark' })).toBeVisible();
  expect(await paper()).not.toBe(light);
  await page.getByRole('button', { name: 'Theme: dark' }).click();
  await expect(page.getByRole('button', { name: 'Theme: automatic' })).toBeVisible();
  expect(await paper()).toBe(light);
});

test("times are shown in the visitor's zone, which is named", async ({ page, people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Zones'), { startsAt: '2031-01-15T22:30', regDeadline: '2031-01-10T09:00' });
  await page.goto(`/competitions/${id}`);
  await alive(page);
  await expect(page.locator('time[datetime="2031-01-15T22:30:00Z"]').last()).toContainText('23:30');
  await expect(page.getByRole('contentinfo')).toContainText('Europe/Berlin');
});

test('an opened message is marked as read by itself', async ({ people }) => {
  const organizer = await people.organizer();
  const title = unique('Read Me');
  const id = await organizer.offers(title);
  const person = await people.newcomer();
  await person.registers(id);
  const page = await person.opens('/me/mailbox');
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
