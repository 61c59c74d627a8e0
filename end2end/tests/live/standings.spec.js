// Open standings follow what is published, without a reload.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

/** A competition with one participant, who has the start number 1, and a stage; and the organizer's page of results. */
async function competitionWithStage(accounts) {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Night Run'));
  const runner = await accounts.participant();
  await runner.register(id);
  await organizer.submit('give-start-numbers-of-competition', { competitionId: id, order: 'REGISTERED_AT', from: '1' });
  const desk = await organizer.open(`/organize/${id}/results`);
  const stage = desk.getByTestId('stage-form');
  await stage.getByLabel('Name').fill('Final');
  await stage.getByRole('button').click();
  return { id, runner, desk };
}

/** Records a result of the start number 1 and publishes the standings. */
async function publish(desk, value) {
  const form = desk.getByTestId('result-form');
  await form.locator('[name=code]').fill('1');
  await form.locator('[name=value]').fill(value);
  await form.getByRole('button').click();
  await desk.getByRole('button', { name: 'Publish standings' }).click();
  await expect(desk.getByText(/Version \d+ is published/)).toBeVisible();
}

test('open standings show each publication at once, under the pointer too', async ({ accounts, page }) => {
  const { id, runner, desk } = await competitionWithStage(accounts);
  const own = await runner.open(`/competitions/${id}/results`);
  await page.goto(`/competitions/${id}/results`);
  for (const each of [page, own]) {
    await each.evaluate(() => { window.sameDocument = true; });
    await expect(each.getByTestId('standings')).toHaveCount(0);
  }
  let loads = 0;
  page.on('request', (request) => { if (request.url().endsWith('/results')) loads += 1; });
  await publish(desk, '59:59');
  for (const each of [page, own]) await expect(each.getByTestId('standings')).toContainText('59:59');
  await expect(own.getByTestId('own-standing')).toContainText('Rank 1');
  await page.getByTestId('standings').hover();
  await publish(desk, '58:00');
  await expect(page.getByTestId('standings')).toContainText('58:00');
  expect(await page.evaluate(() => window.sameDocument), 'no reload').toBe(true);
  expect(loads, 'the page is asked for only when something is published').toBe(2);
});

test('standings without an event stream are asked for every five seconds', async ({ accounts, page, monitor }) => {
  monitor.allow(/events/);
  const { id, desk } = await competitionWithStage(accounts);
  await page.route('**/events', (route) => route.fulfill({ status: 503 }));
  await page.goto(`/competitions/${id}/results`);
  await publish(desk, '59:59');
  await expect(page.getByTestId('standings')).toContainText('59:59', { timeout: 20_000 });
});
