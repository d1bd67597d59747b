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
