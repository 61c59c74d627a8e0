// Watches every page of a test for what none may do: say an error on the console, break its own content
// security policy, throw, or ask another host for something.

import { expect } from '@playwright/test';

export class Witness {
  #origin;
  #seen = [];
  #expected = [];

  constructor(baseURL) {
    this.#origin = new URL(baseURL).origin;
  }

  watch(context) {
    context.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) {
        this.#seen.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => this.#seen.push(`uncaught: ${error.error()}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== this.#origin) {
        this.#seen.push(`another host: ${url.href}`);
      }
    });
  }

  /** This one is meant to happen. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  conclude() {
    const unexpected = this.#seen.filter((line) => !this.#expected.some((pattern) => pattern.test(line)));
    expect(unexpected, 'what pages said on the console, and asked of other hosts').toEqual([]);
  }
}
