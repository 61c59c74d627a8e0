import { expect, test } from '../../support/test.js';
import { expectAccessible } from '../../support/axe.js';
import { DEMO, unique } from '../../support/people.js';
import { everyPage, openAs, VIEWERS } from '../../support/places.js';
import { alive, logIn, registerForm } from '../../support/steps.js';

for (const viewer of VIEWERS) {
  test(`every page is accessible, light and dark (${viewer})`, async ({ page: nobodys, people, witness }) => {
    test.setTimeout(180_000);
    witness.expect(/status of 40[34]/);
    const places = await everyPage(people);
    const page = await openAs(viewer, places, nobodys);
    const titles = new Map();
    for (const address of places.pages[viewer]) {
      await page.goto(address);
      await alive(page);
      await expectAccessible(page, address);
      expect.soft(await page.getByRole('heading', { level: 1 }).count(), `${address}: one h1`).toBe(1);
      expect.soft(await page.getByRole('main').count(), `${address}: one main`).toBe(1);
      const title = await page.title();
      expect.soft(title, `${address}: a title`).toMatch(/\S+.*Mini Compete|Mini Compete.*\S+/);
      titles.set(address.split('?')[0], title);
    }
    expect.soft(new Set(titles.values()).size, `different titles: ${[...titles.values()].join(' | ')}`).toBe(titles.size);
  });
}

test('forms with errors, the account menu and the dialog are accessible', async ({ page, people }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant, 'not-the-password');
  await expect(page.getByRole('alert')).toBeVisible();
  await alive(page);
  await expectAccessible(page, 'login with an error');

  await logIn(page, DEMO.participant);
  await page.locator('summary').click();
  await expect(page.getByRole('button', { name: 'Log out' })).toBeVisible();
  await alive(page);
  await expectAccessible(page, 'account menu');

  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Dialog'));
  const theirs = await organizer.opens(`/organize/${id}`);
  await alive(theirs);
  await theirs.getByRole('link', { name: 'Call off' }).click();
  await expect(theirs.getByRole('dialog')).toBeVisible();
  await expectAccessible(theirs, 'dialog');

  await theirs.goto('/organize/new');
  const form = theirs.getByTestId('competition-form');
  await form.evaluate((element) => { element.noValidate = true; });
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(theirs.getByRole('alert')).toBeVisible();
  await alive(theirs);
  await expectAccessible(theirs, 'new competition with errors');
});

test('a press that waits for the network is accessible', async ({ people, witness }) => {
  witness.expect(/ERR_INTERNET_DISCONNECTED/);
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Waiting'));
  const page = await (await people.newcomer()).opens(`/competitions/${id}`);
  await alive(page);
  await page.context().setOffline(true);
  await registerForm(page).getByRole('button').click();
  await expect(registerForm(page).getByRole('status')).toContainText('Trying again');
  await expectAccessible(page, 'trying again');
});
