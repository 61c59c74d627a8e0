// Screenshots of the main pages. They are written to test-results/screenshots, or with UPDATE_SCREENSHOTS=1
// to screenshots/, which the documentation shows.

import { statSync } from 'node:fs';
import path from 'node:path';

import { devices } from '@playwright/test';

import { Server, sqlite } from '../../support/server.js';
import { expect, test } from '../../support/test.js';
import { DEMO } from '../../support/test-data.js';
import { waitForIslands } from '../../support/steps.js';

const DIRECTORY = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../..',
  process.env.UPDATE_SCREENSHOTS ? 'screenshots' : 'test-results/screenshots',
);
const LARGEST = 150 * 1024;
const { userAgent, isMobile, hasTouch } = devices['Pixel 7'];
const PHONE = { viewport: { width: 390, height: 844 }, userAgent, deviceScaleFactor: 1.5, isMobile, hasTouch };
/** Each page is shown in all of these, one after the other. */
const LOOKS = [
  { look: 'light', colorScheme: 'light', options: {} },
  { look: 'dark', colorScheme: 'dark', options: {} },
  { look: 'phone', colorScheme: 'light', options: PHONE },
];

test('screenshots of the main pages', async ({ accounts, browser, baseURL, monitor }) => {
  test.setTimeout(400_000);
  const participant = await accounts.logIn(DEMO.participant);
  const organizer = await accounts.logIn(DEMO.organizer);
  await expect(async () => {
    expect((await participant.html('/me/mailbox')).match(/data-testid="message"/g)?.length).toBeGreaterThan(2);
  }, 'the messages of the demo data exist').toPass();
  const find = async (account, address, pattern) => pattern.exec(await account.html(address))[0];
  const id = /\/competitions\/[0-9a-f-]{36}/;
  const titled = (word) => find(participant, `/competitions?search=${word}`, id);
  const harbour = await titled('Harbour');
  const cancelled = new RegExp('/organize/[0-9a-f-]{36}(?=[^/]*Spring Photo Walk)');
  const ticket = await find(participant, '/me/registrations', /\/me\/registrations\/[0-9a-f-]{36}(?!\/cancel)/);
  const message = await find(participant, '/me/mailbox', /\/me\/mailbox\?message=[0-9a-f-]{36}/);
  const pages = {
    anonymous: {
      home: '/',
      browse: '/competitions',
      'competition-full': await titled('Letterpress'),
      'competition-waitlist': await titled('Chess'),
    },
    participant: {
      'competition-open': await titled('Robotics'),
      'competition-opens-soon': await titled('Relay'),
      'competition-registered': harbour,
      'competition-cancelled': (await find(organizer, '/organize', cancelled)).replace('organize', 'competitions'),
      registrations: '/me/registrations',
      ticket,
      mailbox: message,
      profile: '/me/profile',
    },
    organizer: { organize: '/organize' },
  };

  const screenshot = async (page, name, address) => {
    await page.goto(address);
    await waitForIslands(page);
    const file = path.join(DIRECTORY, `${name}.jpg`);
    await page.screenshot({ path: file, type: 'jpeg', quality: 80, animations: 'disabled', caret: 'hide' });
    expect(statSync(file).size, name).toBeLessThan(LARGEST);
  };
  const open = async (viewer, options) => {
    if (viewer !== 'anonymous') return { participant, organizer }[viewer].open('/me/profile', options);
    const context = await browser.newContext({ baseURL, ...options });
    monitor.watch(context);
    return context.newPage();
  };
  for (const [viewer, addresses] of Object.entries(pages)) {
    for (const { look, colorScheme, options } of LOOKS) {
      const page = await open(viewer, options);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [name, address] of Object.entries(addresses)) await screenshot(page, `${name}-${look}`, address);
      await page.context().close();
    }
  }
  for (const language of ['ja', 'ar']) {
    const page = await open('participant', PHONE);
    for (const name of ['competition-registered', 'ticket']) {
      await screenshot(page, `${name}-${language}`, `${pages.participant[name]}?lang=${language}`);
      await expect(page).not.toHaveURL(/lang=/);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
    }
    await page.context().close();
  }
  // Where mail is configured, people can set a new password by themselves.
  const store = sqlite();
  store.env.SMTP_URL = 'smtp://127.0.0.1:9';
  const mailing = await Server.start(store);
  monitor.allow(/another host/);
  try {
    for (const { look, colorScheme, options } of LOOKS) {
      const page = await open('anonymous', options);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await screenshot(page, `reset-${look}`, `${mailing.url}/forgot`);
      await page.context().close();
    }
    await mailing.stop();
  } finally {
    store.remove();
  }
});
