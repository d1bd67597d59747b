import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { PoisonEventError } from '../runtime/connector-errors.js';
import { parseWebhookConfig } from './config.js';
import { verdictOf } from './receiver.js';
import { WebhookSink } from './sink.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const event = (position: number, subject: string): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  subject,
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  data: {},
});

/** A sink, and a receiver whose answer to each call depends on its id. */
async function sinkBefore(t: Test, answer: (id: string, attempt: number) => number, more: object = {}) {
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const { id } = JSON.parse(await text(request)) as { id: string };
    calls.push(id);
    const status = answer(id, calls.filter((one) => one === id).length);
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, { 'retry-after': '3' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { grant: 'g', url, secret: SECRET, attempts: 3, firstRetrySeconds: 0.001, ...more };
  return { sink: new WebhookSink(parseWebhookConfig(settings)), calls };
}

const signal = new AbortController().signal;

t.test('each HTTP status is attributed to the event or to the receiver', async (t) => {
  const verdicts = { 200: 'done', 204: 'done', 301: 'gone', 400: 'never', 422: 'never', 500: 'later', 501: 'later' };
  for (const [status, verdict] of Object.entries(verdicts)) t.equal(verdictOf(Number(status)), verdict, status);
  for (const status of [401, 403, 404, 408, 410, 429, 502, 503, 504])
    t.equal(verdictOf(status), 'gone', String(status));
});

t.test('a failed event is retried with backoff while later events of its record wait', async (t) => {
  const { sink, calls } = await sinkBefore(t, (id, attempt) => (id === 'p.e@1' && attempt < 3 ? 500 : 200));
  await sink.write({ events: [event(1, 'a'), event(2, 'a')], log: 'l' }, signal);
  t.same(calls, ['p.e@1', 'p.e@1', 'p.e@1', 'p.e@2']);
});

t.test(
  'an event that exceeds its attempts is reported, and delivered events of other records are not repeated',
  async (t) => {
    const { sink, calls } = await sinkBefore(t, (id) => (id === 'p.e@1' ? 500 : 200));
    const events = [event(1, 'a'), event(2, 'b'), event(3, 'a')];
    const error = await sink.write({ events, log: 'l' }, signal).catch((caught: unknown) => caught);
    t.type(error, PoisonEventError);
    t.equal((error as PoisonEventError).position, 1);
    await sink.write({ events: events.slice(1), log: 'l' }, signal);
    t.equal(calls.filter((id) => id === 'p.e@2').length, 1);
    t.equal(calls.at(-1), 'p.e@3');
  },
);

t.test('an overloaded receiver is not called again at once', async (t) => {
  const { sink, calls } = await sinkBefore(t, () => 503);
  await t.rejects(sink.write({ events: [event(1, 'a')], log: 'l' }, signal), {
    name: 'PeerGoneError',
    retryAfterMs: 3_000,
  });
  t.equal(calls.length, 1);
});

/**
 * Writes like `runSink`: again after an outage, with an event that has come meanwhile, and without a poisonous one. Resolves with
 * the dead letters.
 */
async function writeAll(sink: WebhookSink, all: DeliveredEvent[], attemptsMax = 20): Promise<PoisonEventError[]> {
  const dead: PoisonEventError[] = [];
  let events = all;
  for (let attempt = 0; attempt < attemptsMax && events.length > 0; attempt++) {
    try {
      await sink.write({ events, log: 'l' }, signal);
      events = [];
    } catch (error) {
      if (!(error instanceof PoisonEventError)) {
        events = [...events, event(100 + attempt, `new-${attempt}`)];
        continue;
      }
      dead.push(error);
      events = events.filter(({ position }) => position > error.position);
    }
  }
  return dead;
}

t.test(
  'an event at which the receiver fails each time becomes a dead letter, and all others are delivered',
  async (t) => {
    for (const parallel of [1, 2, 8]) {
      // A gateway, a firewall, a broken connection, a refusal that comes before it in the log.
      for (const status of [502, 403, 0]) {
        const answer = (id: string): number => (id === 'p.e@2' ? status : id === 'p.e@5' ? 422 : 200);
        const { sink, calls } = await sinkBefore(t, answer, { parallel });
        const events = ['a', 'b', 'c', 'b', 'd', 'e'].map((subject, index) => event(index + 1, subject));
        const dead = await writeAll(sink, events);
        t.same(
          dead.map(({ position }) => position),
          [2, 5],
          `${status}, ${parallel} at a time`,
        );
        t.match(dead[0]?.reason, /3 times, while it accepted other events/);
        for (const id of ['p.e@1', 'p.e@3', 'p.e@4', 'p.e@6']) t.equal(calls.filter((one) => one === id).length, 1, id);
        t.ok(calls.indexOf('p.e@4') > calls.lastIndexOf('p.e@2'), 'the later event of its record has waited');
      }
    }
  },
);

const edge = (position: number, op: 'snapshot_begin' | 'snapshot_end'): DeliveredEvent => {
  const { subject: _none, data: _neither, ...rest } = event(position, '');
  return { ...rest, op };
};

t.test('within a snapshot a record or an edge that is always refused becomes a dead letter', async (t) => {
  const before = event(1, 'a');
  const snapshot = [edge(2, 'snapshot_begin'), event(3, 'b'), event(4, 'c'), edge(5, 'snapshot_end'), event(6, 'd')];
  for (const parallel of [1, 8]) {
    for (const status of [403, 502, 0]) {
      for (const poison of [2, 3, 4, 5]) {
        const { sink, calls } = await sinkBefore(t, (id) => (id === `p.e@${poison}` ? status : 200), { parallel });
        const dead = await writeAll(sink, [before, ...snapshot]);
        const name = `${status} for ${poison}, ${parallel} at a time`;
        t.same([dead.length, dead[0]?.position], [1, poison], name);
        for (const { id, position } of snapshot) if (position !== poison) t.ok(calls.includes(id), `${id}: ${name}`);
      }
    }
  }
});

t.test('more poisonous records than are sent at a time stop no other one', async (t) => {
  const isPoison = (id: string): boolean => /@[2345]$/.test(id);
  const { sink, calls } = await sinkBefore(t, (id) => (isPoison(id) ? 403 : 200), { parallel: 2 });
  const events = Array.from({ length: 8 }, (_none, index) => event(index + 1, `s${index}`));
  const dead = await writeAll(sink, events, 40);
  t.same(
    dead.map(({ position }) => position),
    [2, 3, 4, 5],
  );
  t.ok(calls.includes('p.e@8'));
});

t.test('no event is suspected while the receiver accepts nothing', async (t) => {
  const { sink, calls } = await sinkBefore(t, () => 503, { parallel: 2 });
  const events = Array.from({ length: 50 }, (_none, index) => event(index + 1, `s${index}`));
  t.same(await writeAll(sink, events, 10), []);
  t.ok(calls.length <= 10 * 5, `${calls.length} calls of a receiver that is down`);
});

t.test('an event is not skipped for a refused one behind it while its receiver is down', async (t) => {
  const { sink } = await sinkBefore(t, (id) => (id === 'p.e@1' ? 503 : 422), { parallel: 1 });
  const events = [event(1, 'a'), event(2, 'b')];
  for (let attempt = 0; attempt < 5; attempt++) {
    await t.rejects(sink.write({ events, log: 'l' }, signal), { name: 'PeerGoneError' });
  }
});

t.test('the same position of another log epoch is another event', async (t) => {
  const { sink, calls } = await sinkBefore(t, (id) => (id === 'p.e@1' ? 503 : 200), { parallel: 1 });
  const events = [event(1, 'a'), event(2, 'b')];
  await t.rejects(sink.write({ events, log: 'one' }, signal));
  await t.rejects(sink.write({ events, log: 'two' }, signal));
  t.equal(calls.filter((id) => id === 'p.e@2').length, 2);
});
