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

/** Light and dark, one after the other. Only colours differ. */
export async function expectAccessible(page, what) {
  await page.emulateMedia({ colorScheme: 'light' });
  expect.soft(await violations(page), `${what}, light`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect.soft(await violations(page, ['color-contrast']), `${what}, dark`).toEqual([]);
}
