import t from 'tap';
import { BusClock } from './bus-clock.js';
import type { LedgerRecord } from './record.js';

const START_MS = Date.parse('2026-11-24T08:00:00Z');
const HOUR_MS = 3_600_000;

function clockOn() {
  const machine = { wallMs: START_MS, monotonicMs: 5_000 };
  const steps: number[] = [];
  const clock = new BusClock({
    wall: () => machine.wallMs,
    monotonic: () => machine.monotonicMs,
    onStep: (stepMs) => steps.push(stepMs),
  });
  const pass = (ms: number): void => {
    machine.wallMs += ms;
    machine.monotonicMs += ms;
  };
  const record = (timeMs: number): void => clock.fold({ time: new Date(timeMs).toISOString() } as LedgerRecord);
  return { machine, steps, clock, pass, record };
}

t.test('the bus has the time of the wall clock while nothing contradicts it', async (t) => {
  const { clock, pass, record, steps } = clockOn();
  record(START_MS - HOUR_MS);
  t.equal(clock.now(), START_MS);
  pass(1_234);
  t.equal(clock.now(), START_MS + 1_234);
  t.strictSame(steps, []);
});

t.test(
  'a wall clock that is set back leaves the time of the bus where the ledger has it, and it goes on',
  async (t) => {
    const { machine, clock, pass, record, steps } = clockOn();
    record(START_MS);
    machine.wallMs -= HOUR_MS;
    t.equal(clock.now(), START_MS);
    pass(60_000);
    t.equal(clock.now(), START_MS + 60_000, 'a grant that ends in a minute ends in a minute');
    t.strictSame(steps, [-HOUR_MS], 'the step is reported once');
  },
);

t.test('a record of a broker whose clock is ahead moves the time of the bus forward', async (t) => {
  const { clock, pass, record } = clockOn();
  record(START_MS + HOUR_MS);
  t.equal(clock.now(), START_MS + HOUR_MS);
  pass(10);
  record(START_MS);
  t.equal(clock.now(), START_MS + HOUR_MS + 10, 'an older record changes nothing');
});

t.test('a wall clock that is slewed is no step', async (t) => {
  const { machine, clock, pass, steps } = clockOn();
  for (let second = 0; second < 100; second++) {
    pass(1_000);
    machine.wallMs += 5;
    clock.now();
  }
  t.strictSame(steps, []);
});

t.test('a test clock that is set moves the time of the bus there, also back, and it runs on from there', async (t) => {
  const { machine, clock, pass, record } = clockOn();
  record(START_MS);
  const set = (text: string): void => {
    const document = { now: text, offsetMs: clock.offsetFor(Date.parse(text)) };
    clock.fold({ kind: 'bus', act: 'clock-set', time: new Date(clock.now()).toISOString(), document } as LedgerRecord);
  };
  set('2025-12-01T10:00:00+08:00');
  pass(5_000);
  t.equal(clock.now(), Date.parse('2025-12-01T10:00:05+08:00'));
  machine.wallMs -= HOUR_MS;
  pass(1_000);
  t.equal(clock.now(), Date.parse('2025-12-01T10:00:06+08:00'), 'from it on it does not run back');
  record(Date.parse('2025-12-02T10:00:00+08:00'));
  t.equal(clock.now(), Date.parse('2025-12-02T10:00:00+08:00'));
  set('2027-01-01T00:00:00+08:00');
  t.equal(clock.now(), Date.parse('2027-01-01T00:00:00+08:00'));
});

t.test(
  'a broker that starts later takes the test clock from the ledger, with the time that has passed since',
  async (t) => {
    const { machine, clock } = clockOn();
    const document = {
      now: '2025-12-01T10:00:00+08:00',
      offsetMs: clock.offsetFor(Date.parse('2025-12-01T10:00:00+08:00')),
    };
    machine.wallMs += HOUR_MS;
    clock.fold({ kind: 'bus', act: 'clock-set', time: new Date(START_MS).toISOString(), document } as LedgerRecord);
    t.equal(clock.now(), Date.parse('2025-12-01T11:00:00+08:00'));
  },
);
