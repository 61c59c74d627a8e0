// How screenshots are taken: of each page in all looks. They are written to test-results/screenshots, or with
// UPDATE_SCREENSHOTS=1 to screenshots/, which the documentation shows.

import { statSync } from 'node:fs';
import path from 'node:path';

import { devices, expect } from '@playwright/test';

import { waitForIslands } from './steps.js';

const DIRECTORY = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '..',
  process.env.UPDATE_SCREENSHOTS ? 'screenshots' : 'test-results/screenshots',
);
const LARGEST = 150 * 1024;
const { userAgent, isMobile, hasTouch } = devices['Pixel 7'];
export const PHONE = { viewport: { width: 390, height: 844 }, userAgent, deviceScaleFactor: 1.5, isMobile, hasTouch };
/** Each page is shown in all of these, one after the other. */
export const LOOKS = [
  { look: 'light', colorScheme: 'light', options: {} },
  { look: 'dark', colorScheme: 'dark', options: {} },
  { look: 'phone', colorScheme: 'light', options: PHONE },
];

/** Takes a screenshot of what a page shows. */
export async function capture(page, name) {
  await waitForIslands(page);
  const file = path.join(DIRECTORY, `${name}.jpg`);
  await page.screenshot({ path: file, type: 'jpeg', quality: 80, animations: 'disabled', caret: 'hide' });
  expect(statSync(file).size, name).toBeLessThan(LARGEST);
}

/** Loads a page and takes a screenshot of it. */
export async function screenshot(page, name, address) {
  await page.goto(address);
  await capture(page, name);
}

/** Takes screenshots of pages in all looks. `open` opens a page with the options of a browser context. */
export async function screenshots(open, addresses) {
  for (const { look, colorScheme, options } of LOOKS) {
    const page = await open(options);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [name, address] of Object.entries(addresses)) await screenshot(page, `${name}-${look}`, address);
    await page.context().close();
  }
}
