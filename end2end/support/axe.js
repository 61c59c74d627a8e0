import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@playwright/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Returns a line for each violation that axe finds, with all of its rules or with the given ones. */
export async function violations(page, rules) {
  const axe = new AxeBuilder({ page });
  const { violations: results } = await (rules ? axe.withRules(rules) : axe.withTags(RULES)).analyze();
  return results.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all }) => `${id}: ${target.join(' ')}: ${[...any, ...all].map((check) => check.message).join('; ')}`),
  );
}

/** Switches the colour scheme and waits for the end of all transitions, which take less than five seconds. */
async function setColorScheme(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(() => {
    const ends = document.getAnimations().map((animation) => animation.finished);
    // An animation of an element that is not shown any more has no end.
    const bound = new Promise((resolve) => setTimeout(resolve, 5_000));
    return Promise.race([Promise.allSettled(ends), bound]).then(() => undefined);
  });
}

/**
 * Checks a page that was opened in Arabic: that it is written from right to left, by all of axe's rules. Once, in light colours,
 * since contrast depends on no language.
 */
export async function expectAccessibleInArabic(page, name) {
  const written = await page.evaluate(() => {
    const { lang, dir } = document.documentElement;
    return [lang, dir, getComputedStyle(document.querySelector('main')).direction];
  });
  expect.soft(written, `${name}, written from right to left`).toEqual(['ar', 'rtl', 'rtl']);
  await setColorScheme(page, 'light');
  expect.soft(await violations(page), `${name}, in Arabic`).toEqual([]);
}

/** Checks the page in light and dark colours. Dark checks contrast only, because nothing else differs. */
export async function expectAccessible(page, name) {
  await setColorScheme(page, 'light');
  expect.soft(await violations(page), `${name}, light`).toEqual([]);
  await setColorScheme(page, 'dark');
  expect.soft(await violations(page, ['color-contrast']), `${name}, dark`).toEqual([]);
}
