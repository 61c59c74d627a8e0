// Colours that the visitor chose (Windows' contrast themes, for example) replace those of the site. Controls, states
// and the focus stay visible.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { createAllPages, openAs, REFUSED, VIEWERS, visit } from '../../support/all-pages.js';
import { unique } from '../../support/test-data.js';
import { logIn, waitForIslands } from '../../support/steps.js';

const forcedColors = 'active';

test.use({ forcedColors });

/** What is drawn in forced colours, of an element and its pseudo-elements. */
const look = (locator) =>
  locator.first().evaluate((element) =>
    [undefined, '::before', '::after'].map((pseudo) => {
      const style = getComputedStyle(element, pseudo);
      const sides = ['Top', 'Right', 'Bottom', 'Left'];
      const borders = sides.map((side) => [`border${side}Width`, `border${side}Style`, `border${side}Color`].map((name) => style[name]));
      const names = ['content', 'color', 'textDecorationLine', 'textDecorationThickness', 'outlineStyle', 'outlineWidth', 'opacity'];
      return [...borders, ...names.map((name) => style[name])].join(' ');
    }),
  );

/** Returns the controls of a page without a visible edge, and those that are not marked when they have the focus. */
const invisible = (page) =>
  page.evaluate(() => {
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const name = (element) => `${element.tagName} "${element.getAttribute('aria-label') ?? (element.textContent.trim() || element.name)}"`;
    const canvas = getComputedStyle(document.documentElement).backgroundColor;
    const edges = shown('.button, .chip, select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])').flatMap((element) => {
      const { borderBottomWidth, borderBottomStyle, borderBottomColor } = getComputedStyle(element);
      const drawn = parseFloat(borderBottomWidth) >= 1 && borderBottomStyle !== 'none' && borderBottomColor !== canvas;
      return drawn ? [] : [`no edge: ${name(element)}`];
    });
    const focus = shown('a[href], button, input, select, textarea, summary').flatMap((element) => {
      element.focus({ focusVisible: true });
      if (document.activeElement !== element) return [];
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      const drawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && outlineColor !== canvas;
      return drawn ? [] : [`no focus: ${name(element)}`];
    });
    return [...edges, ...focus];
  });

for (const viewer of VIEWERS) {
  test(`every page is accessible in forced colours, its controls and the focus are visible (${viewer})`, async ({
    page: anonymousPage,
    accounts,
    monitor,
  }) => {
    test.setTimeout(300_000);
    monitor.allow(REFUSED);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage, { forcedColors });
    for (const address of site.pages[viewer]) {
      await visit(page, site, address);
      await waitForIslands(page);
      expect.soft(await violations(page), address).toEqual([]);
      expect.soft(await invisible(page), address).toEqual([]);
    }
  });
}

test('states that are said by colours look different in forced colours', async ({ page, accounts }) => {
  const different = async (page, one, other, what) => {
    expect.soft(await look(page.locator(one)), what).not.toEqual(await look(page.locator(other)));
  };
  await page.goto('/competitions?seatsLeft=true');
  await waitForIslands(page);
  await different(page, '.main-nav [aria-current]', '.account-nav .nav-link', 'the current page');
  await different(page, '.languages [aria-current]', '.languages a:not([aria-current])', 'the current language');
  await different(page, '.chip.on', '.chip:not(.on, .clear)', 'a filter that is on');
  await page.goto('/login');
  await waitForIslands(page);
  const plain = await look(page.getByLabel('E-mail'));
  await logIn(page, 'nobody@end2end.test', 'not the password');
  await expect(page.getByRole('alert')).toBeVisible();
  expect.soft(await look(page.getByRole('alert')), 'an alert has a frame').not.toEqual(await look(page.getByRole('main')));
  await page.goto('/signup');
  await page.getByTestId('signup-form').evaluate((form) => { form.noValidate = true; });
  await page.getByRole('button', { name: 'Sign up' }).click();
  expect.soft(await look(page.getByLabel('E-mail')), 'a field with an error').not.toEqual(plain);

  const organizer = await accounts.organizer();
  const [first, second, soon] = [
    await organizer.createCompetition(unique('Seat'), { capacity: '1', waitlistEnabled: 'on' }),
    await organizer.createCompetition(unique('Another Seat')),
    await organizer.createCompetition(unique('Later'), { opensAt: new Date(Date.now() + 86_400_000).toISOString() }),
  ];
  const participant = await accounts.participant();
  await (await accounts.participant()).register(first);
  for (const id of [first, second]) await participant.register(id);
  const own = await participant.open('/me/registrations', { forcedColors });
  await waitForIslands(own);
  await different(own, '.timeline li[data-done]', '.timeline li:not([data-done])', 'a step that is done');
  await different(own, '.button.quiet', '.nav-link', 'a quiet button');
  await expect(async () => {
    await own.goto('/me/mailbox');
    await expect(own.getByTestId('message')).toHaveCount(2, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await own.getByTestId('message').first().click();
  await different(own, '.message-row[data-unread]', '.message-row:not([data-unread])', 'an unread message');
  await different(own, '.message-row[aria-current]', '.message-row:not([aria-current])', 'the open message');
  await own.goto(`/competitions/${soon}`);
  await different(own, '.button:disabled', '.button:not(:disabled)', 'a button that is locked');
  await own.goto(`/competitions/${second}`);
  const [bar, fill, surface] = await own.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return [style('.seats-bar').borderTopStyle, style('.seats-fill').fill, style('body').backgroundColor];
  });
  expect.soft(bar, 'the bar of the seats has a frame').toBe('solid');
  expect.soft(fill, 'what is taken is filled').not.toBe(surface);
});
