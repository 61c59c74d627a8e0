// An SMTP server that keeps the mails it gets (RFC 5321, without encryption and extensions).

import { once } from 'node:events';
import net from 'node:net';

import { expect } from '@playwright/test';

export class MailServer {
  #mails = [];
  #server = net.createServer((socket) => this.#serve(socket));

  static async start() {
    const server = new MailServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    server.url = `smtp://127.0.0.1:${server.#server.address().port}`;
    return server;
  }

  stop() {
    this.#server.close();
  }

  /** Returns what a pattern finds in the newest mail to an address, once there is such a mail. */
  async find(address, pattern) {
    let found;
    await expect(() => {
      const mails = this.#mails.filter(({ to, text }) => to === address && pattern.test(text));
      found = pattern.exec(mails.at(-1)?.text);
      expect(found, `a mail to ${address} with ${pattern}`).toBeTruthy();
    }).toPass({ timeout: 20_000 });
    return found[1];
  }

  /** Returns how many mails an address has got. */
  count(address) {
    return this.#mails.filter(({ to }) => to === address).length;
  }

  #serve(socket) {
    const mail = { to: undefined, lines: undefined };
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      const lines = (rest + data).split('\r\n');
      rest = lines.pop();
      for (const line of lines) {
        const reply = mail.lines ? this.#content(mail, line) : command(mail, line);
        if (reply) socket.write(`${reply}\r\n`);
        if (reply?.startsWith('221')) socket.end();
      }
    });
    socket.write('220 mail.test ready\r\n');
  }

  /** Takes a line of a mail. Returns the reply after its end. */
  #content(mail, line) {
    if (line !== '.') {
      mail.lines.push(line.replace(/^\./, ''));
      return undefined;
    }
    this.#mails.push({ to: mail.to, text: decoded(mail.lines.join('\n')) });
    mail.lines = undefined;
    return '250 kept';
  }
}

function command(mail, line) {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === 'RCPT') mail.to = /<([^>]*)>/.exec(line)?.[1];
  if (verb === 'DATA') mail.lines = [];
  return { DATA: '354 go on', QUIT: '221 bye' }[verb] ?? '250 mail.test';
}

/** Undoes the encoding of quoted-printable texts (RFC 2045, section 6.7), as far as ASCII is concerned. */
const decoded = (text) =>
  text.replaceAll('=\n', '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
