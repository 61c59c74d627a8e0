import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus } from '../../support/steps.js';

test('an organizer hands out codes, and participants register with them', async ({ accounts, javaScriptEnabled }) => {
  const withScripts = javaScriptEnabled !== false;
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Sponsored Night'), { capacity: '2' });
  const page = await organizer.open(`/organize/${id}/codes`, { javaScriptEnabled });
  const form = page.getByTestId('code-form');
  const codes = page.getByTestId('codes').getByRole('listitem');

  await test.step('add a code that sets a seat aside', async () => {
    if (withScripts) await expectAccessible(page, 'no codes');
    await form.getByLabel('Code').first().fill('sponsor-1');
    await form.getByLabel('What it is good for').selectOption({ label: 'May register, and a seat is set aside' });
    await form.getByLabel('People who may use it').fill('1');
    await form.getByRole('button', { name: 'Add code' }).click();
    await expect(flashMessage(page)).toContainText('The code is added.');
    await expect(codes).toHaveCount(1);
    await expect(page.getByTestId('set-aside')).toHaveText('1 seat is set aside');
    if (withScripts) await expectAccessible(page, 'codes');
  });

  const link = await page.getByLabel('Link for SPONSOR-1').inputValue();
  const others = await accounts.participant();
  await others.register(id);

  await test.step('a participant follows the link, and gets the seat', async () => {
    const participant = await accounts.participant();
    const own = await participant.open(new URL(link).pathname + new URL(link).search, { javaScriptEnabled });
    if (withScripts) await expectAccessible(own, 'a code on a page that is full');
    await expect(own.getByLabel('Code, if you have one')).toHaveValue('SPONSOR-1');
    await own.getByRole('button', { name: 'Register with code' }).click();
    await expect(registrationStatus(own)).toContainText('You’re in!');
  });

  await test.step('the organizer requires codes, and generates some', async () => {
    await page.goto(`/organize/${id}/codes`);
    await page.getByLabel('Nobody registers without a code').check();
    await page.getByTestId('eligibility-form').getByRole('button', { name: 'Save' }).click();
    await expect(flashMessage(page)).toContainText('The conditions are saved.');
    await page.getByRole('link', { name: 'Generate codes' }).click();
    const many = page.getByTestId('codes-form');
    await many.getByLabel('Number of codes').fill('3');
    await many.getByLabel('People who may use it').fill('1');
    await many.getByRole('button', { name: 'Generate codes' }).click();
    await expect(codes).toHaveCount(4);
  });

  await test.step('a wrong code is refused, and stays in the form', async () => {
    await organizer.submit('change-capacity-of-competition', { competitionId: id, seats: '2' });
    const participant = await accounts.participant();
    const own = await participant.open(`/competitions/${id}`, { javaScriptEnabled });
    await own.getByRole('textbox', { name: 'Code' }).fill('GUESS-1');
    await registerButton(own).click();
    await expect(own.getByRole('alert').first()).toContainText('This code can’t be used here.');
    await expect(own.getByRole('textbox', { name: 'Code' })).toHaveValue('GUESS-1');
  });
});
