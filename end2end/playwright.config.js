// Run by `cargo xtask test`, which sets MINI_COMPETE_BIN, SITE_ROOT, CHROMIUM, TEST_POSTGRES_URL and
// TEST_REDIS_URL. Alone: `cargo xtask services -- npx playwright test`, with the first three set.

import { defineConfig, devices } from '@playwright/test';

/** Variables that the tests need. A missing one is an error, never a reason to skip a test. */
for (const name of ['MINI_COMPETE_BIN', 'CHROMIUM']) {
  if (!process.env[name]) {
    throw new Error(`${name} is not set; run these tests by \`cargo xtask test --only browser\``);
  }
}

/** The main tasks, which work with and without JavaScript. */
const pages = 'tests/pages/**/*.spec.js';

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results/artifacts',
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  retries: 0,
  workers: 2,
  timeout: 60_000,
  globalTimeout: 40 * 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    // A worker would pass requests by the routes that tests set; the tests about it allow it.
    serviceWorkers: 'block',
    timezoneId: 'Europe/Berlin',
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'javascript', testMatch: pages },
    { name: 'without-javascript', testMatch: pages, use: { javaScriptEnabled: false } },
    { name: 'live', testMatch: 'tests/live/**/*.spec.js' },
    { name: 'accessibility', testMatch: 'tests/accessibility/**/*.spec.js', use: { reducedMotion: 'reduce' } },
    { name: 'phone', testMatch: 'tests/phone/**/*.spec.js', use: { ...devices['Pixel 7'], reducedMotion: 'reduce' } },
    { name: 'scaled-out', testMatch: 'tests/scaled-out/**/*.spec.js' },
    { name: 'lighthouse', testMatch: 'tests/lighthouse/**/*.spec.js' },
    // A separate project has a separate server, so that the screenshots show no competitions of other tests.
    { name: 'screenshots', testMatch: 'tests/screenshots/**/*.spec.js', use: { reducedMotion: 'reduce' } },
  ],
});
