import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { STORE_STREAMS } from '../../../broker/nats/stream-names.js';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../../../tests/support/connectors/register-bundle.js';
import { connect, startNats, temporaryFolder } from '../../../tests/support/nats/nats.js';
import { RawSession } from '../../../tests/support/raw-client/raw-client.js';
import { publishBatch } from '../../../tests/support/raw-client/raw-http.js';

const READER = 'reader-one-token-0123456789';
const SOURCE = 'registry-source-token-0123456789';

async function open(t: { teardown(end: () => unknown): void }, url: string): Promise<RawSession> {
  const session = await RawSession.open({ url, token: READER, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  return session;
}

t.test(
  'a bus moves from its own server to another NATS and back, without loss and in the same log epoch',
  async (t) => {
    const [home, back] = [join(await temporaryFolder(t), 'home'), join(await temporaryFolder(t), 'back')];
    const first = await startBroker(t, { config: { dataDir: home } });
    await first.apply(REGISTER_BUNDLE);
    await publishBatch({ url: first.url, token: SOURCE }, [person(0), person(1), person(2)]);
    const before = await (await open(t, first.url)).subscribe({ grant: 'g-one', from: 'earliest' });
    const [, second] = await before.collect(3);
    before.ack(second!.position as number);
    await before.until(() => before.acked.length > 0, 'the ack');
    await first.broker.drain();

    const nats = await startNats(t);
    const address = nats.url.replace('//', `//${nats.user}:${nats.pass}@`);
    const away = await sluice('store', 'copy', '--from', home, '--to', address);
    t.equal(away.exitCode, 0, away.err);
    for (const stream of STORE_STREAMS) t.match(away.out, new RegExp(`^${stream}: \\d+ messages`, 'm'));
    t.equal(away.err, '', 'nothing came in meanwhile');
    t.equal((await sluice('store', 'copy', '--from', home, '--to', address)).exitCode, 2, 'a store in use is kept');

    const moved = await startBroker(t, { nats });
    await publishBatch({ url: moved.url, token: SOURCE }, [person(3)]);
    const there = await (await open(t, moved.url)).subscribe({ grant: 'g-one', from: 'cursor' });
    t.equal(there.subscribed.log, before.subscribed.log);
    const [third, fourth] = await there.collect(2);
    t.match([third, fourth], [{ data: { key: 'p2' } }, { data: { key: 'p3' } }]);
    there.ack(fourth!.position as number);
    await there.until(() => there.acked.length > 0, 'the ack');
    await moved.broker.drain();

    t.equal((await sluice('store', 'copy', '--from', address, '--to', back)).exitCode, 0);
    const last = await startBroker(t, { config: { dataDir: back } });
    await publishBatch({ url: last.url, token: SOURCE }, [person(4), person(3)]);
    const again = await (await open(t, last.url)).subscribe({ grant: 'g-one', from: 'cursor' });
    t.equal(again.subscribed.log, before.subscribed.log);
    t.match(await again.collect(1), [{ data: { key: 'p4' } }]);
  },
);

t.test('a copy from a folder that is not there is refused and makes none', async (t) => {
  const folder = await temporaryFolder(t);
  const missing = join(folder, 'misspelt');
  const { exitCode, err } = await sluice('store', 'copy', '--from', missing, '--to', join(folder, 'copy'));
  t.match({ exitCode, err }, { exitCode: 2, err: /--from \S+misspelt is no data folder/ });
  t.notOk(existsSync(missing));
});

t.test(
  'the copy of a running bus starts as a backup: the subscriber begins again with exactly what it holds',
  async (t) => {
    const [home, backup] = [join(await temporaryFolder(t), 'home'), join(await temporaryFolder(t), 'backup')];
    const bus = await startBroker(t, { config: { dataDir: home } });
    await bus.apply(REGISTER_BUNDLE);
    await publishBatch({ url: bus.url, token: SOURCE }, [person(0), person(1)]);
    const before = await (await open(t, bus.url)).subscribe({ grant: 'g-one', from: 'earliest' });
    const [, second] = await before.collect(2);
    before.ack(second!.position as number);
    await before.until(() => before.acked.length > 0, 'the ack');
    const copied = await sluice('store', 'copy', '--from', home, '--to', backup);
    t.equal(copied.exitCode, 0, copied.err);
    t.equal(before.ended, undefined, 'the bus runs on');
    await publishBatch({ url: bus.url, token: SOURCE }, [person(2)]);
    await bus.broker.drain();

    const restored = await startBroker(t, { config: { dataDir: backup, restored: true, confirmEnded: 'no-journal' } });
    const session = await open(t, restored.url);
    await t.rejects(session.subscribe({ grant: 'g-one', from: { after: 2, log: before.subscribed.log } }), {
      code: 'POSITION_GONE',
    });
    await publishBatch({ url: restored.url, token: SOURCE }, [person(2)]);
    const anew = await session.subscribe({ grant: 'g-one', from: 'earliest' });
    t.match(await anew.collect(3), [{ data: { key: 'p0' } }, { data: { key: 'p1' } }, { data: { key: 'p2' } }]);
  },
);

t.test('a copy that was interrupted is not served, and the same command begins it anew', async (t) => {
  const [home, to] = [join(await temporaryFolder(t), 'home'), join(await temporaryFolder(t), 'copy')];
  const bus = await startBroker(t, { config: { dataDir: home } });
  await bus.apply(REGISTER_BUNDLE);
  const copied = await sluice('store', 'copy', '--from', home, '--to', to);
  t.equal(copied.exitCode, 0, copied.err);
  await bus.broker.drain();

  const nats = await startNats(t);
  const address = nats.url.replace('//', `//${nats.user}:${nats.pass}@`);
  const { jsm } = await connect(t, nats);
  await jsm.streams.add({ name: 'COPY_UNFINISHED', subjects: ['copy-unfinished'] });
  await jsm.streams.add({ name: 'CURSORS', subjects: ['cursor.>'] });
  await t.rejects(startBroker(t, { nats }), /copy that was interrupted.*Repeat sluice store copy/s);
  const from = await sluice('store', 'copy', '--from', address, '--to', join(to, 'other'));
  t.match(from, { exitCode: 2, err: /--from .* is a copy that was interrupted/ });
  await jsm.streams.add({ name: 'OF_ANOTHER_PROGRAM', subjects: ['another'] });
  const refused = await sluice('store', 'copy', '--from', to, '--to', address);
  t.match(refused, { exitCode: 2, err: /--to .* has a stream OF_ANOTHER_PROGRAM already/ });
  t.ok(await jsm.streams.delete('OF_ANOTHER_PROGRAM'), 'it is still there');
  const again = await sluice('store', 'copy', '--from', to, '--to', address);
  t.equal(again.exitCode, 0, again.err);
  const config = { restored: true, confirmEnded: 'no-journal' };
  await startBroker(t, { nats, config });
});

t.test('a target whose streams have never held a message is empty', async (t) => {
  const [home, to] = [join(await temporaryFolder(t), 'home'), join(await temporaryFolder(t), 'copy')];
  const bus = await startBroker(t, { config: { dataDir: home } });
  await bus.broker.drain();
  const nats = await startNats(t, { storeDir: join(to, 'nats') });
  const { jsm } = await connect(t, nats);
  await jsm.streams.add({ name: 'LEDGER', subjects: ['ledger.>'] });
  const address = nats.url.replace('//', `//${nats.user}:${nats.pass}@`);
  const copied = await sluice('store', 'copy', '--from', home, '--to', address);
  t.equal(copied.exitCode, 0, copied.err);
});

t.test('a copy that fails names the stream and the reason, and leaves the target folder empty', async (t) => {
  const [home, to] = [join(await temporaryFolder(t), 'home'), join(await temporaryFolder(t), 'copy')];
  const bus = await startBroker(t, { config: { dataDir: home } });
  await bus.broker.drain();
  // The server of a folder stands alone.
  const failed = await sluice('store', 'copy', '--from', home, '--to', to, '--replicas', '3');
  t.match(failed, { exitCode: 1, err: /^sluice: / });
  t.notMatch(failed.err, /unexpected failure/);
  t.notOk(existsSync(join(to, 'nats')));
});

t.test('a restored start without a copy in the store is refused', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'home');
  await t.rejects(startBroker(t, { config: { dataDir, restored: true } }), /there is no copy of a bus in the store/);
});
