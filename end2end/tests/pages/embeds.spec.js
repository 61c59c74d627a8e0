import { createServer } from 'node:http';

import { violations } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

test('another site shows the box and the badge that an organizer copies', async ({ accounts, javaScriptEnabled, monitor }) => {
  monitor.allow(/another host: http:\/\/localhost/);
  const organizer = await accounts.organizer();
  const title = unique('Embedded');
  const id = await organizer.createCompetition(title, { capacity: '5' });
  const page = await organizer.open(`/organize/${id}`, { javaScriptEnabled });
  const html = (await page.getByTestId('embed-frame').textContent()) + (await page.getByTestId('embed-badge').textContent());

  // The site of a club, which has another origin than ours.
  const site = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<!DOCTYPE html><html lang="en"><title>Club</title><h1>Club</h1>${html}</html>`);
  });
  await new Promise((resolve) => site.listen(0, 'localhost', resolve));
  await page.goto(`http://localhost:${site.address().port}/`);
  const box = page.frameLocator('iframe');
  await expect(box.getByRole('heading', { name: title })).toBeVisible();
  await expect(box.getByTestId('seats-left')).toHaveText('5');
  const badge = page.getByRole('img', { name: title });
  await expect(badge).toBeVisible();
  await expect.poll(() => badge.evaluate((image) => image.naturalWidth)).toBeGreaterThan(100);

  await box.getByRole('link', { name: 'Show competition' }).click();
  await expect(page).toHaveURL(new RegExp(`/competitions/${id}$`));
  await page.goto(`/competitions/${id}/embed`);
  // The box has no scripts, so it loads itself again; nothing is typed or read aloud in it that this would interrupt.
  if (javaScriptEnabled !== false) {
    const found = await violations(page);
    expect(found.filter((line) => !line.startsWith('meta-refresh'))).toEqual([]);
  }
  site.close();
});
