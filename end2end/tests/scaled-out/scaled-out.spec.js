// Two web processes and a worker over one PostgreSQL and one Redis, as an installation that has grown.

import { expect, test as base } from '@playwright/test';

import { People, unique } from '../../support/people.js';
import { postgresAndRedis, Server } from '../../support/server.js';
import { alive, mailArrives, outcome, registerButton, seatsLeft, status } from '../../support/steps.js';
import { Witness } from '../../support/witness.js';

const test = base.extend({
  fleet: [
    async ({}, use) => {
      const store = postgresAndRedis();
      try {
        const first = await Server.start(store);
        const second = await Server.start(store, '--no-worker');
        await use({ store, first, second });
        await second.stop();
        await first.stop();
      } finally {
        store.remove();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  /** The same people, at the door of either process. */
  doors: async ({ fleet, playwright, browser }, use) => {
    const doors = [fleet.first, fleet.second].map(({ url }) => {
      const witness = new Witness(url);
      return { witness, people: new People({ playwright, browser, baseURL: url, store: fleet.store, witness }) };
    });
    await use(doors.map(({ people }) => people));
    for (const { people, witness } of doors) {
      await people.leave();
      witness.conclude();
    }
  },
});

// One fleet for all of them.
test.describe.configure({ mode: 'default' });

test('what happens at one process shows at the other at once, and its confirmation arrives', async ({ doors }) => {
  const [here, there] = doors;
  const organizer = await here.organizer();
  const title = unique('Two Houses');
  const id = await organizer.offers(title, { capacity: '3' });
  const dashboard = await organizer.opens(`/organize/${id}`);
  await alive(dashboard);
  await expect(seatsLeft(dashboard)).toHaveText('3');

  // `there` has no worker: its job travels through Redis.
  const guest = await there.newcomer();
  const page = await guest.opens(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(outcome(page)).toContainText('You have a seat');
  await expect(seatsLeft(page)).toHaveText('2');
  await expect(seatsLeft(dashboard), 'without a reload').toHaveText('2');
  await mailArrives(page, `You're in: ${title}`);

  await page.goto(`/competitions/${id}`);
  await expect(status(page)).toHaveAttribute('data-status', 'CONFIRMED');
  await page.getByRole('link', { name: 'Give the seat back' }).click();
  await page.getByRole('button', { name: 'Yes, give the seat back' }).click();
  await expect(outcome(page)).toContainText('given back');
  await expect(seatsLeft(dashboard)).toHaveText('3');
});

test('the last seat goes to one of two who press at the same moment at different processes', async ({ doors }) => {
  const [here, there] = doors;
  const organizer = await here.organizer();
  const id = await organizer.offers(unique('Last Seat'), { capacity: '1', waitlistEnabled: 'on' });
  const pages = [];
  for (const door of [here, there]) pages.push(await (await door.newcomer()).opens(`/competitions/${id}`));
  for (const page of pages) await alive(page);
  await Promise.all(pages.map((page) => registerButton(page).click()));
  const states = [];
  for (const page of pages) {
    await expect(status(page)).toBeVisible();
    states.push((await status(page).getAttribute('data-status')).replace('CONFIRMED', 'PENDING'));
  }
  expect(states.sort()).toEqual(['PENDING', 'WAITLISTED']);
});

test('one session is good at both processes', async ({ doors, fleet }) => {
  const [here] = doors;
  const person = await here.newcomer('Sven Session');
  const page = await person.opens('/me/profile');
  // Cookies belong to a host, whatever the port.
  await page.goto(`${fleet.second.url}/me/profile`);
  await expect(page.getByLabel('Name')).toHaveValue('Sven Session');
});
