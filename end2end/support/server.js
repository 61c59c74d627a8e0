// Starts and stops the application as a process, on a free port and with a new database.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const START_TIMEOUT = 45_000;
const STOP_TIMEOUT = 26_000;

/** Creates a directory for an SQLite database. `remove` deletes it. */
export function sqlite() {
  const directory = mkdtempSync(path.join(tmpdir(), 'mini-compete-end2end-'));
  return {
    env: { DATABASE_URL: `sqlite://${directory}/app.db?mode=rwc` },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Creates a PostgreSQL database, and a key prefix in Redis. `remove` drops the database. */
export function postgresAndRedis() {
  const [postgres, redis] = ['TEST_POSTGRES_URL', 'TEST_REDIS_URL'].map((name) => {
    if (!process.env[name]) throw new Error(`${name} is not set; \`cargo xtask test\` sets it`);
    return process.env[name];
  });
  const name = `end2end_${process.pid}_${Date.now().toString(36)}`;
  const psql = process.env.TEST_POSTGRES_BIN ? path.join(process.env.TEST_POSTGRES_BIN, 'psql') : 'psql';
  const sql = (statement) => {
    const { status, error, stderr } = spawnSync(psql, ['-v', 'ON_ERROR_STOP=1', '-qXc', statement, postgres], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${statement}: ${error ?? stderr}`);
  };
  sql(`CREATE DATABASE ${name}`);
  const database = new URL(postgres);
  database.pathname = `/${name}`;
  return {
    env: {
      DATABASE_URL: database.href,
      REDIS_URL: redis,
      REDIS_PREFIX: name,
      JWT_SECRET: 'a secret for throw-away test servers only',
    },
    remove: () => sql(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

function environment(store) {
  // Variables of the surrounding environment must not change the tests.
  const { PATH, HOME, TMPDIR, SITE_ROOT } = process.env;
  return {
    ...Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR, SITE_ROOT }).filter(([, value]) => value)),
    BIND: '127.0.0.1:0',
    METRICS_BIND: 'off',
    RATE_LIMIT: 'off',
    WEB_PUSH: 'on',
    WEBHOOK_ALLOW_PRIVATE: 'on',
    VAPID_SUBJECT: 'mailto:ops@club.test',
    LOG_FORMAT: 'json',
    RUST_LOG: 'info',
    ...store.env,
  };
}

/** A process of `mini-compete serve` that listens at `url`. */
export class Server {
  #process;
  #log = [];
  #ended;
  #address = withResolvers();

  static async start(store, ...options) {
    const server = new Server(store, options);
    await server.#waitUntilListening();
    return server;
  }

  constructor(store, options) {
    this.#process = spawn(process.env.MINI_COMPETE_BIN, ['serve', ...options], {
      env: environment(store),
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.#ended = once(this.#process, 'exit');
    readline.createInterface({ input: this.#process.stderr }).on('line', (line) => {
      this.#log.push(line);
      const entry = parse(line);
      if (entry?.message?.startsWith('The server is listening')) this.#address.resolve(entry.address);
    });
  }

  async #waitUntilListening() {
    const timeout = new Promise((_, reject) => {
      setTimeout(() => reject(new Error(`not listening after ${START_TIMEOUT} ms`)), START_TIMEOUT).unref();
    });
    const ended = this.#ended.then(([code]) => Promise.reject(new Error(`ended with ${code}`)));
    try {
      const address = await Promise.race([this.#address.promise, timeout, ended]);
      this.url = `http://${address}`;
    } catch (error) {
      this.#process.kill('SIGKILL');
      throw new Error(`mini-compete serve: ${error.message}\n${this.#log.join('\n')}`);
    }
  }

  /**
   * Stops the process with SIGTERM. Throws if it had ended before, failed, or logged an error, except those that match
   * `provoked`.
   */
  async stop(provoked) {
    const running = this.#process.exitCode === null && this.#process.signalCode === null;
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT);
    const [code, signal] = await this.#ended;
    clearTimeout(kill);
    const isError = (line) => parse(line)?.level === 'ERROR' && !provoked?.test(line);
    const problems = this.#log.filter((line) => isError(line) || /panicked at/.test(line));
    if (!running) problems.unshift('the process had ended before');
    if (code !== 0) problems.unshift(`after SIGTERM the process ended with ${code ?? signal}`);
    if (problems.length > 0) throw new Error(`mini-compete serve:\n${problems.join('\n')}`);
  }
}

/** Creates an account with any role, by the command that an administrator would run. */
export function createAccount(store, { name, email, role, password }) {
  const { status, stderr } = spawnSync(
    process.env.MINI_COMPETE_BIN,
    ['user', 'create', '--name', name, '--email', email, '--role', role],
    { env: environment(store), input: `${password}\n`, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`user create: ${stderr}`);
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** `Promise.withResolvers`, which Node.js 20 does not have. */
function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
