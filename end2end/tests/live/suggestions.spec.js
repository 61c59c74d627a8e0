// Suggestions while a search is typed. Without JavaScript the search is a plain form (tests/pages).

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { waitForIslands } from '../../support/steps.js';

test('titles are suggested while typing, and chosen with the keyboard', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const word = unique('Zugspitz').replace(' ', '');
  await organizer.createCompetition(`${word} Marathon`, {});
  await organizer.createCompetition(`${word} Sprint`, {});
  await page.goto('/competitions');
  await waitForIslands(page);
  const input = page.getByRole('combobox', { name: 'Search' });
  const options = page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
  await expect(input).toHaveAttribute('aria-expanded', 'false');

  await input.pressSequentially(word.slice(0, -1));
  await expect(options).toHaveCount(2);
  await expect(input).toHaveAttribute('aria-expanded', 'true');

  await input.press('ArrowDown');
  const first = await options.first().textContent();
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await expect(input).toHaveAttribute('aria-activedescendant', await options.first().getAttribute('id'));
  await expect(input).toHaveValue(first);

  await input.press('Escape');
  await expect(options.first()).toBeHidden();
  await expect(input).toHaveValue(word.slice(0, -1));

  await input.pressSequentially(word.slice(-1));
  await expect(options).toHaveCount(2);
  await input.press('ArrowDown');
  await input.press('Enter');
  await expect(options.first()).toBeHidden();
  await expect(page.getByTestId('result-count')).toHaveText('1 competition');
  await expect(page).toHaveURL(/\/competitions\?search=/);
});

test('a suggestion is chosen with the mouse, and leaving the input closes the list', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Yodelling');
  await organizer.createCompetition(title, {});
  await page.goto('/competitions');
  await waitForIslands(page);
  const input = page.getByRole('combobox', { name: 'Search' });
  const option = page.getByRole('option', { name: title });
  await input.pressSequentially(title.slice(0, 6));
  await expect(option).toBeVisible();
  await page.getByRole('heading', { level: 1 }).click();
  await expect(option).toBeHidden();

  await input.press('End');
  await input.pressSequentially(title.slice(6));
  await option.click();
  await expect(option).toBeHidden();
  await expect(input).toHaveValue(title);
  await expect(page.getByTestId('result-count')).toHaveText('1 competition');
});
