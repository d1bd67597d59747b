import t from 'tap';
import { ClusterBus, NOT_OF_THE_LOAD, numbered, readerOf, sourceOf, tokenOf } from '../../support/nats/cluster-bus.js';
import { ClusterLoad } from '../../support/nats/cluster-load.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

// Three servers and two brokers on a busy machine: what takes seconds alone may take a minute here.
t.setTimeout(300_000);
/** The long form, under more load, is tests/soak/cluster.soak.ts. */
const EVENT_INTERVAL_MS = 40;

t.test('two brokers on a cluster of three servers', { timeout: 280_000 }, async (t) => {
  const bus = await ClusterBus.start(t);
  const token = tokenOf(readerOf(5));
  const grant = 'g-5';
  const open = (broker: number) =>
    RawSession.open({ url: bus.brokers[broker]!.url, token, encoding: 'sluice.v1.json' });
  const events = Array.from({ length: 20 }, (_, i) => numbered(2, NOT_OF_THE_LOAD + i));
  await publishBatch({ url: bus.brokers[0]!.url, token: tokenOf(sourceOf(2)) }, events);

  t.test('a cursor that another broker claimed is not moved by its old holder', async (t) => {
    const [first, second] = await Promise.all([open(0), open(1)]);
    const older = await first.subscribe({ grant, cursor: 'shared', credit: 100 });
    const seen = await older.collect(20);
    older.ack(seen[4]!.position);
    await older.until(() => older.acked.includes(seen[4]!.position), 'the first ack to be durable');
    const newer = await second.subscribe({ grant, cursor: 'shared', from: 'cursor' });
    t.equal(newer.subscribed.position, seen[4]!.position, 'the newer session goes on where the older was');
    await older.until(() => older.ended !== undefined, 'the older to be ended');
    t.equal(older.ended?.code, 'SUPERSEDED');
    older.ack(seen[19]!.position);
    await second.close();
    const again = await (await open(1)).subscribe({ grant, cursor: 'shared', from: 'cursor' });
    t.equal(again.subscribed.position, seen[4]!.position, 'what the older acknowledged later counts for nothing');
    t.notOk(older.acked.includes(seen[19]!.position), 'nor was it told so');
  });

  t.test('a claimed cursor is not moved by a broker that was frozen during the claim', async (t) => {
    const first = await open(0);
    const older = await first.subscribe({ grant, cursor: 'frozen', credit: 100 });
    const seen = await older.collect(20);
    older.ack(seen[1]!.position);
    await older.until(() => older.acked.includes(seen[1]!.position), 'the first ack to be durable');
    bus.brokers[0]!.child.kill('SIGSTOP');
    older.ack(seen[19]!.position);
    const second = await open(1);
    const newer = await second.subscribe({ grant, cursor: 'frozen', from: 'cursor' });
    newer.ack(seen[2]!.position);
    await newer.until(() => newer.acked.includes(seen[2]!.position), 'the ack of the newer to be durable');
    bus.brokers[0]!.child.kill('SIGCONT');
    await older.until(() => older.ended !== undefined || older.isLost, 'the older to be ended');
    t.equal(older.ended?.code ?? 'SUPERSEDED', 'SUPERSEDED');
    t.notOk(older.acked.includes(seen[19]!.position), 'the late acknowledgement was not confirmed');
    await second.close();
    const again = await (await open(1)).subscribe({ grant, cursor: 'frozen', from: 'cursor' });
    t.equal(again.subscribed.position, seen[2]!.position, 'the cursor is where the newer left it');
  });

  t.test('a stream leader and a broker are killed under load: nothing acknowledged is lost', async (t) => {
    const nats = await bus.nats.connect(t);
    const load = new ClusterLoad(t, bus, EVENT_INTERVAL_MS);
    await load.untilMore(30);
    const leader = await bus.nats.leaderOf(nats, 'EV_0');
    const killedAt = Date.now();
    await bus.nats.kill(leader);
    const joining = bus.startBroker(2);
    await load.untilMore(15);
    t.comment(`all sources went on ${Date.now() - killedAt} ms after the kill of the leader`);
    await joining;
    t.pass('a broker that started during the election serves');
    await bus.brokers[0]!.kill();
    bus.brokers.shift();
    await load.untilMore(30);
    await bus.nats.restart(leader);
    await load.untilMore(15);
    await load.settle();
    t.comment(`${load.storedCount} events`);
    load.check(t);
  });
});
