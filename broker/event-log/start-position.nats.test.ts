import t from 'tap';
import { BIRTHS, birth, publish, readLog, startIntake } from '../../tests/support/broker/intake.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { StartPositions, type StartQuery } from './start-position.js';

const TIMES_MAX = 64;
const startAt = (timeMs: number): StartQuery => ({
  grant: 'g',
  entry: BIRTHS,
  partition: 0,
  log: 'epoch',
  from: { time: new Date(timeMs).toISOString() },
  cursor: undefined,
  historyFromMs: 0,
  historyReason: '',
});

t.test('a subscriber that names ever new times gets the right position, and few of them are remembered', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [birth('a'), birth('b')]);
  const acceptedAtMs = (await readLog(bus))[0]!.event.acceptedAtMs;
  const starts = new StartPositions(bus, () => 0, false, TIMES_MAX);
  for (let i = 0; i < 3 * TIMES_MAX; i++) t.equal(await starts.resolve(startAt(acceptedAtMs - i)), 0);
  t.ok(starts.timesKnown <= TIMES_MAX, `${starts.timesKnown} times are remembered`);
});
