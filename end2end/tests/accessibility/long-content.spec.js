// Texts may contain very long words, wide tables and long lines of code. They break or scroll inside their
// box, and the page is never wider than the screen.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { overflow } from '../../support/overflow.js';
import { waitForIslands } from '../../support/steps.js';

const word = (length) => 'Wolkenkratzerfundament'.repeat(Math.ceil(length / 22)).slice(0, length);
const columns = Array.from({ length: 30 }, (_, n) => `Column${n}`);

const DESCRIPTION = [
  `# ${word(200)}`,
  word(4_000),
  `- ${word(300)}`,
  `> ${word(300)}`,
  `[${word(200)}](https://example.org/${word(300)})`,
  `A word of code: \`${word(300)}\`.`,
  `    ${word(500)}`,
  `|${columns.join('|')}|\n|${columns.map(() => '-').join('|')}|\n|${columns.map(() => 'cell').join('|')}|`,
  `| one | two |\n|---|---|\n| ${word(500)} | x |`,
].join('\n\n');

const SCREENS = [
  ['a desktop', { width: 1280, height: 800 }],
  ['a phone', { width: 390, height: 844 }],
];

test('very long words, wide tables and long lines of code do not widen any page', async ({ page: anonymousPage, accounts, monitor }) => {
  test.setTimeout(150_000);
  monitor.allow(/status of 404/);
  const organizer = await accounts.organizer(word(100));
  const participant = await accounts.participant(word(100));
  const title = `${Date.now().toString(36)}${word(110)}`;
  const id = await organizer.createCompetition(title, {
    description: DESCRIPTION,
    location: word(200),
    tags: Array.from({ length: 10 }, (_, n) => `${n}${word(29)}`).join(','),
  });
  await participant.register(id);
  const cancel = /\/me\/registrations\/[0-9a-f-]{36}\/cancel/.exec(await participant.html(`/competitions/${id}`))[0];
  let message;
  for (const until = Date.now() + 20_000; !message && Date.now() < until; ) {
    message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.html('/me/mailbox'))?.[0];
  }
  const visits = [
    [anonymousPage, [`/competitions/${id}`, `/competitions?search=${title.slice(0, 60)}&tag=0${word(29).toLowerCase()}`, '/competitions?sort=newest', '/']],
    [await participant.open('/me/profile'), [`/competitions/${id}`, '/me/registrations', '/me/mailbox', message, '/me/profile', cancel]],
    [
      await organizer.open('/organize'),
      [
        '/organize',
        ...['', '/edit', '/registrations', '/call-off', '/delete'].map((part) => `/organize/${id}${part}`),
        `/competitions/${id}`,
      ],
    ],
  ];
  for (const [page, addresses] of visits) {
    for (const address of addresses) {
      await page.goto(address);
      await waitForIslands(page);
      for (const [name, viewport] of SCREENS) {
        await page.setViewportSize(viewport);
        expect.soft(await overflow(page), `${address}, ${name}`).toEqual([]);
      }
      expect.soft(await violations(page), address).toEqual([]);
      // The menu contains the name of the account.
      const menu = page.locator('.menu > summary');
      if ((await menu.count()) > 0) {
        await menu.first().click();
        expect.soft(await overflow(page), `${address}, with its menu`).toEqual([]);
      }
    }
  }
});

test('a wide table and a long line of code scroll by keyboard', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition('Wide inside', { description: DESCRIPTION });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  for (const box of [page.getByRole('group', { name: 'Table' }).first(), page.getByRole('group', { name: 'Code' }).first()]) {
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  }
});
