// Lighthouse's four figures, at its settings for phones.

import { Auditor } from '../../support/lighthouse.js';
import { expect, test } from '../../support/test.js';

const CLS = 0.01;

test('Lighthouse finds the main pages steady on a phone, accessible, sound, and easy to find', async ({
  playwright,
  accounts,
  baseURL,
}, info) => {
  test.setTimeout(240_000);
  const participant = await accounts.participant('Lia Lighthouse');
  const [competition] = /\/competitions\/[0-9a-f-]{36}/.exec(await participant.html('/competitions?status=OPEN'));
  const auditor = await Auditor.start(playwright, info.project.use.launchOptions.args);
  try {
    const audit = async (name, address) => {
      const { failed, ...figures } = await auditor.audit(new URL(address, baseURL).href);
      info.annotations.push({ type: 'lighthouse', description: `${name}: ${JSON.stringify(figures)}` });
      console.log(`Lighthouse, ${name}: ${JSON.stringify(figures)}`);
      expect.soft(failed, `${name}: what Lighthouse finds wanting`).toEqual([]);
      expect.soft(figures.cls, `${name}: cumulative layout shift`).toBeLessThanOrEqual(CLS);
    };
    await audit('landing', '/');
    await audit('browse', '/competitions');
    await audit('competition', competition);
    await audit('log-in', '/login');
  } finally {
    await auditor.stop();
  }
});
