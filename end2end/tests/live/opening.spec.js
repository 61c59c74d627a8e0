// The living panel: an open page follows the opening, seats, promotions and edits, and never contradicts itself.

import { expect, test } from '../../support/test.js';
import { inDays, inSeconds, unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registerForm, registrationStatus, seatsLeft, waitForIslands } from '../../support/steps.js';

/** Marks the document, so that `isMarked` shows whether it was replaced. */
const mark = (page) => page.evaluate(() => { window.sameDocument = true; });
const isMarked = (page) => page.evaluate(() => window.sameDocument === true);
const badge = (page) => page.locator('.competition-head .badge');
const panel = (page) => page.locator('aside.panel');
const unreadCount = (page) => page.getByTestId('unread-count');

/** Records in each frame what the page says about one and the same thing. */
const record = (page) => page.evaluate(() => {
  const seen = new Set();
  const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? null;
  const look = () => {
    const button = document.querySelector('[data-testid=register-form] button');
    seen.add(JSON.stringify({
      badge: text('.competition-head .badge'),
      phase: document.querySelector('.competition').dataset.phase,
      seats: text('[data-testid=seats-left]'),
      button: button && `${button.textContent.trim()}${button.disabled ? ' (locked)' : ''}`,
      words: text('#register-hint'),
    }));
    requestAnimationFrame(look);
  };
  look();
  window.recorded = () => [...seen].map((line) => JSON.parse(line));
});

/** What a page may say together, for a visitor without a registration. */
function expectConsistent({ badge: shown, phase, seats, button, words }) {
  const allowed = {
    'Opens soon': ['OpensSoon', () => true, ['Register (locked)'], /unlocks by itself/],
    Open: ['Open', (n) => n > 1, ['Register'], /confirmed instantly/],
    'Few left': ['FewLeft', (n) => n > 0, ['Register'], new RegExp(`The last seat|Only ${seats} seats left|registers first`)],
    Waitlist: ['Waitlist', (n) => n === 0, ['Join the waitlist'], /No open seat is left/],
    Full: ['Full', (n) => n === 0, [null], /no waitlist/],
    'Registration closed': ['Closed', () => true, [null], /deadline has passed/],
    Cancelled: ['Cancelled', () => true, [null], /has cancelled/],
  }[shown];
  const line = JSON.stringify({ shown, phase, seats, button, words });
  expect(allowed, line).toBeTruthy();
  const [itsPhase, seatsFit, buttons, itsWords] = allowed;
  expect(phase, line).toBe(itsPhase);
  if (seats !== null) expect(seatsFit(Number(seats)), line).toBe(true);
  expect(buttons, line).toContain(button);
  expect(words, line).toMatch(itsWords);
}

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
  await expect(page.getByText('Registration opens', { exact: true })).toBeVisible();
  await expect(registerButton(page)).toBeEnabled({ timeout: 20_000 });
  await expect(badge(page)).toHaveText('Open');
  await expect(page.getByTestId('ready-check')).toBeHidden();
  await expect(page.getByText('Registration opened', { exact: true })).toBeVisible();
  await expect(page.getByText('Registration opens', { exact: true })).toBeHidden();
  expect(await isMarked(page), 'no reload').toBe(true);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test("the countdown and the opening follow the server's clock and not the visitor's", async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  const id = await organizer.createCompetition(unique('Fast Clock'), { opensAt: inSeconds(10) });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(panel(page)).toContainText(/In 0 min \d\d s/);
  await expect(registerButton(page)).toBeDisabled();
  await expect(badge(page)).toHaveText('Opens soon');
  await expect(registerButton(page)).toBeEnabled({ timeout: 20_000 });
});

test('a press that comes a moment too early takes a seat at the opening', async ({ accounts, monitor }) => {
  monitor.allow(/status of 409/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Too Early'), { opensAt: inSeconds(10) });
  const participant = await accounts.participant();
  const page = await participant.open('/');
  // The page takes the clock of the server for a second and a half ahead.
  await page.route('**/api/v1/time', async (route) => {
    const serverTime = new Date(Date.now() + 1_500).toISOString();
    await route.fulfill({ json: { serverTime } });
  });
  const statuses = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/act/register')) statuses.push(response.status());
  });
  await page.goto(`/competitions/${id}`);
  await expect(registerButton(page)).toBeEnabled({ timeout: 20_000 });
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  expect(statuses[0], 'too early at first').toBe(409);
  expect(statuses.at(-1)).toBe(200);
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('9');
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
  expect((await download).suggestedFilename()).toMatch(/^ahead-\w+-registration\.ics$/);
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
  await expect(panel(page)).toContainText('You would be first on the waitlist');
});

test('badge, seats, words and button agree in every frame while everything changes', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Changing');
  const id = await organizer.createCompetition(title, { capacity: '3', opensAt: inSeconds(6) });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await record(page);
  await expect(registerButton(page)).toBeEnabled({ timeout: 20_000 });
  const holders = [await accounts.participant(), await accounts.participant(), await accounts.participant()];
  for (const [taken, holder] of holders.entries()) {
    await holder.register(id);
    await expect(seatsLeft(page)).toHaveText(String(2 - taken));
  }
  await expect(badge(page)).toHaveText('Full');
  const registrations = await holders[0].html(`/competitions/${id}`);
  const [, registrationId] = /registrations\/([0-9a-f-]{36})\/cancel/.exec(registrations);
  await holders[0].submit('cancel-registration', { registrationId });
  await expect(panel(page)).toContainText('A seat just opened');
  await holders[0].register(id);
  await expect(badge(page)).toHaveText('Full');
  const edited = {
    competitionId: id,
    title,
    capacity: '3',
    waitlistEnabled: 'on',
    startsAt: inDays(20),
    status: 'PUBLISHED',
    notify: 'no',
  };
  await organizer.submit('edit-competition', { ...edited, regDeadline: inDays(10) });
  await expect(badge(page)).toHaveText('Waitlist');
  await organizer.submit('edit-competition', { ...edited, regDeadline: inSeconds(4) });
  await expect(badge(page)).toHaveText('Registration closed', { timeout: 20_000 });
  await organizer.submit('call-off-competition', { competitionId: id });
  await expect(badge(page)).toHaveText('Cancelled');
  const recorded = await page.evaluate(() => window.recorded());
  expect(recorded.length).toBeGreaterThan(6);
  recorded.forEach(expectConsistent);
});

test('a promotion and its message reach the open page, and the unread badge moves', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Promoted'), { capacity: '1', waitlistEnabled: 'on' });
  const holder = await accounts.participant();
  await holder.register(id);
  const waiting = await accounts.participant();
  const page = await waiting.open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  await expect(registrationStatus(page)).toContainText('Number 1 on the waitlist');
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  const unread = async () => Number(await unreadCount(page).textContent());
  await expect(unreadCount(page)).toBeVisible();
  const before = await unread();
  const holderPage = await holder.open(`/competitions/${id}`);
  await holderPage.getByRole('link', { name: 'Cancel registration' }).click();
  await holderPage.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(flashMessage(holderPage)).toContainText('Your registration is cancelled');
  await expect(registrationStatus(page)).toContainText('You moved up from the waitlist');
  await expect.poll(unread).toBeGreaterThan(before);
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('reading a message in one window takes it off the badge of another', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Two Windows'));
  const participant = await accounts.participant();
  const page = await participant.open('/competitions');
  await waitForIslands(page);
  await mark(page);
  await expect(unreadCount(page)).toHaveCount(0);
  await participant.register(id);
  await expect(unreadCount(page)).toHaveText('1');
  const mailbox = await participant.open('/me/mailbox');
  await mailbox.getByTestId('message').click();
  await expect(unreadCount(page)).toHaveCount(0);
  await expect(unreadCount(mailbox)).toHaveCount(0);
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('the lists of registrations and messages follow what happens elsewhere', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Listed');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  const pages = [await participant.open('/me/registrations'), await participant.open('/me/mailbox')];
  for (const page of pages) {
    await waitForIslands(page);
    await mark(page);
  }
  await participant.register(id);
  const [registrations, mailbox] = pages;
  await expect(registrations.getByTestId('registration')).toContainText(title);
  await expect(registrations.getByTestId('registration')).toHaveAttribute('data-status', 'CONFIRMED');
  await expect(mailbox.getByTestId('message')).toHaveCount(1);
  for (const page of pages) expect(await isMarked(page), 'no reload').toBe(true);
});

test('a registration in one window shows in the other', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Same Person'));
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await participant.register(id);
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await expect(registerForm(page)).toHaveCount(0);
  await expect(panel(page)).toContainText('Your confirmation is in your mailbox');
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('the button goes away at the deadline', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Deadline'), { regDeadline: inSeconds(8) });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(registerButton(page)).toBeEnabled();
  await expect(page.getByText(/closes in 0 min/)).toBeVisible();
  await expect(registerForm(page)).toHaveCount(0, { timeout: 15_000 });
  await expect(badge(page)).toHaveText('Registration closed');
  await expect(panel(page)).toContainText('Registration is closed');
  await expect(page.locator('.countdown')).toBeHidden();
});

test("an organizer's edit reaches the open page", async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Edited'), { capacity: '4', tags: 'chess' });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  const banner = page.locator('.competition-banner');
  const palette = await banner.getAttribute('data-palette');
  const cover = await banner.locator('img').getAttribute('src');
  const title = unique('Renamed');
  await organizer.submit('edit-competition', {
    competitionId: id,
    title,
    description: 'Made by a test.',
    capacity: '40',
    startsAt: inDays(20),
    regDeadline: inDays(10),
    opensAt: inSeconds(86_400),
    location: 'Elsewhere',
    tags: 'running',
    status: 'PUBLISHED',
  });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(banner, 'the colours are those of the new cover').not.toHaveAttribute('data-palette', palette);
  await expect(banner.locator('img')).not.toHaveAttribute('src', cover);
  await expect(badge(page)).toHaveText('Opens soon');
  await expect(registerButton(page)).toBeDisabled();
  await expect(page.locator('.competition-body')).toContainText('Elsewhere');
  expect(await isMarked(page), 'no reload').toBe(true);
});
