// Covers on cards and pages, what a shared link shows, and the page of an organizer.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { overflow } from '../../support/overflow.js';

/** A PNG file of 1200 × 630 pixels. */
const SOCIAL_CARD = new URL('../../../public/social.png', import.meta.url).pathname;

/** Returns whether the picture has arrived and is shown. */
const isShown = (picture) => picture.evaluate((it) => it.complete && it.naturalWidth === 1200);

test('a card shows cover, date, title, place and seats, and leads to the page over the same cover', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Covered Chess');
  const id = await organizer.createCompetition(title, { tags: 'chess', location: 'Town hall', capacity: '30' });
  await page.goto(`/competitions?search=${encodeURIComponent(title)}`);
  const card = page.getByRole('article').filter({ hasText: title });
  await expect(card).toContainText('Town hall');
  await expect(card).toContainText('30 seats left');
  const cover = card.locator('img');
  await expect.poll(() => isShown(cover)).toBe(true);
  const address = await cover.getAttribute('src');
  expect(address).toMatch(/\/cover\.svg\?v=[0-9a-f]{16}$/);
  const response = await page.request.get(address);
  expect(response.headers()['cache-control']).toContain('immutable');

  await card.getByRole('link', { name: title }).click();
  await expect(page).toHaveURL(new RegExp(`/competitions/${id}$`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  // The place is on a line of its own, below the time.
  await expect(page.locator('.competition-line > :last-child')).toHaveCSS('display', 'block');
  const large = page.locator('.competition-cover');
  await expect(large).toHaveAttribute('src', address);
  await expect.poll(() => isShown(large)).toBe(true);
});

test('a shared link has a picture, a description and one address', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = `${unique('Shared')} </script><b>`;
  const id = await organizer.createCompetition(title, { description: 'Two **days** of chess.' });
  await page.goto(`/competitions/${id}?utm_source=mail`);
  const origin = new URL(page.url()).origin;
  await expect(page.locator('link[rel=canonical]')).toHaveAttribute('href', `${origin}/competitions/${id}`);
  const picture = await page.locator('meta[property="og:image"]').getAttribute('content');
  expect(picture.startsWith(`${origin}/api/v1/competitions/${id}/cover.png?v=`)).toBe(true);
  const png = await page.request.get(picture);
  expect(png.headers()['content-type']).toBe('image/png');
  await expect(page.locator('meta[name="twitter:card"]')).toHaveAttribute('content', 'summary_large_image');
  const event = JSON.parse(await page.locator('script[type="application/ld+json"]').textContent());
  expect(event).toMatchObject({ '@type': 'Event', name: title, description: 'Two days of chess.', image: [picture] });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
});

test('an uploaded picture takes the place of the cover, and a wrong file is refused beside its field', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Pictured'));
  const form = await organizer.open(`/organize/${id}/picture`);
  const file = form.getByLabel('New picture');
  const save = form.getByRole('button', { name: 'Use this picture' });
  await form.getByLabel('What does it show?').fill('Rows of seats');
  await file.setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('<svg><script>alert(1)</script></svg>') });
  await save.click();
  await expect(file).toHaveAccessibleDescription(/no JPEG, PNG or WebP picture/);
  await expect(form.getByLabel('What does it show?'), 'what was typed stays').toHaveValue('Rows of seats');
  await file.setInputFiles(SOCIAL_CARD);
  await save.click();
  await expect(form.getByRole('status')).toContainText('Your picture is in place');
  await page.goto(`/competitions/${id}`);
  const cover = page.getByRole('img', { name: 'Rows of seats' });
  await expect(cover).toHaveAttribute('srcset', /picture\.jpg\?v=[0-9a-f-]{36}&w=400 400w, .* 1200w$/);
  await expect.poll(() => cover.evaluate((it) => it.complete && it.naturalWidth > 0)).toBe(true);
  await form.getByRole('button', { name: 'Remove the picture' }).click();
  await expect(form.getByRole('status')).toContainText('The picture is removed');
});

test('an organizer has a page with their competitions', async ({ page, accounts }) => {
  const organizer = await accounts.organizer(unique('Chess Club'));
  const first = await organizer.createCompetition('Winter Open', { tags: 'chess' });
  await organizer.createCompetition('Spring Open', { tags: 'chess' });
  await page.goto(`/competitions/${first}`);
  await page.getByRole('link', { name: organizer.name }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(organizer.name);
  await expect(page.getByRole('article')).toHaveCount(2);
});

test('covers and large titles fit at 390 pixels, also with text at 200 %', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition('International Internationalization Championship', { location: 'Town hall' });
  await page.setViewportSize({ width: 390, height: 844 });
  for (const address of ['/', '/competitions', `/competitions/${id}`]) {
    await page.goto(address);
    expect.soft(await overflow(page), address).toEqual([]);
    await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; }).catch(() => {});
    expect.soft(await overflow(page), `${address} at 200 %`).toEqual([]);
  }
});

test('a competition page leads to similar competitions and to the organizer', async ({ page, accounts }) => {
  const organizer = await accounts.organizer(unique('Rowing Club'));
  const topic = unique('rowing').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const first = await organizer.createCompetition('Spring Regatta', { tags: topic });
  const second = await organizer.createCompetition('Autumn Regatta', { tags: topic, location: 'Lake' });
  const profile = await organizer.open('/me/profile');
  await profile.getByLabel('How to reach you').fill('rowing@example.org');
  await profile.getByRole('button', { name: 'Save' }).click();
  await page.goto(`/competitions/${first}`);
  const contact = page.getByRole('link', { name: 'Contact: rowing@example.org' });
  await expect(contact).toHaveAttribute('href', 'mailto:rowing@example.org');
  const similar = page.getByRole('region', { name: 'Similar competitions' });
  await similar.getByRole('link', { name: 'Autumn Regatta' }).click();
  await expect(page).toHaveURL(new RegExp(`/competitions/${second}$`));
  await page.getByRole('link', { name: organizer.name }).click();
  await expect(page.getByRole('link', { name: 'Contact: rowing@example.org' })).toBeVisible();
});
