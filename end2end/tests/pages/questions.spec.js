import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus } from '../../support/steps.js';

test('an organizer asks, and a participant answers and changes the answers', async ({ accounts, javaScriptEnabled }) => {
  const withScripts = javaScriptEnabled !== false;
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Hack Night'));
  const page = await organizer.open(`/organize/${id}/questions`, { javaScriptEnabled });
  const form = page.getByTestId('question-form');
  const questions = page.getByTestId('questions').getByRole('listitem');

  await test.step('add common questions and one of their own', async () => {
    if (withScripts) await expectAccessible(page, 'no questions');
    await page.getByRole('button', { name: 'T-shirt size' }).click();
    await expect(flashMessage(page)).toContainText('The question is added.');
    await page.getByRole('button', { name: 'Which country do you come from?' }).click();
    await expect(questions).toHaveCount(2);
    await form.getByLabel('Kind of answer').selectOption({ label: 'Consent' });
    await form.getByLabel('Question, or the words of a consent').fill('I follow the rules.');
    await form.getByLabel('An answer is required').check();
    await form.getByRole('button', { name: 'Add question' }).click();
    await expect(questions).toHaveCount(3);
    if (withScripts) await expectAccessible(page, 'questions');
  });

  await test.step('move one up, and change one', async () => {
    await page.getByRole('button', { name: 'Move I follow the rules. up' }).click();
    await expect(questions.nth(1)).toContainText('I follow the rules.');
    await page.getByRole('link', { name: 'Change T-shirt size' }).click();
    await form.getByLabel('Options').fill('Small\nLarge');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(questions.first()).toContainText('Small · Large');
  });

  const participant = await accounts.participant();
  const own = await participant.open(`/competitions/${id}`, { javaScriptEnabled });

  await test.step('a participant registers with answers', async () => {
    if (withScripts) await expectAccessible(own, 'questions for participants');
    await own.getByLabel('T-shirt size').selectOption('Large');
    await own.getByLabel('Which country do you come from?').selectOption('JP');
    // Browsers ask for what is missing.
    await registerButton(own).click();
    await expect(own).toHaveURL(new RegExp(`/competitions/${id}`));
    await own.getByLabel('I follow the rules.').check();
    await registerButton(own).click();
    await expect(registrationStatus(own)).toContainText('You’re in!');
    await expect(own.getByTestId('answers')).toContainText('Large');
    await expect(own.getByTestId('answers')).toContainText(withScripts ? 'Japan' : 'JP');
  });

  await test.step('and changes an answer', async () => {
    await own.getByRole('link', { name: 'Change answers' }).click();
    if (withScripts) await expectAccessible(own, 'answers');
    await own.getByLabel('T-shirt size').selectOption('Small');
    await own.getByRole('button', { name: 'Save' }).click();
    await expect(flashMessage(own)).toContainText('Your answers are saved.');
    await expect(own.getByTestId('answers')).toContainText('Small');
  });

  await test.step('the organizer stops asking, and the answers stay', async () => {
    await page.goto(`/organize/${id}/questions`);
    await page.getByRole('button', { name: 'Stop asking T-shirt size' }).click();
    await expect(page.getByTestId('archived-questions')).toContainText('T-shirt size');
    await own.reload();
    await expect(own.getByTestId('answers')).toContainText('Small');
  });
});
