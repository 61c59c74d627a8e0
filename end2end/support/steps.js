// Locators and steps on pages that several tests use.

import { expect } from '@playwright/test';

import { PASSWORD } from './test-data.js';

/** Waits until the islands are hydrated. Not for pages without JavaScript. */
export async function waitForIslands(page) {
  await expect(page.locator('.theme-switch')).toBeVisible();
}

export const seatsLeft = (page) => page.getByTestId('seats-left');
export const registerForm = (page) => page.getByTestId('register-form');
export const registerButton = (page) => registerForm(page).getByRole('button');
export const registrationStatus = (page) => page.getByTestId('registration-status');

/** The flash message with the result of the last action. */
export const flashMessage = (page) => page.locator('.flash:is([role=status], [role=alert])');

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

/** Reloads the mailbox until it contains a message with this subject. Fails if there are two. */
export async function waitForMessage(page, subject) {
  const message = page.getByTestId('message').filter({ hasText: subject });
  await expect(async () => {
    await page.goto('/me/mailbox');
    await expect(message.first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(message, 'exactly one message').toHaveCount(1);
  return message;
}
