// Screenshots of the main pages. They are written to test-results/screenshots, or with UPDATE_SCREENSHOTS=1
// to screenshots/, which the documentation shows.

import { statSync } from 'node:fs';
import path from 'node:path';

import { devices } from '@playwright/test';

import { expect, test } from '../../support/test.js';
import { DEMO } from '../../support/test-data.js';
import { waitForIslands } from '../../support/steps.js';

const DIRECTORY = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../..',
  process.env.UPDATE_SCREENSHOTS ? 'screenshots' : 'test-results/screenshots',
);
const LARGEST = 200 * 1024;
const { userAgent, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
const PHONE = { viewport: { width: 390, height: 844 }, userAgent, deviceScaleFactor: Math.min(deviceScaleFactor, 2), isMobile, hasTouch };

test('screenshots of the main pages', async ({ accounts, page: anonymousPage }) => {
  test.setTimeout(120_000);
  const participant = await accounts.logIn(DEMO.participant);
  const organizer = await accounts.logIn(DEMO.organizer);
  await expect(async () => {
    expect((await participant.html('/me/mailbox')).match(/data-testid="message"/g)?.length).toBeGreaterThan(2);
  }, 'the messages of the demo data exist').toPass();
  const search = await participant.html('/competitions?search=Harbour');
  const competition = /\/competitions\/[0-9a-f-]{36}/.exec(search)[0];
  const robotics = /\/competitions\/[0-9a-f-]{36}/.exec(await participant.html('/competitions?search=Robotics'))[0];
  const message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.html('/me/mailbox'))[0];
  const managed = competition.replace('competitions', 'organize');

  const screenshot = async (page, name, address, colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(address);
    await waitForIslands(page);
    const file = path.join(DIRECTORY, `${name}.png`);
    await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
    expect(statSync(file).size, name).toBeLessThan(LARGEST);
  };

  await screenshot(anonymousPage, 'home-light', '/', 'light');
  await screenshot(anonymousPage, 'browse-dark', '/competitions', 'dark');
  const desktop = await participant.open('/me/profile');
  await screenshot(desktop, 'competition-light', robotics, 'light');
  await screenshot(desktop, 'competition-dark', competition, 'dark');
  await screenshot(desktop, 'registrations-light', '/me/registrations', 'light');
  for (const language of ['ja', 'ar']) {
    for (const [name, address] of [
      ['home', '/'],
      ['browse', '/competitions'],
      ['competition', competition],
      ['registrations', '/me/registrations'],
    ]) {
      await screenshot(desktop, `${name}-${language}`, `${address}?lang=${language}`, 'light');
      await expect(desktop).not.toHaveURL(/lang=/);
      await expect(desktop.locator('html')).toHaveAttribute('lang', language);
    }
  }
  await desktop.goto('/?lang=en');
  const organizerDesktop = await organizer.open('/me/profile');
  await screenshot(organizerDesktop, 'organize-light', '/organize', 'light');
  await screenshot(organizerDesktop, 'organize-dark', managed, 'dark');
  const phone = await participant.open('/me/profile', PHONE);
  await screenshot(phone, 'browse-phone', '/competitions', 'light');
  await screenshot(phone, 'competition-phone', robotics, 'light');
  await screenshot(phone, 'registrations-phone', '/me/registrations', 'dark');
  await screenshot(phone, 'mailbox-phone', message, 'light');
  const organizerPhone = await organizer.open('/me/profile', PHONE);
  await screenshot(organizerPhone, 'organize-phone', '/organize', 'light');
});
