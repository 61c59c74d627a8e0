// Open standings and the open page of the competition follow what is published, without a reload.

import { expect, test } from '../../support/test.js';
import { waitForIslands } from '../../support/steps.js';
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

/** A competition with two participants, who meet in a bracket that nobody else sees yet. */
async function competitionWithBracket(accounts) {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Chess Evening'));
  for (const name of ['Ada', 'Ben']) await (await accounts.participant(name)).register(id);
  const fields = { name: 'Cup', format: 'SINGLE_ELIMINATION', seeding: 'REGISTERED_AT', tieRule: 'HEAD_TO_HEAD' };
  const location = await organizer.submit('add-bracket', { competitionId: id, ...fields });
  const bracketId = /bracket=([0-9a-f-]{36})/.exec(location)[1];
  return { id, organizer, bracketId };
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

test('an open page of a competition follows what is published and corrected, and leaves the rest alone', async ({ accounts, page }) => {
  const { id, runner, desk } = await competitionWithStage(accounts);
  const own = await runner.open(`/competitions/${id}`);
  await page.goto(`/competitions/${id}`);
  for (const each of [page, own]) {
    await waitForIslands(each);
    await expect(each.getByTestId('results')).toHaveCount(0);
    await each.evaluate(() => { document.getElementById('about').isUntouched = true; });
  }
  await publish(desk, '59:59');
  for (const each of [page, own]) await expect(each.getByTestId('results').getByRole('link', { name: 'Results' })).toBeVisible();
  await expect(own.getByTestId('own-result')).toContainText('59:59');
  await expect(page.getByTestId('own-result')).toHaveCount(0);
  await publish(desk, '58:00');
  await expect(own.getByTestId('own-result')).toContainText('58:00');
  await expect(own.getByTestId('own-result')).toContainText('Rank 1');
  for (const each of [page, own]) {
    const isUntouched = await each.evaluate(() => document.getElementById('about').isUntouched);
    expect(isUntouched, 'nobody who reads the description is disturbed').toBe(true);
  }
});

test('an open bracket shows each result at once, and is asked for only then', async ({ accounts, page }) => {
  const { id, organizer, bracketId } = await competitionWithBracket(accounts);
  await organizer.submit('publish-bracket', { competitionId: id, bracketId });
  const matches = await organizer.html(`/organize/${id}/brackets?bracket=${bracketId}`);
  const matchId = /;match=([0-9a-f-]{36})/.exec(matches.replaceAll('&match=', '&amp;match='))[1];
  await page.goto(`/competitions/${id}/brackets`);
  await expect(page.getByTestId('bracket')).toBeVisible();
  let loads = 0;
  page.on('request', (request) => { if (request.url().endsWith('/brackets')) loads += 1; });
  await organizer.submit('record-match', {
    competitionId: id,
    bracketId,
    matchId,
    idempotencyKey: crypto.randomUUID(),
    outcome: 'FIRST',
  });
  await expect(page.getByTestId('champion')).toContainText('Ada');
  expect(loads).toBe(1);
});

test('a bracket that is published and hidden again reaches the open page of its competition', async ({ accounts, page }) => {
  const { id, organizer, bracketId } = await competitionWithBracket(accounts);
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  const link = page.getByTestId('bracket-link');
  await expect(link).toHaveCount(0);
  await organizer.submit('publish-bracket', { competitionId: id, bracketId });
  await expect(link).toHaveText('Cup');
  await organizer.submit('publish-bracket', { competitionId: id, bracketId, hide: 'on' });
  await expect(link).toHaveCount(0);
});
