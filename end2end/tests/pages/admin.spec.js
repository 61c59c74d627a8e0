import { expect, test } from '../../support/test.js';
import { DEMO, unique } from '../../support/test-data.js';
import { flashMessage, waitForIslands } from '../../support/steps.js';

/** Opens a page of administrators as the administrator of the demo. */
async function openAsAdmin(accounts, address, javaScriptEnabled) {
  const admin = await accounts.logIn(DEMO.admin);
  const page = await admin.open(address, { javaScriptEnabled });
  if (javaScriptEnabled !== false) await waitForIslands(page);
  return page;
}

const row = (page, queue) => page.locator(`tr[data-queue=${queue}]`);

test('an administrator finds the desk in the header, and sees how the installation is', async ({ accounts, javaScriptEnabled }) => {
  const page = await openAsAdmin(accounts, '/competitions', javaScriptEnabled);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Administration' }).click();
  await expect(page).toHaveURL('/admin');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Administration');
  await expect(page.locator('[data-service=DATABASE]')).toContainText('SQLite');
  await expect(page.locator('[data-service=DATABASE]')).toHaveAttribute('data-state', 'UP');
  await expect(page.locator('[data-service=MAIL]')).toContainText('Not set up');
  await expect(page.getByRole('table', { name: 'Processes' })).toContainText('Web, Jobs, Schedule');
  const spark = row(page, 'registration').getByRole('img');
  await expect(spark).toHaveAccessibleName(/Confirmations: jobs done a minute/);
  await page.getByText('Show as a table').click();
  await expect(page.getByRole('table', { name: 'Done a minute' }).getByRole('row')).toHaveCount(21);
  const pages = page.getByRole('navigation', { name: 'Administration pages' });
  for (const name of ['Queues', 'Dead letters', 'Accounts', 'Competitions', 'Settings', 'Audit', 'Health']) {
    await pages.getByRole('link', { name }).click();
    await expect(pages.getByRole('link', { name })).toHaveAttribute('aria-current', 'page');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
});

test('a queue is paused and resumed', async ({ accounts, javaScriptEnabled }) => {
  const page = await openAsAdmin(accounts, '/admin/queues', javaScriptEnabled);
  await row(page, 'reminder').getByRole('button', { name: 'Pause Reminders and announcements' }).click();
  await expect(page).toHaveURL('/admin/queues');
  await expect(flashMessage(page)).toContainText('paused');
  await expect(row(page, 'reminder')).toContainText('Paused');
  await expect(row(page, 'registration')).toContainText('Running');
  await page.goto('/admin');
  await expect(page.getByTestId('overall')).toContainText(/need/);
  await row(page, 'reminder').getByRole('button', { name: 'Resume' }).click();
  await expect(page).toHaveURL('/admin');
  await expect(row(page, 'reminder')).toContainText('Running');
  await page.goto('/admin/audit?action=QUEUE_PAUSE');
  await expect(page.getByRole('table', { name: 'Audit' })).toContainText('Alex Admin');
});

test('an account is found, made an organizer, disabled after a question and enabled again', async ({ accounts, javaScriptEnabled }) => {
  const name = unique('Walter Wanted');
  const wanted = await accounts.participant(name);
  const page = await openAsAdmin(accounts, '/admin/users', javaScriptEnabled);
  await page.getByRole('searchbox', { name: 'Search' }).fill(wanted.email.slice(0, -4));
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(page.getByRole('table', { name: 'Accounts' }).getByRole('row')).toHaveCount(2);
  await page.getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);

  await page.getByLabel('Role').selectOption('ORGANIZER');
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(flashMessage(page)).toContainText('The role is changed');
  await expect(page.getByTestId('account')).toContainText('Organizer');
  await wanted.html('/organize');

  await page.getByRole('link', { name: 'Disable…' }).click();
  // With JavaScript the question is asked in a dialog.
  const question = page.locator('main [data-question], dialog');
  await expect(question.getByRole('heading', { name: `Disable ${name}?` })).toBeVisible();
  await question.getByRole('link', { name: 'Keep' }).click();
  await page.getByRole('link', { name: 'Disable…' }).click();
  await question.getByRole('button', { name: 'Disable the account' }).click();
  await expect(flashMessage(page)).toContainText('disabled and logged out everywhere');
  await expect(page.getByRole('banner').or(page.locator('.page-header')).last()).toContainText('Disabled');
  await page.getByRole('button', { name: 'Enable again' }).click();
  await expect(flashMessage(page)).toContainText('enabled again');
  await page.getByRole('button', { name: 'Log out everywhere' }).click();
  await expect(flashMessage(page)).toContainText('logged out everywhere');
});

test('the last administrator keeps the role', async ({ accounts, javaScriptEnabled }) => {
  const page = await openAsAdmin(accounts, `/admin/users?search=${DEMO.admin}`, javaScriptEnabled);
  await page.getByRole('link', { name: 'Alex Admin' }).click();
  await expect(page.getByText('This is your own account.')).toBeVisible();
  await page.getByLabel('Role').selectOption('PARTICIPANT');
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(flashMessage(page)).toContainText('This is the last administrator');
  await expect(page.getByTestId('account')).toContainText('Administrator');
});

test('others are told that they have no access', async ({ accounts, page, javaScriptEnabled, monitor }) => {
  monitor.allow(/status of 403/);
  await page.goto('/admin/users');
  await expect(page).toHaveURL(/\/login\?next=%2Fadmin%2Fusers/);
  for (const account of [await accounts.participant(), await accounts.organizer()]) {
    const refused = await account.open('/admin', { javaScriptEnabled });
    await expect(refused.getByRole('heading', { level: 1 })).toHaveText('You don’t have access');
    await expect(refused.getByRole('link', { name: 'Administration' })).toHaveCount(0);
  }
});

test('competitions of everybody and the settings are listed, without secrets', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const title = unique('Draft of Somebody');
  await organizer.createCompetition(title, { status: 'DRAFT' });
  const page = await openAsAdmin(accounts, '/admin/competitions', javaScriptEnabled);
  await page.getByRole('link', { name: title }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await page.goto('/admin/settings');
  const settings = page.getByRole('table', { name: 'Settings' });
  await expect(settings.getByRole('row', { name: /^DATABASE_URL/ })).toContainText('Set, hidden');
  await expect(settings.getByRole('row', { name: /^RATE_LIMIT/ })).toContainText('off');
  await expect(settings).not.toContainText('sqlite://');
});
