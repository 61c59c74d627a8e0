// Audits of a page by Lighthouse, with its settings for phones: a slow line and a slow processor are simulated.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import lighthouse from 'lighthouse';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/** A Chromium of its own, since Lighthouse controls it over its debugging port. */
export class Auditor {
  #directory = mkdtempSync(path.join(tmpdir(), 'mini-compete-lighthouse-'));
  #context;

  static async start(playwright, args) {
    const auditor = new Auditor();
    auditor.#context = await playwright.chromium.launchPersistentContext(auditor.#directory, {
      executablePath: process.env.CHROMIUM,
      args: [...args, '--remote-debugging-port=0'],
    });
    return auditor;
  }

  /** Takes over the session of an account for all later audits. */
  async logIn(cookies) {
    await this.#context.addCookies(cookies);
  }

  /** Audits a page. Returns the four figures, two measurements, and what is wanting. */
  async audit(url) {
    const [port] = readFileSync(path.join(this.#directory, 'DevToolsActivePort'), 'utf8').split('\n');
    const { lhr } = await lighthouse(url, {
      port: Number(port),
      logLevel: 'error',
      onlyCategories: CATEGORIES,
      disableStorageReset: true,
    });
    return summary(lhr);
  }

  async stop() {
    await this.#context.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Time says how busy the machine is, too, so the figure for performance is told and not judged. */
function summary({ categories, audits, runtimeError }) {
  if (runtimeError) throw new Error(`Lighthouse: ${runtimeError.message}`);
  const figures = Object.fromEntries(CATEGORIES.map((id) => [id, Math.round(categories[id].score * 100)]));
  const failed = CATEGORIES.slice(1).flatMap((id) =>
    categories[id].auditRefs
      .filter(({ id: audit, weight }) => weight > 0 && audits[audit].score !== null && audits[audit].score < 1)
      .map(({ id: audit }) => `${id}: ${audits[audit].title} ${JSON.stringify(audits[audit].details?.items ?? [])}`),
  );
  return {
    ...figures,
    lcp: Math.round(audits['largest-contentful-paint'].numericValue),
    cls: audits['cumulative-layout-shift'].numericValue,
    failed,
  };
}
