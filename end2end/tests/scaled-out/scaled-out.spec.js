// An installation of two web processes, one of them with a worker, on one PostgreSQL and one Redis.

import { expect, test as base } from '@playwright/test';

import { Accounts } from '../../support/accounts.js';
import { postgresAndRedis, Server } from '../../support/server.js';
import { flashMessage, registerButton, registrationStatus, seatsLeft, waitForIslands, waitForMessage } from '../../support/steps.js';
import { unique } from '../../support/test-data.js';
import { PageMonitor } from '../../support/page-monitor.js';

const test = base.extend({
  installation: [
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

  /** Accounts that use the first process, and accounts that use the second one. */
  accountsByProcess: async ({ installation, playwright, browser }, use) => {
    const urls = [installation.first.url, installation.second.url];
    const monitor = new PageMonitor(...urls);
    const accountsByProcess = urls.map((baseURL) => new Accounts({ playwright, browser, baseURL, store: installation.store, monitor }));
    await use(accountsByProcess);
    for (const accounts of accountsByProcess) await accounts.close();
    monitor.verify();
  },
});

// All tests share one installation.
test.describe.configure({ mode: 'default' });

test('a change in one process appears in the other at once, and the confirmation arrives', async ({ accountsByProcess }) => {
  const [first, second] = accountsByProcess;
  const organizer = await first.organizer();
  const title = unique('Two Processes');
  const id = await organizer.createCompetition(title, { capacity: '3' });
  const dashboard = await organizer.open(`/organize/${id}`);
  await waitForIslands(dashboard);
  await expect(seatsLeft(dashboard)).toHaveText('3');

  // The second process has no worker: the job passes through Redis.
  const participant = await second.participant();
  const page = await participant.open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await expect(seatsLeft(dashboard), 'without a reload').toHaveText('2');
  await waitForMessage(page, `You’re in: ${title}`);

  await page.goto(`/competitions/${id}`);
  await expect(registrationStatus(page)).toHaveAttribute('data-status', 'CONFIRMED');
  await page.getByRole('link', { name: 'Cancel registration' }).click();
  await page.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(flashMessage(page)).toContainText('Your registration is cancelled');
  await expect(seatsLeft(dashboard)).toHaveText('3');
});

test('of two simultaneous registrations at different processes one gets the last seat', async ({ accountsByProcess }) => {
  const [first, second] = accountsByProcess;
  const organizer = await first.organizer();
  const id = await organizer.createCompetition(unique('Last Seat'), { capacity: '1', waitlistEnabled: 'on' });
  const pages = [];
  for (const accounts of [first, second]) pages.push(await (await accounts.participant()).open(`/competitions/${id}`));
  for (const page of pages) await waitForIslands(page);
  await Promise.all(pages.map((page) => registerButton(page).click()));
  const states = [];
  for (const page of pages) {
    await expect(registrationStatus(page)).toBeVisible();
    states.push((await registrationStatus(page).getAttribute('data-status')).replace('CONFIRMED', 'PENDING'));
  }
  expect(states.sort()).toEqual(['PENDING', 'WAITLISTED']);
});

test('a session is valid in both processes', async ({ accountsByProcess, installation }) => {
  const [first] = accountsByProcess;
  const participant = await first.participant('Sven Session');
  const page = await participant.open('/me/profile');
  // Cookies belong to a host, independent of the port.
  await page.goto(`${installation.second.url}/me/profile`);
  await expect(page.getByLabel('Name')).toHaveValue('Sven Session');
});
