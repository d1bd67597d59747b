import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { EntryMonitor } from './entry-monitor.js';

/** A catalog that counts what it is asked for; entries of `changed` have got another filterable item. */
async function catalogBus(t: Test) {
  const asked: string[] = [];
  const changed = new Set<string>();
  const server = createServer((request, response) => {
    const entry = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    asked.push(entry);
    response.setHeader('content-type', 'application/json');
    const items = [{ name: 'region', type: 'string', filterable: true }];
    if (changed.has(entry)) items.push({ name: 'kind', type: 'string', filterable: true });
    response.end(JSON.stringify({ items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { bus: { url, token: 'registry-token-0123456789' }, asked, changed };
}

const CHECK_MS = 2_000;

t.test(
  'a source of many entries asks for five at a time, and notices a change when the turn comes to its entry',
  async (t) => {
    const { bus, asked, changed } = await catalogBus(t);
    const mappings = Array.from({ length: 12 }, (_, index) => ({ entry: `civil.e${index}`, filterable: 'region' }));
    let nowMs = 0;
    const monitor = new EntryMonitor(bus, mappings, () => nowMs);
    t.equal(await monitor.hasChanged(), false);
    t.same(asked, [], 'the entries were read just now');
    changed.add('civil.e11');
    for (const expected of [
      ['civil.e0', 'civil.e4'],
      ['civil.e5', 'civil.e9'],
    ]) {
      nowMs += CHECK_MS;
      t.equal(await monitor.hasChanged(), false);
      const round = asked.splice(0);
      t.same([round.length, round.at(0), round.at(-1)], [5, ...expected]);
      t.equal(await monitor.hasChanged(), false);
      t.same(asked, [], 'nothing is asked for before the interval is over');
    }
    nowMs += CHECK_MS;
    t.equal(await monitor.hasChanged(), true);
    t.same(asked, ['civil.e10', 'civil.e11']);
  },
);

t.test('a source of one entry asks for it once at each check, and no answer is no change', async (t) => {
  let nowMs = 0;
  const { bus, asked } = await catalogBus(t);
  const one = new EntryMonitor(bus, [{ entry: 'civil.birth', filterable: 'region' }], () => nowMs);
  nowMs += CHECK_MS;
  t.equal(await one.hasChanged(), false);
  t.same(asked, ['civil.birth']);
  const gone = new EntryMonitor(
    { url: 'http://127.0.0.1:1', token: bus.token },
    [{ entry: 'civil.birth', filterable: 'region' }],
    () => nowMs,
  );
  nowMs += CHECK_MS;
  t.equal(await gone.hasChanged(), false);
});
