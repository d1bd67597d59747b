import t from 'tap';
import { ClusterBus } from '../support/nats/cluster-bus.js';
import { ClusterLoad } from '../support/nats/cluster-load.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Minutes of kills; the checks follow them. */
const MINUTES = Number(process.env.SLUICE_SOAK_MINUTES ?? 20);

/** Bounds the time that a server is down or frozen: both shorter and longer than an election. */
const AWAY_MS_MAX = 20_000;

t.setTimeout((MINUTES + 15) * 60_000);

t.test(
  'servers and brokers are killed and frozen in turn, one at a time',
  { timeout: (MINUTES + 14) * 60_000 },
  async (t) => {
    const random = SeededRandom.fromEnvironment('SLUICE_SOAK_SEED');
    t.comment(`seed ${random.seed}, ${MINUTES} minutes; set SLUICE_SOAK_SEED and SLUICE_SOAK_MINUTES`);
    const bus = await ClusterBus.start(t);
    const nats = await bus.nats.connect(t);
    const load = new ClusterLoad(t, bus);
    const away = () => new Promise((resolve) => setTimeout(resolve, random.between(100, AWAY_MS_MAX)));
    const blows: Record<string, () => Promise<void>> = {
      'kill a stream leader': async () => {
        const leader = await bus.nats.leaderOf(
          nats,
          random.pick(['EV_0', 'EV_1', 'EV_2', 'LEDGER', 'CURSORS', 'RECEIPTS']),
        );
        await bus.nats.kill(leader);
        await away();
        await bus.nats.restart(leader);
      },
      'freeze a server': async () => {
        const server = random.between(0, 2);
        bus.nats.freeze(server);
        await away();
        bus.nats.thaw(server);
        await bus.nats.untilHealthy(server);
      },
      'kill a broker': async () => {
        const broker = random.between(0, bus.brokers.length - 1);
        await bus.brokers[broker]!.kill();
        await bus.startBroker(broker);
      },
      'freeze a broker': async () => {
        const { child } = random.pick(bus.brokers);
        child.kill('SIGSTOP');
        await away();
        child.kill('SIGCONT');
      },
      'drain a broker': async () => {
        const broker = random.between(0, bus.brokers.length - 1);
        await bus.brokers[broker]!.stop();
        await bus.startBroker(broker);
      },
    };
    for (const endAtMs = Date.now() + MINUTES * 60_000; Date.now() < endAtMs; ) {
      const what = random.pick(Object.keys(blows));
      t.comment(`${what} after ${load.storedCount} events`);
      await blows[what]!();
      await load.untilMore(20);
    }
    await load.settle();
    t.comment(`${load.storedCount} events`);
    load.check(t);
  },
);
