// The control room follows a competition by itself, and asks before a change.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { waitForIslands } from '../../support/steps.js';

const tile = (page, name) => page.locator('.tiles > div').filter({ hasText: name });

test('the control room shows registrations within seconds, and the page stays as it is', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Rush'), { capacity: '2', waitlistEnabled: 'on' });
  const page = await organizer.open(`/organize/${id}/live`);
  await expect(page.getByRole('heading', { level: 1, name: 'Control room' })).toBeVisible();
  await expect(page.locator('[data-connection]')).toHaveText('Live');
  await expect(page.getByRole('link', { name: 'Reload' })).toBeHidden();
  await page.evaluate(() => { window.sameDocument = true; });
  await page.getByText('Show as a table').click();
  const participant = await accounts.participant('Ada Arrives');
  await participant.register(id);
  await expect(tile(page, 'Seats taken')).toContainText('1 of 2');
  await expect(page.locator('.room-newest')).toContainText('Ada Arrives');
  await expect(tile(page, 'Looking now')).toContainText(/[1-9]/);
  await expect(page.locator('.as-table')).toHaveAttribute('open', '');
  await expect(page.locator('.as-table tbody tr').first(), 'the table goes on').toContainText('1');
  await expect(page.locator('.as-table summary')).toBeFocused();
  expect(await page.evaluate(() => window.sameDocument), 'no reload').toBe(true);
});

test('seats are added from the control room after a question with numbers', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('More Seats'), { capacity: '1', waitlistEnabled: 'on' });
  for (let number = 0; number < 3; number += 1) await (await accounts.participant()).register(id);
  const page = await organizer.open(`/organize/${id}/live`);
  await waitForIslands(page);
  await page.getByLabel('Seats to add').fill('5');
  await page.getByRole('button', { name: 'Add seats…' }).click();
  await expect(page.getByText('It promotes 2 of 2 waiting')).toBeVisible();
  await page.getByRole('button', { name: 'Yes, add them' }).click();
  await expect(page).toHaveURL(`/organize/${id}/live`);
  await expect(tile(page, 'Seats taken')).toContainText('3 of 6');
  await page.getByRole('link', { name: 'Pause registration' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yes, pause it' }).click();
  await expect(page.locator('[data-phase-badge]')).toHaveText('Paused');
  await expect(page).toHaveURL(`/organize/${id}/live`);
});

test('without its event stream the control room says so, and goes on when it is back', async ({ accounts, monitor }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Tunnel'));
  const page = await organizer.open(`/organize/${id}/live`);
  const connection = page.locator('[data-connection]');
  await expect(connection).toHaveText('Live');
  monitor.allow(/ERR_INTERNET_DISCONNECTED/);
  await page.context().setOffline(true);
  await expect(connection).toHaveText('Reconnecting…');
  await expect(page.locator('[data-age]')).toHaveText(/^\d\d:\d\d$/);
  await expect(page.getByRole('link', { name: 'Reload' })).toBeVisible();
  await page.context().setOffline(false);
  await expect(connection).toHaveText('Live');
  await expect(page.locator('[data-age]')).toBeEmpty();
});

test('the script of the control room is small, and cached by its version', async ({ page }) => {
  const script = await page.request.get('/control-room.js?v=1');
  expect(script.headers()['content-type']).toContain('javascript');
  expect(script.headers()['cache-control']).toBe('public, max-age=3600');
  expect((await script.body()).length).toBeLessThan(6 * 1024);
});

/** Returns where elements end, in pixels below the top of the window. */
async function bottoms(page, selectors) {
  return Promise.all(selectors.map(async (selector) => {
    const { y, height } = await page.locator(selector).boundingBox();
    return y + height;
  }));
}

test('the control room fits on one screen', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('One Screen'), { waitlistEnabled: 'on' });
  for (let number = 0; number < 3; number += 1) await (await accounts.participant()).register(id);
  const page = await organizer.open(`/organize/${id}/live`, { viewport: { width: 1280, height: 800 } });
  await waitForIslands(page);
  // The message about the new competition is shown once.
  await page.reload();
  await waitForIslands(page);
  const parts = ['.room-actions', '.chart', '.room-newest', '.room-refusals'];
  for (const [number, bottom] of (await bottoms(page, parts)).entries()) {
    expect.soft(bottom, parts[number]).toBeLessThanOrEqual(800);
  }
  const actions = await page.locator('.room-actions').boundingBox();
  expect(actions.height, 'the actions are one row').toBeLessThan(60);
  // As many rows as there can be.
  const fits = await page.locator('.room-newest').evaluate((list) => {
    const row = list.querySelector('li');
    while (list.children.length < 15) list.append(row.cloneNode(true));
    const refusals = document.querySelector('.room-refusals').getBoundingClientRect();
    return { whole: list.scrollHeight <= list.clientHeight + 1, end: refusals.bottom };
  });
  expect(fits.whole, 'no row is cut').toBe(true);
  expect(fits.end).toBeLessThanOrEqual(800);
  await page.mouse.wheel(0, 400);
  await expect(page.getByRole('heading', { level: 1, name: 'Control room' })).toBeInViewport();
});

test('on a phone three figures come first, then the actions, then the chart', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('In The Hand'), { waitlistEnabled: 'on' });
  await (await accounts.participant()).register(id);
  const page = await organizer.open(`/organize/${id}/live`, { viewport: { width: 390, height: 844 } });
  await waitForIslands(page);
  const top = async (locator) => (await locator.boundingBox()).y;
  const order = [
    page.locator('.room-clock'),
    tile(page, 'Per second'),
    page.getByRole('link', { name: 'Pause registration' }),
    page.getByRole('button', { name: 'Add seats…' }),
    page.locator('#chart-heading'),
    tile(page, 'Looking now'),
  ];
  const tops = await Promise.all(order.map(top));
  expect(tops).toEqual([...tops].sort((one, other) => one - other));
  expect(await top(tile(page, 'Seats taken'))).toBe(await top(tile(page, 'Per second')));
});
