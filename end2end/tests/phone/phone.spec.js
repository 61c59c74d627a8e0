// Fingers and small screens; and 200 % zoom, which is a small screen on a desk.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { overflow } from '../../support/layout.js';
import { everyPage, openAs, VIEWERS } from '../../support/places.js';
import { alive } from '../../support/steps.js';

/** Links within sentences are exempt (WCAG 2.5.8); these are not. */
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
  'input:not([type=hidden], [type=checkbox])',
  'label:has([type=checkbox])',
].join(', ');

/** Controls that are smaller than a finger. */
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
  test(`no page scrolls sideways, and every control is large enough for a finger (${viewer})`, async ({
    page: nobodys,
    people,
    witness,
  }) => {
    test.setTimeout(120_000);
    witness.expect(/status of 40[34]/);
    const places = await everyPage(people);
    const page = await openAs(viewer, places, nobodys);
    for (const address of places.pages[viewer]) {
      await page.goto(address);
      await alive(page);
      for (const [name, viewport] of SCREENS) {
        await page.setViewportSize(viewport);
        expect.soft(await overflow(page), `${address}, ${name}`).toEqual([]);
      }
      await page.setViewportSize(SCREENS[0][1]);
      expect.soft(await tooSmall(page), `${address}, targets`).toEqual([]);
      // What a narrow screen hides must not be what gave a control its name.
      expect.soft(await violations(page, ['link-name', 'button-name', 'target-size']), `${address}, names`).toEqual([]);
      // Text alone at twice its size, as people set it in their browser.
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
      expect.soft(await overflow(page), `${address}, large text`).toEqual([]);
    }
  });
}

test('the register button is on the first screen of a phone', async ({ page, people }) => {
  const places = await everyPage(people);
  await page.setViewportSize({ width: 390, height: 664 });
  await page.goto(`/competitions/${places.open}`);
  await alive(page);
  await expect(page.getByTestId('register-form').getByRole('button')).toBeInViewport({ ratio: 1 });
});
