// Screenshots of what each preset makes of a new competition, as participants see it.

import { LOOKS, screenshot } from '../../support/screenshots.js';
import { test } from '../../support/test.js';
import { DEMO } from '../../support/test-data.js';

const TITLES = {
  Hackathon: 'Harbour Hack 24',
  Race: 'Ring Road Run',
  Tournament: 'Winter Chess Open',
  Exam: 'Mathematics II, resit',
  Workshop: 'Bread from Sourdough',
};

test('screenshots of the presets', async ({ accounts }) => {
  test.setTimeout(200_000);
  const organizer = await accounts.logIn(DEMO.organizer);
  const participant = await accounts.participant();
  for (const [kind, title] of Object.entries(TITLES)) {
    const page = await organizer.open('/organize/new');
    await page.getByRole('link', { name: kind, exact: true }).click();
    const form = page.getByTestId('competition-form');
    await form.getByLabel('Title').fill(title);
    await form.getByLabel('Visibility').selectOption('PUBLISHED');
    await form.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/organize\/[0-9a-f-]{36}$/);
    const id = page.url().split('/').pop();
    const name = `preset-${kind.toLowerCase()}`;
    for (const { look, colorScheme, options } of LOOKS.filter(({ look }) => look !== 'dark')) {
      const own = await participant.open('/', options);
      await own.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await screenshot(own, `${name}-${look}`, `/competitions/${id}`);
    }
  }
});
