// Screenshots of the pages of organizers and administrators: the control room in a rush, an edit that met another one,
// and letters that a mail server refused.

import { createServer } from 'node:net';

import { Accounts } from '../../support/accounts.js';
import { capture, LOOKS, screenshots } from '../../support/screenshots.js';
import { Server, sqlite } from '../../support/server.js';
import { flashMessage } from '../../support/steps.js';
import { expect, test } from '../../support/test.js';
import { DEMO, inSeconds, PASSWORD } from '../../support/test-data.js';

/** The number of people in the rush, of whom not all get a seat, and of requests at a time. */
const [PEOPLE, SEATS, AT_A_TIME] = [150, 100, 6];
/** The longest time until the rush begins, in seconds: all have an account by then. */
const BEGINNING = 90;

/** Runs `act` for each item, a few at a time. */
async function each(items, act) {
  const rest = [...items];
  const next = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
}

async function call(url, method, body, token) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  expect(response.status, url).toBeLessThan(300);
  return response.status === 204 ? undefined : response.json();
}

/** Signs people up. Returns their access tokens. */
async function people(url, names) {
  const tokens = [];
  await each(names, async (name) => {
    const email = `${name.toLowerCase().replaceAll(' ', '-')}@rush.test`;
    tokens.push((await call(`${url}/api/v1/auth/signup`, 'POST', { name, email, password: PASSWORD })).accessToken);
  });
  return tokens;
}

const GIVEN = ['Ada', 'Bela', 'Chiara', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hugo', 'Ida', 'Jonas', 'Kaya', 'Lena'];
const FAMILY = ['Abe', 'Berg', 'Costa', 'Dahl', 'Evans', 'Fischer', 'Gomez', 'Hansen', 'Ito', 'Jansen', 'Kaya', 'Lund', 'Moser'];
const NAMES = GIVEN.flatMap((given) => FAMILY.map((family) => `${given} ${family}`)).slice(0, PEOPLE);

test('screenshots of the control room in a rush, of people and of an edit', async ({ accounts, baseURL }) => {
  test.setTimeout(400_000);
  const organizer = await accounts.logIn(DEMO.organizer);
  const opensAt = inSeconds(BEGINNING);
  const id = await organizer.createCompetition('Midsummer Night Run', {
    capacity: String(SEATS),
    waitlistEnabled: 'on',
    location: 'Aarhus Harbour',
    tags: 'running',
    opensAt,
  });
  const tokens = await people(baseURL, NAMES);
  const rooms = [];
  for (const { look, colorScheme, options } of LOOKS) {
    const room = await organizer.open(`/organize/${id}/live`, options);
    await room.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(room.locator('[data-connection]')).toHaveText('Live');
    rooms.push([look, room]);
  }
  await expect(rooms[0][1].locator('[data-phase-badge]'), 'it opens').toHaveText('Open', { timeout: BEGINNING * 1000 });
  const register = (token) => call(`${baseURL}/api/v1/competitions/${id}/registrations`, 'POST', {}, token);
  const rush = each(tokens, async (token) => {
    await register(token);
    // A second press of each.
    await register(token).catch(() => undefined);
    await new Promise((later) => setTimeout(later, 150));
  });
  const taken = rooms[0][1].locator('.tiles > div').filter({ hasText: 'Seats taken' });
  await expect(taken, 'the rush is on').toContainText(/[3-9]\d of 100/);
  for (const [look, room] of rooms) await capture(room, `control-room-${look}`);
  await rush;
  await expect(taken).toContainText('100 of 100');

  await screenshots((options) => organizer.open('/organize', options), {
    people: `/organize/${id}/registrations`,
    announce: `/organize/${id}/announce`,
    statistics: `/organize/${id}`,
  });
  for (const [index, { look, colorScheme, options }] of LOOKS.entries()) {
    const mine = await organizer.open(`/organize/${id}/edit`, options);
    await mine.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const other = await organizer.open(`/organize/${id}/edit`);
    await other.getByLabel('Seats', { exact: true }).fill(String(SEATS + 10 * (index + 1)));
    await other.getByRole('button', { name: 'Save changes' }).click();
    await other.getByRole('button', { name: 'Save and promote 10 people' }).click();
    await expect(flashMessage(other)).toContainText('saved');
    await mine.getByLabel('Seats', { exact: true }).fill(String(SEATS + 50));
    await mine.getByRole('button', { name: 'Save changes' }).click();
    await expect(flashMessage(mine)).toContainText('Somebody else saved changes');
    await capture(mine, `edit-conflict-${look}`);
  }
});

/** Starts a mail server that refuses every recipient. Returns its port and how to stop it. */
async function refusingMailServer() {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('220 mail.test\r\n');
    socket.on('data', (data) => {
      const command = data.toString().slice(0, 4).toUpperCase();
      socket.write(command === 'RCPT' ? '550 5.1.1 no such mailbox\r\n' : '250 mail.test\r\n');
      if (command === 'QUIT') socket.end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { port: server.address().port, stop: () => server.close() };
}

test('screenshots of the pages of administrators', async ({ playwright, browser, monitor }) => {
  test.setTimeout(200_000);
  monitor.allow(/another host/);
  const mail = await refusingMailServer();
  const store = sqlite();
  store.env.SMTP_URL = `smtp://127.0.0.1:${mail.port}`;
  const server = await Server.start(store, '--demo');
  const accounts = new Accounts({ playwright, browser, baseURL: server.url, store, monitor });
  try {
    await people(server.url, NAMES.slice(0, 8));
    const admin = await accounts.logIn(DEMO.admin);
    await expect(async () => {
      expect(await admin.html('/admin/failed-jobs')).toContain('no such mailbox');
    }, 'the letters are dead').toPass();
    await screenshots((options) => admin.open('/admin', options), {
      admin: '/admin',
      'dead-letters': '/admin/failed-jobs',
      'admin-accounts': '/admin/users',
    });
    await accounts.close();
    await server.stop(/became a dead letter/);
  } finally {
    store.remove();
    mail.stop();
  }
});
