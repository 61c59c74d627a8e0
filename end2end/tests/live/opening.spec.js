// The living panel: an open page follows the opening, seats, promotions and edits, and never contradicts itself.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registerForm, registrationStatus, seatsLeft, waitForIslands } from '../../support/steps.js';

/** Marks the document, so that `isMarked` shows whether it was replaced. */
const mark = (page) => page.evaluate(() => { window.sameDocument = true; });
const isMarked = (page) => page.evaluate(() => window.sameDocument === true);
const badge = (page) => page.locator('.competition-head .badge');
const panel = (page) => page.locator('aside.panel');
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

test('the button unlocks at the second of the opening, without a reload', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Opening'), { opensAt: inSeconds(12) });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await expect(badge(page)).toHaveText('Opens soon');
  await expect(registerButton(page)).toBeDisabled();
  await expect(panel(page)).toContainText(/In 0 min \d\d s/);
  await expect(page.getByTestId('ready-check')).toContainText('You are logged in');
  await expect(page.getByTestId('ready-check')).toContainText('You are online');
  await expect(registerButton(page)).toBeEnabled({ timeout: 15_000 });
  await expect(badge(page)).toHaveText('Open');
  await expect(page.getByTestId('ready-check')).toHaveCount(0);
  expect(await isMarked(page), 'no reload').toBe(true);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText('You have a seat');
});

test('before the opening a stranger can log in ahead, and is reminded by the calendar', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Ahead'), { opensAt: inSeconds(3600) });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(page.getByTestId('ready-check').getByRole('link', { name: /Log in now/ }))
    .toHaveAttribute('href', `/login?next=%2Fcompetitions%2F${id}`);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Add the opening to your calendar' }).click();
  expect((await download).suggestedFilename()).toBe('opening.ics');
});

test('a page that fills up offers the waitlist before it is pressed', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Filling'), { capacity: '1', waitlistEnabled: 'on' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(registerButton(page)).toHaveText('Register');
  await (await accounts.participant()).register(id);
  await expect(seatsLeft(page)).toHaveText('0');
  await expect(registerButton(page)).toHaveText('Join the waitlist');
  await expect(badge(page)).toHaveText('Waitlist');
  await expect(panel(page)).toContainText('You would be the first in the queue');
});

test('a promotion and its message reach the open page, and the unread badge moves', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Promoted'), { capacity: '1', waitlistEnabled: 'on' });
  const holder = await accounts.participant();
  await holder.register(id);
  const waiting = await accounts.participant();
  await waiting.register(id);
  const page = await waiting.open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await expect(registrationStatus(page)).toContainText('Number 1 on the waitlist');
  const unread = async () => Number(await page.getByTestId('unread-count').textContent());
  await expect(page.getByTestId('unread-count')).toBeVisible();
  const before = await unread();
  const holderPage = await holder.open(`/competitions/${id}`);
  await holderPage.getByRole('link', { name: 'Give the seat back' }).click();
  await holderPage.getByRole('button', { name: 'Yes, give the seat back' }).click();
  await expect(flashMessage(holderPage)).toContainText('given back');
  await expect(registrationStatus(page)).toContainText('You moved up from the waitlist');
  await expect.poll(unread).toBeGreaterThan(before);
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('the button goes away at the deadline', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Deadline'), { regDeadline: inSeconds(8) });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(registerButton(page)).toBeEnabled();
  await expect(registerForm(page)).toHaveCount(0, { timeout: 12_000 });
  await expect(badge(page)).toHaveText('Registration closed');
  await expect(panel(page)).toContainText('Registration is closed');
});

test("an organizer's edit reaches the open page", async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Edited'), { capacity: '4' });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  const title = unique('Renamed');
  await organizer.submit('edit-competition', {
    competitionId: id,
    title,
    description: 'Made by a test.',
    capacity: '40',
    startsAt: inSeconds(20 * 86_400),
    regDeadline: inSeconds(10 * 86_400),
    opensAt: inSeconds(86_400),
    location: 'Elsewhere',
    status: 'PUBLISHED',
  });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(badge(page)).toHaveText('Opens soon');
  await expect(registerButton(page)).toBeDisabled();
  await expect(page.locator('.competition-body')).toContainText('Elsewhere');
  expect(await isMarked(page), 'no reload').toBe(true);
});
