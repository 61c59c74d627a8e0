// What several tests do on pages, in a visitor's words.

import { expect } from '@playwright/test';

import { PASSWORD } from './people.js';

/** Until islands are alive; without JavaScript there is nothing to wait for. */
export async function alive(page) {
  await expect(page.getByRole('button', { name: /^Theme/ })).toBeVisible();
}

export const seatsLeft = (page) => page.getByTestId('seats-left');
export const registerForm = (page) => page.getByTestId('register-form');
export const registerButton = (page) => registerForm(page).getByRole('button');
export const status = (page) => page.getByTestId('registration-status');

/** What the page says of the last act. */
export const outcome = (page) => page.locator('.outcome:is([role=status], [role=alert])');

export async function logIn(page, email, password = PASSWORD) {
  const form = page.getByTestId('login-form');
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Log in' }).click();
}

export async function signUp(page, { name, email, password = PASSWORD }) {
  const form = page.getByTestId('signup-form');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button', { name: 'Sign up' }).click();
}

/** Loads again and again until a mail with this subject lies in the mailbox. */
export async function mailArrives(page, subject) {
  const mail = page.getByTestId('message').filter({ hasText: subject });
  await expect(async () => {
    await page.goto('/me/mailbox');
    await expect(mail.first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(mail, 'never twice').toHaveCount(1);
  return mail;
}
