// Text at twice its size on a small phone: pages grow downwards, never sideways.

import { expect, test } from '../../support/test.js';
import { overflow } from '../../support/overflow.js';
import { createAllPages, openAs, VIEWERS } from '../../support/all-pages.js';
import { waitForIslands } from '../../support/steps.js';

const viewport = { width: 390, height: 844 };

// The setting of the browser, which media queries in `em` see, too.
test.use({
  viewport,
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, args: [...launchOptions.args, '--blink-settings=defaultFontSize=32'] });
  },
});

for (const viewer of VIEWERS) {
  test(`no page scrolls sideways, and the header does not cover it (${viewer})`, async ({ page: anonymousPage, accounts, monitor }) => {
    test.setTimeout(180_000);
    monitor.allow(/status of 40[34]/);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage, { viewport });
    for (const address of site.pages[viewer]) {
      await page.goto(address);
      await waitForIslands(page);
      const [size, header] = await page.evaluate(() => [
        getComputedStyle(document.body).fontSize,
        getComputedStyle(document.querySelector('.site-header')).position,
      ]);
      expect.soft([size, header], address).toEqual(['32px', 'static']);
      expect.soft(await overflow(page), address).toEqual([]);
      const menu = page.locator('.menu > summary');
      if ((await menu.count()) > 0) {
        await menu.first().click();
        expect.soft(await overflow(page), `${address}, with its menu`).toEqual([]);
      }
    }
  });
}
