// What people write may be one word without end, a table of thirty columns or a line of code that goes on
// and on: it breaks or scrolls inside, and the page stays as wide as the screen.

import { expect, test } from '../../support/test.js';
import { violations } from '../../support/axe.js';
import { overflow } from '../../support/layout.js';
import { alive } from '../../support/steps.js';

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
  ['a desk', { width: 1280, height: 800 }],
  ['a phone', { width: 390, height: 844 }],
];

test('words without end, wide tables and long lines of code widen no page', async ({ page: nobodys, people, witness }) => {
  test.setTimeout(150_000);
  witness.expect(/status of 404/);
  const organizer = await people.organizer(word(100));
  const participant = await people.newcomer(word(100));
  const title = `${Date.now().toString(36)}${word(110)}`;
  const id = await organizer.offers(title, {
    description: DESCRIPTION,
    location: word(200),
    tags: Array.from({ length: 10 }, (_, n) => `${n}${word(29)}`).join(','),
  });
  await participant.registers(id);
  const cancel = /\/me\/registrations\/[0-9a-f-]{36}\/cancel/.exec(await participant.read(`/competitions/${id}`))[0];
  let message;
  for (const until = Date.now() + 20_000; !message && Date.now() < until; ) {
    message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.read('/me/mailbox'))?.[0];
  }
  const looks = [
    [nobodys, [`/competitions/${id}`, `/competitions?search=${title.slice(0, 60)}&tag=0${word(29).toLowerCase()}`, '/competitions?sort=newest', '/']],
    [await participant.opens('/me/profile'), [`/competitions/${id}`, '/me/registrations', '/me/mailbox', message, '/me/profile', cancel]],
    [
      await organizer.opens('/organize'),
      [
        '/organize',
        ...['', '/edit', '/registrations', '/call-off', '/delete'].map((part) => `/organize/${id}${part}`),
        `/competitions/${id}`,
      ],
    ],
  ];
  for (const [page, addresses] of looks) {
    for (const address of addresses) {
      await page.goto(address);
      await alive(page);
      for (const [name, viewport] of SCREENS) {
        await page.setViewportSize(viewport);
        expect.soft(await overflow(page), `${address}, ${name}`).toEqual([]);
      }
      expect.soft(await violations(page), address).toEqual([]);
      // The menu says whose account it is.
      const menu = page.locator('.menu > summary');
      if ((await menu.count()) > 0) {
        await menu.first().click();
        expect.soft(await overflow(page), `${address}, with its menu`).toEqual([]);
      }
    }
  }
});

test('a wide table and a long line of code scroll by keyboard', async ({ page, people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers('Wide inside', { description: DESCRIPTION });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/competitions/${id}`);
  await alive(page);
  for (const box of [page.getByRole('group', { name: 'Table' }).first(), page.getByRole('group', { name: 'Code' }).first()]) {
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  }
});

test('what is loaded ahead carries no nonce', async ({ page }) => {
  const html = await (await page.goto('/')).text();
  const links = html.match(/<link[^>]*rel="(?:module)?preload"[^>]*>/g) ?? [];
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) expect(link).toContain('crossorigin="anonymous"');
});
