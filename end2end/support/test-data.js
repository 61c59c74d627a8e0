// Values for tests: unique names, points in time, and the accounts of the demo data.

export const PASSWORD = 'demo-demo-demo';
export const DEMO = {
  organizer: 'organizer@demo.test',
  participant: 'participant@demo.test',
  admin: 'admin@demo.test',
};

let counter = 0;

/** Returns a name that is used nowhere else in this Playwright worker. */
export function unique(words) {
  counter += 1;
  return `${words} ${process.pid.toString(36)}${counter}`;
}

export function uniqueEmail() {
  return `${unique('person').replace(' ', '-')}@end2end.test`;
}

/** Returns the value of a `datetime-local` input for `hour` UTC in `days` days. */
export function inDays(days, hour = 9) {
  const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${String(hour).padStart(2, '0')}:00`;
}

/** Returns the time in `seconds` seconds. A `datetime-local` input has no seconds, but the server accepts them. */
export function inSeconds(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString();
}
