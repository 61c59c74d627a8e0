// Small screens, zoom and large text: pages fit, and controls are large enough to touch.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { overflow } from '../../support/overflow.js';
import { createAllPages, openAs, REFUSED, VIEWERS, visit } from '../../support/all-pages.js';
import { unique } from '../../support/test-data.js';
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
    monitor.allow(REFUSED);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage);
    for (const address of site.pages[viewer]) {
      await visit(page, site, address);
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

test('the way to register stays at the bottom of a phone, and hides nothing that has the focus', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const description = Array.from({ length: 40 }, (_, n) => `Paragraph ${n} with [a link](https://example.org/${n}).`).join('\n\n');
  const id = await organizer.createCompetition(unique('Long Story'), { description });
  await page.setViewportSize({ width: 390, height: 664 });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  const bar = page.locator('.to-panel');
  const over = await page.evaluate(() => {
    const bottom = document.querySelector('.panel').getBoundingClientRect().bottom;
    return bottom - document.querySelector('.to-panel').getBoundingClientRect().top;
  });
  expect(over, 'not over the panel').toBeLessThanOrEqual(0);
  await page.getByText('Paragraph 20').scrollIntoViewIfNeeded();
  await expect(bar.getByRole('link', { name: 'Register' })).toBeInViewport({ ratio: 1 });

  await page.getByRole('link', { name: 'a link' }).first().focus();
  for (let n = 0; n < 25; n += 1) {
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const [focused, above] = [document.activeElement, document.querySelector('.to-panel')];
      return !above.contains(focused) && focused.getBoundingClientRect().bottom > above.getBoundingClientRect().top + 1;
    });
    expect(hidden, `the focus after ${n} links`).toBe(false);
  }
  // At the end of the page nothing is behind it.
  await page.getByTestId('register-form').scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const overlap = await page.evaluate(() => {
    const end = document.querySelector('.competition-body > :last-child').getBoundingClientRect();
    return end.bottom - document.querySelector('.to-panel').getBoundingClientRect().top;
  });
  expect(overlap).toBeLessThanOrEqual(1);
  await page.getByText('Paragraph 20').scrollIntoViewIfNeeded();
  await bar.getByRole('link', { name: 'Register' }).click();
  await expect(page.getByTestId('register-form').getByRole('button')).toBeInViewport({ ratio: 1 });

  const participant = await accounts.participant();
  await participant.register(id);
  const own = await participant.open(`/competitions/${id}`, { viewport: { width: 390, height: 664 } });
  await own.getByText('Paragraph 20').scrollIntoViewIfNeeded();
  await expect(own.locator('.to-panel'), 'nothing to register for').toBeHidden();
});
