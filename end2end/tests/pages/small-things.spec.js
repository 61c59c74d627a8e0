// Small things that people stumbled over, each once.

import ICAL from 'ical.js';

import { expect, test } from '../../support/test.js';
import { DEMO, inDays, unique } from '../../support/test-data.js';
import { flashMessage, waitForMessage } from '../../support/steps.js';

test('leaving the waitlist speaks of the waitlist, and cancelled registrations are not earlier ones', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Full House');
  const full = await organizer.createCompetition(title, { capacity: '1', waitlistEnabled: 'on' });
  await (await accounts.participant()).register(full);
  const calledOff = await organizer.createCompetition(unique('Called Off'));
  const participant = await accounts.participant();
  await participant.register(full);
  await participant.register(calledOff);
  await organizer.submit('call-off-competition', { competitionId: calledOff });
  const page = await participant.open('/me/registrations');
  await expect(page.getByRole('region', { name: 'Upcoming' })).toContainText(title);
  await expect(page.getByRole('region', { name: 'Cancelled' })).toContainText('Called Off');
  await expect(page.getByRole('region', { name: 'Earlier' })).toHaveCount(0);
  await page.getByRole('link', { name: `Leave waitlist of ${title}` }).click();
  await expect(page.getByRole('heading', { name: 'Leave the waitlist?' })).toBeVisible();
  await page.getByRole('button', { name: 'Yes, leave waitlist' }).click();
  await expect(flashMessage(page)).toContainText('You left the waitlist');
  await expect(page.getByRole('region', { name: 'Cancelled' })).toContainText(title);
});

test('cancelling a competition says how many with a seat and how many on the waitlist will be told', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Two and One'), { capacity: '2', waitlistEnabled: 'on' });
  for (let n = 0; n < 3; n += 1) await (await accounts.participant()).register(id);
  const page = await organizer.open(`/organize/${id}`);
  await page.getByRole('link', { name: 'Cancel competition' }).click();
  await expect(page.getByText('2 people with a seat will be told. 1 person on the waitlist will be told.')).toBeVisible();
});

test('a participant who wants to organize learns what it takes', async ({ accounts, monitor }) => {
  monitor.allow(/status of 403/);
  const participant = await accounts.logIn(DEMO.participant);
  const page = await participant.open('/organize');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You can’t organize competitions yet");
  await expect(page.getByRole('main')).toContainText('Tell the administrators of this site what you want to organize');
  await expect(page.getByRole('button', { name: 'Ask to become an organizer' })).toBeVisible();
});

test('a slash too much and a page beyond the last one lead to the list', async ({ page, accounts }) => {
  await page.goto('/competitions/');
  await expect(page).toHaveURL('/competitions');
  await page.goto('/competitions?perPage=3&page=99');
  await expect(page).toHaveURL(/\/competitions\?.*\bpage=(?!99\b)\d+\b/);
  expect(await page.getByRole('article').count()).toBeGreaterThan(0);
  const organizer = await accounts.logIn(DEMO.organizer);
  const organize = await organizer.open('/organize?page=99');
  await expect(organize).toHaveURL('/organize?page=1');
  await expect(organize.getByRole('table')).toBeVisible();
});

test('the calendar file is valid, has no marks, reminds, and is named after the competition', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Kite, Wind & Sea');
  const id = await organizer.createCompetition(title, {
    description: '## Bring\n\n- a **kite**\n- [the rules](https://rules.example/a)',
    startsAt: '2031-01-15T10:00',
    endsAt: '2031-01-15T12:30',
    regDeadline: '2031-01-10T09:00',
    timeZone: 'Europe/Copenhagen',
  });
  const response = await page.request.get(`/competitions/${id}/calendar.ics`);
  expect(response.headers()['content-disposition']).toMatch(/filename="kite-wind-sea-\S+\.ics"/);
  const calendar = new ICAL.Component(ICAL.parse(await response.text()));
  const [event] = calendar.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  expect(event.summary).toBe(title);
  expect(event.location).toBe('Testville');
  expect(event.startDate.toJSDate().toISOString()).toBe('2031-01-15T09:00:00.000Z');
  expect(event.endDate.toJSDate().toISOString()).toBe('2031-01-15T11:30:00.000Z');
  expect(event.description).toContain('Wednesday, 15 January 2031 at 10:00 CET (09:00 UTC)');
  expect(event.description).toContain('Bring\n\n- a kite\n- the rules (https://rules.example/a)');
  expect(event.description).toContain(`/competitions/${id}`);
  const alarms = event.component.getAllSubcomponents('valarm');
  expect(alarms.map((alarm) => alarm.getFirstPropertyValue('trigger').toSeconds())).toEqual([-86_400, -3_600]);
  const stamp = event.component.getFirstPropertyValue('dtstamp').toJSDate();
  expect(Math.abs(stamp - Date.now())).toBeLessThan(60_000);
  const sequence = event.sequence;
  await (await accounts.participant()).register(id);
  const again = new ICAL.Component(ICAL.parse(await (await page.request.get(`/competitions/${id}/calendar.ics`)).text()));
  expect(new ICAL.Event(again.getFirstSubcomponent('vevent')).sequence, 'a registration changes no entry').toBe(sequence);
});

test('links to scripts, pictures and bare addresses in a description end up as something useful', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Links'), {
    description: '[Press me](javascript:alert(1))\n\n![The track](https://e.example/track.png)\n\nSee https://e.example/rules.',
  });
  await page.goto(`/competitions/${id}`);
  const text = page.locator('.prose');
  await expect(text).toContainText('Press me');
  await expect(text.getByRole('link')).toHaveCount(2);
  await expect(text.getByRole('link', { name: 'The track' })).toHaveAttribute('href', 'https://e.example/track.png');
  await expect(text.getByRole('link', { name: 'https://e.example/rules' })).toHaveAttribute('href', 'https://e.example/rules');
});

test('the API documentation keeps status codes whole and has an example of each request', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto('/api/docs');
  const codes = page.locator('th.status');
  const heights = await codes.evaluateAll((cells) => cells.map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return range.getClientRects().length;
  }));
  expect(heights.length).toBeGreaterThan(50);
  expect(heights.every((lines) => lines === 1), 'each on one line').toBe(true);
  const signup = page.locator('article:has(p > code:text-is("/api/v1/auth/signup"))');
  await signup.getByText('Example', { exact: true }).click();
  await expect(signup.locator('pre')).toContainText('curl "$URL/api/v1/auth/signup"');
});

test('a title of characters that nobody can see is refused', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const page = await organizer.open('/organize/new');
  const form = page.getByTestId('competition-form');
  await form.getByLabel('Title').fill('\u200b\u3164\u2800\ufeff');
  await form.getByLabel('Starts').fill(inDays(20));
  await form.getByLabel('Registration closes').fill(inDays(10));
  await form.getByLabel('Seats', { exact: true }).fill('3');
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(form.getByLabel('Title')).toHaveAccessibleDescription(/Enter a title/);
});

test('a search that finds nothing says so once', async ({ page }) => {
  await page.goto('/competitions?search=no-such-thing-anywhere');
  await expect(page.getByText('No match', { exact: true })).toBeVisible();
  await expect(page.getByTestId('result-count')).toHaveText('No competitions');
  await expect(page.getByTestId('result-count').locator('.sr-only')).toHaveCount(1);
});

test('a cancelled competition offers no calendar, and one shares the address of a page by mail', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Rained Off'));
  await page.goto(`/competitions/${id}`);
  await expect(page.getByRole('link', { name: 'Add to calendar' })).toBeVisible();
  const share = await page.getByRole('link', { name: 'Share', exact: true }).getAttribute('href');
  expect(new URL(share).searchParams.get('body')).toMatch(new RegExp(`^http://.+/competitions/${id}$`));
  await organizer.submit('call-off-competition', { competitionId: id });
  await page.goto(`/competitions/${id}`);
  await expect(page.getByRole('complementary')).toContainText('has cancelled this competition');
  await expect(page.getByRole('link', { name: 'Add to calendar' })).toHaveCount(0);
});

test('the list of competitions has a description and one address for search engines', async ({ page, baseURL }) => {
  await page.goto('/competitions?utm_source=elsewhere');
  const description = page.locator('meta[name=description]');
  await expect(description).toHaveCount(1);
  expect((await description.getAttribute('content')).length).toBeGreaterThan(40);
  await expect(page.locator('link[rel=canonical]')).toHaveAttribute('href', new URL('/competitions', baseURL).href);
});

test('each state that the list can be filtered by shows competitions of that state alone', async ({ page }) => {
  await page.goto('/competitions');
  const states = page.getByRole('main').getByLabel('Status').locator('option');
  const values = await states.evaluateAll((options) => options.map((option) => option.value).filter((value) => /^[A-Z_]+$/.test(value)));
  expect(values.length).toBeGreaterThan(8);
  let shown = 0;
  for (const value of values) {
    await page.goto(`/competitions?status=${value}`);
    const phases = await page.getByRole('article').evaluateAll((cards) => cards.map((card) => card.dataset.phase));
    const kind = value.replaceAll('_', '').toLowerCase();
    // Open is what takes registrations.
    const expected = kind === 'open' ? ['open', 'fewleft', 'waitlist'] : [kind];
    for (const phase of phases) expect(expected, value).toContain(phase.toLowerCase());
    shown += phases.length;
  }
  expect(shown).toBeGreaterThan(5);
});

test('where the seat is confirmed, nothing says that the confirmation is still on its way', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const title = unique('Confirmed at Once');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`, { javaScriptEnabled });
  await page.getByTestId('register-form').getByRole('button').click();
  await expect(page).toHaveURL(/\/me\/registrations\//);
  const ticket = page.url();
  await waitForMessage(page, title);
  await page.goto(ticket);
  await expect(page.getByRole('main')).not.toContainText('on its way');
  await page.goto(`/competitions/${id}`);
  await expect(page.getByRole('main')).not.toContainText('on its way');
});

test('the figures of an organizer do not count what was cancelled', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const [kept, cancelled] = [await organizer.createCompetition(unique('Kept')), await organizer.createCompetition(unique('Cancelled'))];
  const participant = await accounts.participant();
  for (const id of [kept, cancelled]) await participant.register(id);
  const page = await organizer.open('/organize', { javaScriptEnabled });
  const recent = page.locator('.tiles > div').filter({ hasText: 'Registrations, last 24 hours' }).locator('dd').first();
  // The number, before what the chart beside it says.
  await expect(recent).toHaveText(/^2(?!\d)/);
  await organizer.submit('call-off-competition', { competitionId: cancelled });
  await page.reload();
  await expect(recent).toHaveText(/^1(?!\d)/);
});

test('the competitions of the demo start on a day and at an hour that their texts name', async ({ page }) => {
  await page.goto('/competitions?search=Harbour');
  await page.getByRole('article').getByRole('link').first().click();
  // "Friday 17:00 doors open" is the first line of its programme.
  const start = page.locator('.facts time').first();
  await expect(page.getByRole('main')).toContainText('Friday 17:00');
  await expect(start).toHaveText(/Fri.*17:00/);
  await page.goto('/competitions?search=Night+Orienteering');
  await page.getByRole('article').getByRole('link').first().click();
  await expect(page.locator('.facts time').first()).toHaveText(/ 2[0-3]:\d\d/);
});
