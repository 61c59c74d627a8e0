// What needs mail: logging in with a code, setting a new password, and confirming an address.

import { expect, link, test } from '../../support/mail-test.js';
import { PASSWORD, unique, uniqueEmail } from '../../support/test-data.js';
import { flashMessage, logIn, registerButton, registrationStatus, signUp } from '../../support/steps.js';

test('a press sends a code to the address that is typed already, and the code logs in', async ({ page, accounts, mail }) => {
  const organizer = await accounts.organizer();
  await page.goto('/login?next=%2Fme%2Fprofile');
  await page.getByTestId('login-form').getByLabel('E-mail').fill(organizer.email);
  await page.getByRole('button', { name: 'Log in with a code by mail instead' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
  await expect(page.getByLabel('E-mail')).toHaveValue(organizer.email);
  const code = await mail.find(organizer.email, /code to log in is[\s\S]{0,60}?(\d{3} ?\d{3})/);
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(page).toHaveURL('/me/profile');
});

test('without an address the same press asks for one', async ({ page }) => {
  await page.goto('/login');
  await page.getByRole('button', { name: 'Log in with a code by mail instead' }).click();
  await expect(page.getByTestId('code-form').getByLabel('E-mail')).toBeVisible();
  await expect(page.locator('.field-error')).toHaveCount(0);
});

test('somebody who forgot the password sets a new one by the link of a mail, once', async ({ page, accounts, mail, monitor }) => {
  monitor.allow(/status of 410/);
  const organizer = await accounts.organizer();
  await page.goto('/login');
  await page.getByTestId('login-form').getByLabel('E-mail').fill(organizer.email);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  const form = page.getByTestId('forgot-form');
  await expect(form.getByLabel('E-mail')).toHaveValue(organizer.email);
  await form.getByRole('button', { name: 'Send link' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
  const path = await mail.find(organizer.email, link('reset'));
  await page.goto(path);
  await page.getByTestId('reset-form').getByLabel('New password').fill('a much better password 7');
  await page.getByRole('button', { name: 'Set new password' }).click();
  await expect(page).toHaveURL(/\/login/);
  await logIn(page, organizer.email, PASSWORD);
  await expect(page.getByRole('alert')).toContainText('Wrong email or password');
  await logIn(page, organizer.email, 'a much better password 7');
  await expect(flashMessage(page)).toContainText('Welcome back');

  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link doesn’t work any more');
});

test('a new account confirms its address by the link of a mail, and registers then', async ({ page, accounts, mail }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('By Mail'));
  const email = uniqueEmail();
  await page.goto(`/signup?next=%2Fcompetitions%2F${id}`);
  await signUp(page, { name: unique('Nadia'), email });
  await page.goto(`/competitions/${id}`);
  const path = await mail.find(email, link('verify-email'));
  await page.goto(path);
  await page.getByTestId('verify-form').getByRole('button', { name: 'Confirm my address' }).click();
  await expect(page.getByText('Your e-mail address is confirmed').first()).toBeVisible();
  await page.goto(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText('You’re in!');
});
