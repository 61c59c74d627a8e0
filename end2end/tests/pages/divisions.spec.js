import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus } from '../../support/steps.js';

test('an organizer divides a competition, and a participant chooses a division', async ({ accounts, javaScriptEnabled }) => {
  const withScripts = javaScriptEnabled !== false;
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('City Run'));
  const page = await organizer.open(`/organize/${id}/divisions`, { javaScriptEnabled });
  const form = page.getByTestId('division-form');

  await test.step('add two divisions, one of them with seats of its own', async () => {
    if (withScripts) await expectAccessible(page, 'divisions');
    await form.getByLabel('Name').fill('10 km');
    await form.getByLabel('Seats').fill('1');
    await form.getByRole('button', { name: 'Add division' }).click();
    await expect(flashMessage(page)).toContainText('The division is added.');
    await form.getByLabel('Name').fill('Marathon');
    await form.getByRole('button', { name: 'Add division' }).click();
    await expect(page.getByTestId('divisions').getByRole('listitem')).toHaveText([/10 km.*1 of 1 free/s, /Marathon/]);
  });

  await test.step('change one', async () => {
    await page.getByRole('link', { name: 'Change Marathon' }).click();
    await expect(form.getByLabel('Name')).toHaveValue('Marathon');
    await form.getByLabel('Lowest age').fill('18');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByTestId('divisions')).toContainText('18 years and older');
  });

  await test.step('a participant registers in one, which is full then', async () => {
    const participant = await accounts.participant();
    const own = await participant.open(`/competitions/${id}`, { javaScriptEnabled });
    if (withScripts) await expectAccessible(own, 'a choice of divisions');
    await own.getByRole('radio', { name: /10 km/ }).check();
    // A division has a lowest age.
    await own.getByLabel('Date of birth').fill('1990-05-01');
    await registerButton(own).click();
    await expect(own).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
    await expect(registrationStatus(own)).toContainText("You’re in!");
    await expect(own.getByTestId('division')).toContainText('10 km');
    await page.goto(`/competitions/${id}`);
    await expect(page.getByRole('main')).toContainText('0 of 1 free');
  });
});
