import t, { type Test } from 'tap';
import { applyBundle, startBroker } from '../../tests/support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../tests/support/broker/broker-process.js';
import { person, REGISTER_BUNDLE } from '../../tests/support/connectors/register-bundle.js';
import { startNats, temporaryFolder } from '../../tests/support/nats/nats.js';
import { Publisher } from '../publish/publisher.js';
import { Subscriber } from './subscriber.js';

const EVENTS = 600;
const QUICK = { firstDelayMs: 50, delayMsMax: 500 };

/** Publishes all persons in order, with a bounded queue, and resolves with their positions. */
async function publishAll(url: string, onStored: (stored: number) => void): Promise<number[]> {
  const publisher = new Publisher({
    url,
    token: 'registry-source-token-0123456789',
    queueEvents: 200,
    reconnect: QUICK,
  });
  const positions: Promise<number>[] = [];
  let stored = 0;
  for (let number = 0; number < EVENTS; number++) {
    await publisher.ready();
    positions.push(
      publisher.publish(person(number)).then(({ position }) => {
        onStored(++stored);
        return position;
      }),
    );
  }
  const settled = await Promise.all(positions);
  await publisher.close();
  return settled;
}

async function receiveAll(url: string): Promise<{ numbers: number[]; positions: number[] }> {
  const subscriber = new Subscriber({ url, token: 'reader-one-token-0123456789', grant: 'g-one', reconnect: QUICK });
  const [numbers, positions]: [number[], number[]] = [[], []];
  for await (const { event, ack } of subscriber) {
    numbers.push(event.data?.number as number);
    positions.push(event.position);
    ack();
    if (numbers.length === EVENTS) break;
  }
  return { numbers, positions };
}

/** Calls `act` once, when `threshold` events are stored. */
function onceAt(threshold: number, act: () => void): (stored: number) => void {
  let isDone = false;
  return (stored) => {
    if (isDone || stored < threshold) return;
    isDone = true;
    act();
  };
}

function assertComplete(t: Test, published: number[], received: { numbers: number[]; positions: number[] }): void {
  t.equal(new Set(published).size, EVENTS, 'every event has a position of its own');
  t.same(
    published,
    [...published].sort((a, b) => a - b),
    'positions ascend in the order of publishing',
  );
  t.same(received.numbers, [...Array(EVENTS).keys()], 'the subscriber receives each event once and in order');
  t.same(received.positions, published);
}

t.test('publisher and subscriber resume without loss or repeat after the store was killed', async (t) => {
  const nats = await startNats(t);
  const { url, apply } = await startBroker(t, { nats });
  await apply(REGISTER_BUNDLE);
  const receiving = receiveAll(url);
  const published = await publishAll(
    url,
    onceAt(200, () => process.kill(nats.pid, 'SIGKILL')),
  );
  assertComplete(t, published, await receiving);
});

t.test('publisher and subscriber resume without loss or repeat after the broker was killed', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await spawnBroker(t, folder);
  await applyBundle(first.url, REGISTER_BUNDLE);
  let second: Promise<BrokerProcess> | undefined;
  const restart = async () => {
    await first.kill();
    return spawnBroker(t, folder, { SLUICE_PORT: new URL(first.url).port });
  };
  const receiving = receiveAll(first.url);
  const published = await publishAll(
    first.url,
    onceAt(200, () => {
      second = restart();
    }),
  );
  assertComplete(t, published, await receiving);
  await (await second)?.stop();
});
