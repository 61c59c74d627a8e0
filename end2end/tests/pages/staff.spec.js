import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, waitForIslands } from '../../support/steps.js';

test('an owner invites a co-organizer, hands the competition over and leaves', async ({ accounts, javaScriptEnabled }) => {
  test.setTimeout(150_000);
  const withScripts = javaScriptEnabled !== false;
  const ready = async (page) => {
    if (withScripts) await waitForIslands(page);
  };
  const owner = await accounts.organizer();
  const helper = await accounts.organizer(unique('Nora Next'));
  const id = await owner.createCompetition(unique('Shared'));
  const staff = `/organize/${id}/staff`;
  const page = await owner.open(staff, { javaScriptEnabled });
  await ready(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Co-organizers' })).toBeVisible();
  if (withScripts) await expectAccessible(page, 'staff');

  await test.step('invite somebody by e-mail', async () => {
    const form = page.getByTestId('staff-form');
    await form.getByLabel('E-mail address').fill(helper.email);
    await form.getByLabel('Role').selectOption('VIEWER');
    await form.getByRole('button', { name: 'Send invitation' }).click();
    await expect(flashMessage(page)).toContainText(helper.email);
    await expect(page.getByTestId('staff')).toContainText('Invited');
  });

  const other = await helper.open('/organize', { javaScriptEnabled });
  await test.step('the invitation is accepted by a press', async () => {
    await other.getByTestId('invitations').getByRole('link').click();
    await expect(other.getByRole('heading', { level: 1, name: 'Help with a competition' })).toBeVisible();
    if (withScripts) await expectAccessible(other, 'invitation');
    await other.getByRole('button', { name: 'Accept invitation' }).click();
    await expect(flashMessage(other)).toContainText('Welcome!');
    await expect(other.getByTestId('own-role')).toContainText('Viewer');
    await expect(other.getByRole('link', { name: 'Edit', exact: true })).toHaveCount(0);
  });

  await test.step('another role shows other actions', async () => {
    await page.goto(staff);
    await ready(page);
    await page.getByRole('combobox', { name: helper.name }).selectOption('EDITOR');
    await page.getByRole('button', { name: 'Change role' }).click();
    await expect(flashMessage(page)).toContainText('The role is changed.');
    await other.reload();
    await expect(other.getByRole('link', { name: 'Edit', exact: true })).toBeVisible();
    await expect(other.getByRole('link', { name: 'Delete' })).toHaveCount(0);
  });

  await test.step('hand over after a question', async () => {
    await ready(page);
    await page.getByRole('link', { name: 'Hand over' }).click();
    await expect(page.getByRole('heading', { name: `Hand the competition over to ${helper.name}?` })).toBeVisible();
    await page.getByRole('button', { name: 'Hand over' }).click();
    await expect(flashMessage(page)).toContainText(helper.name);
    await expect(page.getByTestId('staff-form')).toHaveCount(0);
  });

  await test.step('leave', async () => {
    await ready(page);
    await page.getByRole('link', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Leave' }).click();
    await expect(flashMessage(page)).toContainText('any more');
    await expect(page).toHaveURL(/\/organize$/);
  });
});
