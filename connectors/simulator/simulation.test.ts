import t from 'tap';
import { creditCode } from './credit-code.js';
import { BIRTH_ENTRY } from './happenings/birth.js';
import { LICENCE_ENTRY } from './happenings/business-licence.js';
import { RESIDENCE_ENTRY } from './happenings/residence-record.js';
import { idNumber } from './id-number.js';
import { type SimulatedEvent, simulate } from './simulation.js';

function first(count: number, options: { seed: number; startAt?: number }): SimulatedEvent[] {
  const events: SimulatedEvent[] = [];
  for (const event of simulate(options)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

/** Long lists are compared as JSON, because tap takes seconds to compare large trees. */
const textOf = (...args: Parameters<typeof first>): string => JSON.stringify(first(...args));

t.test('the same seed gives the same events, another seed others', async (t) => {
  t.equal(textOf(200, { seed: 7 }), textOf(200, { seed: 7 }));
  t.not(textOf(200, { seed: 7 }), textOf(200, { seed: 8 }));
});

t.test('a simulation that starts later gives the same events from there on', async (t) => {
  t.equal(textOf(50, { seed: 7, startAt: 150 }), JSON.stringify(first(200, { seed: 7 }).slice(150)));
});

t.test('ids are unique and source positions ascend', async (t) => {
  const events = first(1_000, { seed: 1 });
  t.equal(new Set(events.map(({ event }) => event.id)).size, 1_000);
  t.ok(events.every(({ event }, index) => Number(event.sourceposition) === index + 1));
});

t.test('all registers publish, births under identity numbers and licences under credit codes', async (t) => {
  const events = first(2_000, { seed: 3 }).map(({ event }) => event);
  t.equal(new Set(events.map((event) => event.type)).size, 4);
  const births = events.filter((event) => event.type === BIRTH_ENTRY && event.op === 'create');
  t.equal(new Set(births.map((event) => event.subject)).size, births.length, 'nobody is born twice');
  t.ok(births.every((event) => /^[1-9]\d{16}[\dX]$/.test(event.subject!)));
  const licences = events.filter((event) => event.type === LICENCE_ENTRY && event.op === 'create');
  t.ok(licences.length > 0 && licences.every((event) => /^91\d{6}[0-9A-Z]{10}$/.test(event.subject!)));
});

t.test('a move has the registered region as its previous image', async (t) => {
  const districts = new Map<string, unknown>();
  let checked = 0;
  const wrong: unknown[] = [];
  for (const { event } of first(5_000, { seed: 5 })) {
    if (event.type !== RESIDENCE_ENTRY) continue;
    const known = districts.get(event.subject!);
    if (known !== undefined) {
      checked++;
      if (event.previous?.regionCode !== known) wrong.push(event);
    }
    districts.set(event.subject!, event.data?.regionCode);
  }
  t.same(wrong, []);
  t.ok(checked > 50, `${checked} moves and removals were checked`);
});

t.test('check characters match published examples', async (t) => {
  t.equal(idNumber({ regionCode: '110105', birthDate: '1949-12-31', sequence: 2 }), '11010519491231002X');
  t.equal(creditCode({ regionCode: '110000', sequence: 80210043 }), '91110000802100433B');
  t.equal(creditCode({ regionCode: '110108', sequence: 71774346 }), '91110108717743469K');
});
