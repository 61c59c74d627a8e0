// Keeps the choice of a division ([data-divisions]) up to date while its page is open. The registration panel follows the
// seats of the competition over the event stream; whenever they change, this asks for those of the divisions, at once and then
// once a second at most, and only while the page is looked at. Without this script the choice is the one of the moment at
// which the page was loaded, and the server says if a division is full by then. It is a module, so that it runs once in a
// page, however often it is put into it.

/** The shortest and the longest time between two requests, in milliseconds. The longest one is for a server that is slow. */
const [SHORTEST, LONGEST] = [1_000, 15_000];
/** By how much not all open pages ask at once after the first change. */
const SPREAD = 300;
/** A response that takes longer, or fails, doubles the time between two requests. */
const SLOW = 500;
/** Another process may answer from what it knew two seconds before, so the last answer after a change is asked for once more. */
const SETTLED = 2_500;
/** Without any news the numbers are looked at this often, since news can get lost. */
const LONG_PAUSE = 60_000;

const number = new Intl.NumberFormat(document.documentElement.lang);
let pause = SHORTEST;
let asked = -LONGEST;
/** The request that waits: its timer, and when it is due. */
let waiting = { timer: undefined, due: Infinity };

/** Returns the choice, which is another element after an edit by the organizer (`page_refresh.rs`). */
const choice = () => document.querySelector('[data-divisions]');

function show(divisions, { id, seatsLeft, waitlisted }) {
  const shown = divisions.querySelector(`[data-division="${id}"]`);
  if (!shown || seatsLeft === undefined) return;
  const words = shown.querySelector('[data-division-seats]');
  if (words) words.textContent = words.dataset.divisionSeats.replace('{left}', number.format(seatsLeft));
  const isFull = seatsLeft <= waitlisted;
  shown.querySelector('[data-division-full]').textContent = isFull ? divisions.dataset.full : '';
  const input = shown.querySelector('input');
  // There is a waitlist, or a seat may be set aside for those who have a code.
  input.disabled = isFull && !('open' in divisions.dataset);
}

async function load() {
  waiting = { timer: undefined, due: Infinity };
  const id = choice()?.dataset.divisions;
  if (!id || document.hidden) return;
  asked = performance.now();
  let isQuick = false;
  try {
    const response = await fetch(`/api/v1/competitions/${id}/divisions`, { headers: { accept: 'application/json' } });
    if (response.ok) {
      const { items } = await response.json();
      const divisions = choice();
      if (divisions) items.forEach((division) => show(divisions, division));
      isQuick = performance.now() - asked < SLOW;
    }
  } catch {
    // The panel says that the connection is lost, and the next change asks again.
  }
  pause = isQuick ? SHORTEST : Math.min(2 * pause, LONGEST);
  within(LONG_PAUSE);
}

/** Asks after that time, or earlier if a request is due already. */
function within(time) {
  const due = performance.now() + time;
  if (due >= waiting.due) return;
  clearTimeout(waiting.timer);
  waiting = { timer: setTimeout(load, time), due };
}

let settled;
function changed() {
  within(Math.max(Math.random() * SPREAD, asked + pause - performance.now()));
  clearTimeout(settled);
  settled = setTimeout(() => within(Math.max(0, asked + pause - performance.now())), SETTLED + Math.random() * SPREAD);
}

const seats = document.querySelector('.live-seats');
if (seats) new MutationObserver(changed).observe(seats, { characterData: true, childList: true, subtree: true });
document.addEventListener('mini-compete:exchanged', changed);
document.addEventListener('visibilitychange', () => document.hidden || changed());
within(LONG_PAUSE);
