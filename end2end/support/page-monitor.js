// Watches every page of a test for errors on the console, violations of the content security policy,
// uncaught exceptions, and requests to other hosts.

import { expect } from '@playwright/test';

export class PageMonitor {
  #ownOrigins;
  #problems = [];
  #allowed = [];

  constructor(...ownUrls) {
    this.#ownOrigins = ownUrls.map((url) => new URL(url).origin);
  }

  /** Watches all pages of a browser context. */
  watch(context) {
    context.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) {
        this.#problems.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.#problems.push(`uncaught: ${error.error()}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^(https?|wss?):$/.test(url.protocol) && !this.#ownOrigins.includes(url.origin)) {
        this.#problems.push(`another host: ${url.href}`);
      }
    });
  }

  /** Accepts problems that match `pattern`, because the test provokes them. */
  allow(pattern) {
    this.#allowed.push(pattern);
  }

  /** Fails the test if there was any other problem. */
  verify() {
    const unexpected = this.#problems.filter((line) => !this.#allowed.some((pattern) => pattern.test(line)));
    expect(unexpected, 'errors on the console, and requests to other hosts').toEqual([]);
  }
}
