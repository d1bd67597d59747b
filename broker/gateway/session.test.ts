import t from 'tap';
import { SluiceError } from '../../proto/errors.js';
import { type SourceEventInput, SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { socketMessage } from '../../proto/frames/socket-message.js';
import { connectClient, startGateway, stored, subscriptionOf } from '../../tests/support/broker/gateway.js';
import { Metrics } from '../metrics/metrics.js';
import type { SubscribeRequest } from '../stream/subscriber.js';

const NO_EVENT = null as unknown as SourceEventInput;
const event = (id: string): SourceEventInput => ({ specversion: '1.0', id, type: 'service.thing', op: 'create' });

for (const encoding of SUBPROTOCOLS) {
  t.test(`${encoding}: a publish frame is answered with its results in order`, async (t) => {
    const slowFirst = {
      publish: (_: unknown, events: SourceEventInput[]) => Promise.all(events.map(later)),
      backpressure: () => undefined,
    };
    async function later(event: SourceEventInput, index: number) {
      await new Promise((resolve) => setTimeout(resolve, index === 0 ? 20 : 0));
      return { id: event.id, position: 10 + index };
    }
    const { url } = await startGateway(t, { intake: slowFirst });
    const client = await connectClient(t, url, encoding);
    client.send({ kind: 'publish', ref: 'p1', events: [event('a'), event('b')] });
    const { ref, results } = await client.next('published');
    t.equal(ref, 'p1');
    t.same(
      results.map(({ id, position }) => [id, position]),
      [
        ['a', 10],
        ['b', 11],
      ],
    );
  });

  t.test(`${encoding}: a frame that cannot be understood is answered and ends the session with 4400`, async (t) => {
    const { url } = await startGateway(t);
    const isText = encoding === 'sluice.v1.json';
    for (const bad of [
      isText ? '{"kind":"ack"' : Buffer.from([0xff, 0xff, 0xff]),
      isText ? '{"kind":"dance"}' : Buffer.alloc(0),
    ]) {
      const client = await connectClient(t, url, encoding);
      client.socket.send(bad);
      t.match(await client.next('error'), { code: 'BAD_FRAME' });
      t.match(await client.closed, { code: 4400 });
    }
  });

  t.test(`${encoding}: what the bus refuses is an error frame and the session goes on`, async (t) => {
    const subscriptions = {
      subscribe: async () => {
        throw new SluiceError('UNKNOWN_GRANT', 'no such grant');
      },
    };
    const { url } = await startGateway(t, { subscriptions });
    const client = await connectClient(t, url, encoding);
    client.send({ kind: 'subscribe', ref: 's1', grant: 'g' });
    t.match(await client.next('error'), { ref: 's1', code: 'UNKNOWN_GRANT', message: 'no such grant' });
    client.send({ kind: 'ack', channel: 99, position: 1 });
    t.match(await client.next('error'), { channel: 99, code: 'UNKNOWN_CHANNEL' });
    client.send({ kind: 'publish', ref: 'p', events: [event('a')] });
    t.match(await client.next('published'), { ref: 'p' });
  });
}

t.test('a frame that is not UTF-8 is answered NOT_UTF8 and ends the session', async (t) => {
  const { url } = await startGateway(t);
  const client = await connectClient(t, url);
  client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
  t.match(await client.next('error'), { code: 'NOT_UTF8' });
  t.match(await client.closed, { code: 4400 });
});

t.test('a frame beyond maxFrameBytes is refused, far beyond it by the close code 1009', async (t) => {
  const { url } = await startGateway(t);
  const client = await connectClient(t, url);
  client.socket.send(' '.repeat(128 * 1024 + 1));
  t.match(await client.next('error'), { code: 'TOO_LARGE' });
  t.match(await client.closed, { code: 4400 });
  const far = await connectClient(t, url);
  far.socket.send(' '.repeat(300 * 1024));
  t.match(await far.closed, { code: 1009 });
});

t.test('an unexpected failure is answered INTERNAL without its message', async (t) => {
  const subscriptions = { subscribe: () => Promise.reject(new TypeError('secret inside')) };
  const { url } = await startGateway(t, { subscriptions });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: 's1', grant: 'g' });
  const { code, message } = await client.next('error');
  t.equal(code, 'INTERNAL');
  t.notMatch(message, /secret/);
});

t.test('subscriptions of a session and events of a publish frame are bounded', async (t) => {
  let channel = 0;
  const { url } = await startGateway(t, {
    subscriptions: { subscribe: async (request) => subscriptionOf(request, ++channel) },
  });
  const client = await connectClient(t, url);
  for (const ref of ['1', '2']) client.send({ kind: 'subscribe', ref, grant: 'g' });
  client.send({ kind: 'subscribe', ref: '3', grant: 'g' });
  t.match(await client.next('error'), { ref: '3', code: 'TOO_MANY' });
  client.send({ kind: 'unsubscribe', channel: 1 });
  client.send({ kind: 'subscribe', ref: '4', grant: 'g' });
  t.match(await client.next('subscribed'), { ref: '4' });
  client.send({ kind: 'publish', ref: 'p', events: Array.from({ length: 11 }, (_, i) => event(String(i))) });
  t.match(await client.next('error'), {
    ref: 'p',
    code: 'TOO_LARGE',
    message: 'a publish frame has at most 10 events',
  });
});

t.test('a subscription that the bus ends is counted by its code, one that its client closes is not', async (t) => {
  let end = () => {};
  const subscriptions = {
    subscribe: async (request: Parameters<typeof subscriptionOf>[0]) => {
      end = () => request.onEnded('POSITION_GONE');
      return subscriptionOf(request);
    },
  };
  const { registry, gateway: metrics } = new Metrics();
  const { url } = await startGateway(t, { subscriptions, metrics });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: 's', grant: 'g' });
  await client.next('subscribed');
  client.send({ kind: 'unsubscribe', channel: 7 });
  client.send({ kind: 'subscribe', ref: 't', grant: 'g' });
  await client.next('subscribed');
  end();
  const { values } = await registry.getSingleMetric('sluice_subscriptions_ended_total')!.get();
  t.strictSame(
    values.filter(({ value }) => value > 0),
    [{ labels: { code: 'POSITION_GONE' }, value: 1 }],
  );
});

t.test('an acknowledgement that crosses the end of its subscription is no error', async (t) => {
  let end = () => {};
  const subscriptions = {
    subscribe: async (request: Parameters<typeof subscriptionOf>[0]) => {
      end = () => {
        request.sink.sendFrame({ kind: 'ended', channel: 7, code: 'REVOKED', lastPosition: 3, reason: 'suspended' });
        request.onEnded('REVOKED');
      };
      return subscriptionOf(request);
    },
  };
  const { url } = await startGateway(t, { subscriptions });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: 's', grant: 'g' });
  await client.next('subscribed');
  end();
  t.match(await client.next('ended'), { code: 'REVOKED', lastPosition: 3 });
  client.send({ kind: 'ack', channel: 7, position: 3 });
  client.send({ kind: 'ack', channel: 8, position: 3 });
  t.match(await client.next('error'), { channel: 8 }, 'the first answer is about the other channel');
});

t.test('a client that hears the heartbeat and answers stays; one that falls silent is closed with 4408', async (t) => {
  const { url } = await startGateway(t, { heartbeatMs: 400 });
  const alive = await connectClient(t, url);
  const silent = await connectClient(t, url, 'sluice.v1.json', {
    headers: { authorization: 'Bearer system-token' },
    autoPong: false,
  });
  t.match(await silent.closed, { code: 4408 });
  await alive.next('heartbeat');
  t.equal(alive.socket.readyState, alive.socket.OPEN);
});

t.test('a client is pinged when it has been silent for longer than a heartbeat, and not before', async (t) => {
  const { url } = await startGateway(t, { heartbeatMs: 400 });
  const [idle, active] = await Promise.all([connectClient(t, url), connectClient(t, url)]);
  let [idlePings, activePings] = [0, 0];
  idle.socket.on('ping', () => idlePings++);
  active.socket.on('ping', () => activePings++);
  for (let heartbeats = 1; heartbeats <= 4; heartbeats++) {
    await Promise.all([idle.next('heartbeat'), active.next('heartbeat')]);
    active.socket.pong();
  }
  t.ok(idlePings === 1 || idlePings === 2, `${idlePings} pings in four heartbeats: none while its last pong is fresh`);
  t.equal(activePings, 0);
});

t.test('a client that does not read what it is sent is cut off, and memory stays bounded', async (t) => {
  let sent = 0;
  const subscriptions = {
    subscribe: async (request: Parameters<typeof subscriptionOf>[0]) => {
      const flood = () => {
        while (request.sink.send(socketMessage('x'.repeat(256 * 1024)))) sent++;
      };
      setImmediate(flood);
      return subscriptionOf(request);
    },
  };
  const { url, gateway } = await startGateway(t, { subscriptions });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: 's', grant: 'g' });
  client.socket.pause();
  while (gateway.sessions > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  t.ok(sent * 256 * 1024 < 16 * 1024 * 1024, `${sent} frames`);
});

t.test(
  'a session takes no event behind an atomic frame that was not stored, not even one that had arrived',
  async (t) => {
    const taken: string[] = [];
    const refusal = new SluiceError('UNKNOWN_ITEM', 'no such item').toProblem();
    const intake = {
      publishAtomic: (_: unknown, values: readonly unknown[]) => {
        const events = values as SourceEventInput[];
        if (events.includes(NO_EVENT)) throw new SluiceError('BATCH_REFUSED', 'an event must be an object');
        taken.push(...events.map(({ id }) => id));
        return taken.includes('bad')
          ? events.map(({ id }) => ({ id, problem: refusal }))
          : Promise.all(events.map(stored));
      },
    };
    const { url } = await startGateway(t, { intake });
    const tooMany = Array.from({ length: 11 }, (_, i) => event(String(i)));
    for (const bad of [[event('bad')], tooMany, [event('x'), NO_EVENT]]) {
      taken.length = 0;
      const client = await connectClient(t, url);
      client.send({ kind: 'publish', ref: '1', events: [event('a'), event('b')], atomic: true });
      client.send({ kind: 'publish', ref: '2', events: bad, atomic: true });
      client.send({ kind: 'publish', ref: '3', events: [event('c')], atomic: true });
      client.send({ kind: 'publish', ref: '4', events: [event('d')] });
      const results = new Map<string, (string | undefined)[]>();
      while (results.size < (bad.length > 1 ? 3 : 4)) {
        const frame = await client.next('published');
        results.set(
          frame.ref,
          frame.results.map(({ problem }) => problem?.code),
        );
      }
      t.same(results.get('1'), [undefined, undefined]);
      t.same(results.get('3'), ['PRECEDING_FAILED']);
      t.same(results.get('4'), ['PRECEDING_FAILED']);
      t.notOk(taken.includes('c'));
    }
  },
);

t.test(
  'a session takes no event behind a frame with source positions that was too large to be looked at',
  async (t) => {
    const { url } = await startGateway(t, {
      intake: { publish: (_: unknown, events: SourceEventInput[]) => Promise.all(events.map(stored)) },
    });
    const placed = (i: number) => ({ ...event(String(i)), sourceposition: String(i) });
    const plain = Array.from({ length: 11 }, (_, i) => event(String(i)));
    for (const [tooMany, code] of [
      [plain, undefined],
      [plain.map((_, i) => placed(i)), 'PRECEDING_FAILED'],
    ] as const) {
      const client = await connectClient(t, url);
      client.send({ kind: 'publish', ref: '1', events: tooMany });
      client.send({ kind: 'publish', ref: '2', events: [placed(12)] });
      t.match(await client.next('error'), { code: 'TOO_LARGE' });
      t.equal((await client.next('published')).results[0]?.problem?.code, code);
    }
  },
);

t.test('a session is not read while intake has no capacity, and nothing is lost', async (t) => {
  let room: Promise<void> | undefined;
  let open = () => {};
  const taken: string[] = [];
  const intake = {
    publish: (_: unknown, events: SourceEventInput[]) => {
      taken.push(...events.map(({ id }) => id));
      if (taken.length === 1) {
        room = new Promise((resolve) => {
          open = () => {
            room = undefined;
            resolve();
          };
        });
      }
      return Promise.all(events.map(stored));
    },
    backpressure: () => room,
  };
  const { url } = await startGateway(t, { intake });
  const client = await connectClient(t, url);
  client.send({ kind: 'publish', ref: 'first', events: [event('0')] });
  await client.next('published');
  const padding = 'x'.repeat(100 * 1024);
  for (let i = 1; i < 30; i++)
    client.send({ kind: 'publish', ref: String(i), events: [{ ...event(String(i)), source: padding }] });
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.ok(taken.length < 30, `${taken.length} taken`);
  open();
  while ((await client.next('published')).ref !== '29');
  t.same(
    taken,
    Array.from({ length: 30 }, (_, i) => String(i)),
  );
});

t.test('a drain answers what was published, stores the cursors, and closes with 1001', async (t) => {
  let closed = false;
  const subscriptions = {
    subscribe: async (request: Parameters<typeof subscriptionOf>[0]) => ({
      ...subscriptionOf(request),
      close: async () => {
        closed = true;
      },
    }),
  };
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const intake = {
    publish: (_: unknown, events: SourceEventInput[]) => answered.then(() => Promise.all(events.map(stored))),
    backpressure: () => undefined,
  };
  const { url, gateway } = await startGateway(t, { subscriptions, intake });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: 's', grant: 'g' });
  await client.next('subscribed');
  client.send({ kind: 'publish', ref: 'p', events: [event('a')] });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const drained = gateway.drain();
  answer();
  t.match(await client.next('published'), { ref: 'p' });
  t.match(await client.closed, { code: 1001 });
  await drained;
  t.ok(closed);
});

t.test('a channel that has ended is retired for later subscriptions of its session', async (t) => {
  const requests: SubscribeRequest[] = [];
  const subscriptions = {
    subscribe: async (request: SubscribeRequest) => {
      requests.push(request);
      return subscriptionOf(request, 7 + requests.length);
    },
  };
  const { url } = await startGateway(t, { subscriptions });
  const client = await connectClient(t, url);
  client.send({ kind: 'subscribe', ref: '1', grant: 'g' });
  t.match(await client.next('subscribed'), { ref: '1' });
  const [first] = requests;
  t.notOk(first?.isRetired(8), 'a channel that is open can be shared');
  await new Promise(setImmediate);
  first?.onEnded('LEDGER_OUT_OF_SIGHT');
  client.send({ kind: 'subscribe', ref: '2', grant: 'g' });
  t.match(await client.next('subscribed'), { ref: '2' });
  t.ok(requests[1]?.isRetired(8));
});
