// Small screens, zoom and large text: pages fit, and controls are large enough to touch.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { overflow } from '../../support/overflow.js';
import { createAllPages, openAs, VIEWERS } from '../../support/all-pages.js';
import { waitForIslands } from '../../support/steps.js';

/** The controls whose size is checked. Links within sentences are exempt (WCAG 2.2, criterion 2.5.8). */
const CONTROLS = [
  'button',
  '.button',
  '.nav-link',
  '.icon-link',
  '.brand',
  '.message-row',
  'a.chip',
  'summary',
  'select',
  'textarea',
  'input:not([type=hidden], [type=checkbox], [type=radio])',
  'label:has([type=checkbox], [type=radio])',
].join(', ');

/** Returns the controls that are smaller than 44 × 44 pixels, rounded. */
const tooSmall = (page) =>
  page.evaluate((selector) => {
    const visible = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    return visible.flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const name = element.getAttribute('aria-label') ?? element.textContent.trim() ?? element.name;
      return width < 43.5 || height < 43.5 ? [`${element.className || element.tagName} "${name}" ${width} × ${height}`] : [];
    });
  }, CONTROLS);

const SCREENS = [
  ['a phone', { width: 412, height: 839 }],
  ['320 pixels, or 400 % zoom', { width: 320, height: 256 }],
  ['200 % zoom', { width: 640, height: 400 }],
];

for (const viewer of VIEWERS) {
  test(`no page scrolls sideways, and every control is large enough to touch (${viewer})`, async ({
    page: anonymousPage,
    accounts,
    monitor,
  }) => {
    test.setTimeout(300_000);
    monitor.allow(/status of 40[34]/);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage);
    for (const address of site.pages[viewer]) {
      await page.goto(address);
      await waitForIslands(page);
      for (const [name, viewport] of SCREENS) {
        await page.setViewportSize(viewport);
        expect.soft(await overflow(page), `${address}, ${name}`).toEqual([]);
      }
      await page.setViewportSize(SCREENS[0][1]);
      expect.soft(await tooSmall(page), `${address}, targets`).toEqual([]);
      // A control keeps its accessible name although a narrow screen hides some text.
      expect.soft(await violations(page, ['link-name', 'button-name', 'target-size']), `${address}, names`).toEqual([]);
      // Only the text at twice its size, which is a setting of browsers.
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
      expect.soft(await overflow(page), `${address}, large text`).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect.soft(await overflow(page), `${address}, large text on a phone`).toEqual([]);
    }
  });
}

test('the register button is on the first screen of a phone', async ({ page, accounts }) => {
  const site = await createAllPages(accounts);
  await page.setViewportSize({ width: 390, height: 664 });
  await page.goto(`/competitions/${site.open}`);
  await waitForIslands(page);
  await expect(page.getByTestId('register-form').getByRole('button')).toBeInViewport({ ratio: 1 });
});

test('the header stays in view only where there is room for it', async ({ page }) => {
  const position = () => page.locator('.site-header').evaluate((header) => getComputedStyle(header).position);
  await page.setViewportSize({ width: 390, height: 664 });
  await page.goto('/competitions');
  expect(await position()).toBe('sticky');
  // A phone on its side, or text at 200 %: as many lines fit.
  await page.setViewportSize({ width: 664, height: 332 });
  expect(await position()).toBe('static');
});
