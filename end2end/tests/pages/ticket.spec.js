// The ticket: where a registration leads to, with JavaScript and without.

import { expect, test } from '../../support/test.js';
import { inSeconds, unique } from '../../support/test-data.js';
import { registerButton, registrationStatus } from '../../support/steps.js';

const TICKET = /\/me\/registrations\/[0-9a-f-]{36}$/;
const code = (page) => page.getByRole('img', { name: 'QR code for check-in' });

test('one press leads to the ticket, and the ticket to calendars, a map, friends, and out again', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Worth a Screenshot');
  const id = await organizer.createCompetition(title, { location: 'Town Hall, Aarhus', timeZone: 'Asia/Tokyo' });
  const participant = await accounts.participant('Zoë Ångström');
  const page = await participant.open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(page).toHaveURL(TICKET);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re in!");
  await expect(code(page)).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Zoë Ångström');
  await expect(page.getByTestId('ticket-number')).toHaveText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const [number, address] = [await page.getByTestId('ticket-number').textContent(), page.url()];

  const href = (name) => page.getByRole('main').getByRole('link', { name }).getAttribute('href');
  expect(await href('Google Calendar')).toContain('https://calendar.google.com/calendar/render?action=TEMPLATE&');
  expect(await href('Google Calendar')).toContain('ctz=Asia%2FTokyo');
  expect(await href('Outlook')).toContain('https://outlook.live.com/calendar/0/deeplink/compose?');
  expect(await href('Calendar file')).toBe(`/competitions/${id}/calendar.ics`);
  expect(await href('Open map')).toBe('https://www.openstreetmap.org/search?query=Town+Hall%2C+Aarhus');
  const shared = page.getByTestId('share-link');
  await expect(shared).toHaveText(new RegExp(`^http.*/competitions/${id}$`));
  await expect(shared).toHaveAttribute('href', await shared.textContent());

  // The picture is the same ticket.
  const picture = await page.request.get(await href('Save as picture'));
  expect(picture.status()).toBe(200);
  expect(picture.headers()['content-type']).toBe('image/png');

  await page.goto('/me/registrations');
  await page.getByRole('link', { name: `Ticket for ${title}` }).click();
  await expect(page).toHaveURL(address);
  await expect(page.getByTestId('ticket-number')).toHaveText(number);
  await page.getByRole('link', { name: `Cancel registration for ${title}` }).click();
  await page.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not registered');
  await expect(code(page)).toHaveCount(0);
});

test('who waits has a place in line, and a ticket as soon as a seat is free', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('In Line'), { capacity: '1', waitlistEnabled: 'on' });
  const holder = await accounts.participant();
  await holder.register(id);
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(page).toHaveURL(TICKET);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Number 1 on the waitlist');
  await expect(code(page)).toHaveCount(0);
  const holderPage = await holder.open('/me/registrations');
  await holderPage.getByRole('link', { name: 'Cancel registration' }).click();
  await holderPage.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(holderPage).toHaveURL('/me/registrations');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re in!");
  await expect(code(page)).toBeVisible();
});

test('a cancelled and an ended competition admit nobody, and say so', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const participant = await accounts.participant();
  const calledOff = await organizer.createCompetition(unique('Called Off'));
  const over = await organizer.createCompetition(unique('Over Soon'), {
    regDeadline: inSeconds(4),
    startsAt: inSeconds(4),
    endsAt: inSeconds(4),
  });
  const tickets = [];
  for (const id of [calledOff, over]) {
    await participant.register(id);
    const html = await participant.html(`/competitions/${id}`);
    tickets.push(/\/me\/registrations\/[0-9a-f-]{36}/.exec(html)[0]);
  }
  await organizer.submit('call-off-competition', { competitionId: calledOff });
  const page = await participant.open(tickets[0]);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Cancelled');
  await expect(code(page)).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Google Calendar' })).toHaveCount(0);
  await expect(async () => {
    await page.goto(tickets[1]);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('It has ended', { timeout: 500 });
  }).toPass();
  await expect(code(page)).toHaveCount(0);
});

test('a ticket is a page for its participant alone', async ({ accounts, page: stranger, monitor }) => {
  monitor.allow(/status of 404/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Private'));
  const participant = await accounts.participant();
  await participant.register(id);
  const ticket = /\/me\/registrations\/[0-9a-f-]{36}/.exec(await participant.html('/me/registrations'))[0];
  for (const other of [organizer, await accounts.participant()]) {
    const page = await other.open('/competitions');
    expect((await page.goto(ticket)).status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(code(page)).toHaveCount(0);
  }
  await stranger.goto(ticket);
  await expect(stranger).toHaveURL(`/login?next=${encodeURIComponent(ticket)}`);
});

test('a printed ticket is the ticket alone', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('On Paper'));
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await page.emulateMedia({ media: 'print' });
  await expect(code(page)).toBeVisible();
  await expect(page.getByTestId('ticket-number')).toBeVisible();
  for (const hidden of [page.getByRole('banner'), page.getByRole('contentinfo')]) await expect(hidden).toBeHidden();
  await expect(page.getByRole('link', { name: 'Cancel registration' })).toBeHidden();
});
