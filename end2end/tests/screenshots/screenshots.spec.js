// Pictures of the main pages: into test-results/screenshots, or with UPDATE_SCREENSHOTS=1 into screenshots/,
// where the documentation finds them.

import { statSync } from 'node:fs';
import path from 'node:path';

import { devices } from '@playwright/test';

import { expect, test } from '../../support/test.js';
import { DEMO } from '../../support/people.js';
import { alive } from '../../support/steps.js';

const DIRECTORY = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../..',
  process.env.UPDATE_SCREENSHOTS ? 'screenshots' : 'test-results/screenshots',
);
const LARGEST = 200 * 1024;
const { userAgent, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
const PHONE = { viewport: { width: 390, height: 844 }, userAgent, deviceScaleFactor: Math.min(deviceScaleFactor, 2), isMobile, hasTouch };

test('pictures of the main pages', async ({ people, page: nobodys }) => {
  test.setTimeout(120_000);
  const participant = await people.known(DEMO.participant);
  const organizer = await people.known(DEMO.organizer);
  await expect(async () => {
    expect((await participant.read('/me/mailbox')).match(/data-testid="message"/g)?.length).toBeGreaterThan(2);
  }, 'the demo has sent its mails').toPass();
  const search = await participant.read('/competitions?search=Harbour');
  const competition = /\/competitions\/[0-9a-f-]{36}/.exec(search)[0];
  const robotics = /\/competitions\/[0-9a-f-]{36}/.exec(await participant.read('/competitions?search=Robotics'))[0];
  const message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.read('/me/mailbox'))[0];
  const managed = competition.replace('competitions', 'organize');

  const picture = async (page, name, address, colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(address);
    await alive(page);
    const file = path.join(DIRECTORY, `${name}.png`);
    await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
    expect(statSync(file).size, name).toBeLessThan(LARGEST);
  };

  await picture(nobodys, 'home-light', '/', 'light');
  await picture(nobodys, 'browse-dark', '/competitions', 'dark');
  const desk = await participant.opens('/me/profile');
  await picture(desk, 'competition-light', robotics, 'light');
  await picture(desk, 'competition-dark', competition, 'dark');
  await picture(desk, 'registrations-light', '/me/registrations', 'light');
  const dashboard = await organizer.opens('/me/profile');
  await picture(dashboard, 'organize-light', '/organize', 'light');
  await picture(dashboard, 'organize-dark', managed, 'dark');
  const phone = await participant.opens('/me/profile', PHONE);
  await picture(phone, 'browse-phone', '/competitions', 'light');
  await picture(phone, 'competition-phone', robotics, 'light');
  await picture(phone, 'registrations-phone', '/me/registrations', 'dark');
  await picture(phone, 'mailbox-phone', message, 'light');
  const pocket = await organizer.opens('/me/profile', PHONE);
  await picture(pocket, 'organize-phone', '/organize', 'light');
});
