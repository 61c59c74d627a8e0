import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@playwright/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on the page as it is now, in few words; all its rules, or those named. */
export async function violations(page, rules) {
  const axe = new AxeBuilder({ page });
  const { violations: found } = await (rules ? axe.withRules(rules) : axe.withTags(RULES)).analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all }) => `${id}: ${target.join(' ')}: ${[...any, ...all].map((one) => one.message).join('; ')}`),
  );
}

/** In those colours, and done with becoming so. */
async function show(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
}

/** Light and dark, one after the other. Only colours differ. */
export async function expectAccessible(page, what) {
  await show(page, 'light');
  expect.soft(await violations(page), `${what}, light`).toEqual([]);
  await show(page, 'dark');
  expect.soft(await violations(page, ['color-contrast']), `${what}, dark`).toEqual([]);
}
