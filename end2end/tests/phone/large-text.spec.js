// Text at twice its size on a small phone: pages grow downwards, never sideways.

import { expect, test } from '../../support/test.js';
import { overflow } from '../../support/overflow.js';
import { createAllPages, openAs, REFUSED, VIEWERS, visit } from '../../support/all-pages.js';
import { waitForIslands } from '../../support/steps.js';

const viewport = { width: 390, height: 844 };

/** A language with long words, and one that is written from right to left. */
const LANGUAGES = ['de', 'ar'];

// The setting of the browser, which media queries in `em` see, too.
test.use({
  viewport,
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: [...launchOptions.args, '--blink-settings=defaultFontSize=32'] });
  },
});

for (const viewer of VIEWERS) {
  test(`no page scrolls sideways, and the header does not cover it (${viewer})`, async ({ page: anonymousPage, accounts, monitor }) => {
    test.setTimeout(300_000);
    monitor.allow(REFUSED);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage, { viewport });
    for (const [address, language] of site.pages[viewer].flatMap((address) => LANGUAGES.map((language) => [address, language]))) {
      const name = `${address}, ${language}`;
      await visit(page, site, address, language);
      await waitForIslands(page);
      const [size, header] = await page.evaluate(() => [
        getComputedStyle(document.body).fontSize,
        getComputedStyle(document.querySelector('.site-header')).position,
      ]);
      expect.soft([size, header], name).toEqual(['32px', 'static']);
      expect.soft(await overflow(page), name).toEqual([]);
      const menu = page.locator('.menu > summary');
      if ((await menu.count()) > 0) {
        await menu.first().click();
        expect.soft(await overflow(page), `${name}, with its menu`).toEqual([]);
      }
    }
  });
}
