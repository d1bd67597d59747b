import { monitorEventLoopDelay } from 'node:perf_hooks';
import t, { type Test } from 'tap';
import WebSocket from 'ws';
import type { Problem } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { startBroker } from '../../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../../support/broker/refusal-bundle.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call } from '../../support/raw-client/raw-http.js';

/**
 * The bound of the broker is 50 ms. Here broker and client share a process, which also makes and parses megabytes, and the machine runs
 * other tests; without bounds these inputs held it for seconds.
 */
const HOLD_MS_MAX = 3_000;
const MIB = 1024 * 1024;

/** The longest time that the event loop was held while something ran. */
async function longestHold<T>(t: Test, work: () => Promise<T>): Promise<T> {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const result = await work();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delays.disable();
  const held = Math.round(delays.max / 1e6);
  t.ok(held < HOLD_MS_MAX, `the event loop was held for ${held} ms at most`);
  t.comment(`held for ${held} ms`);
  return result;
}

const event = (i: number): object => ({
  specversion: '1.0',
  id: `e${i}`,
  type: ENTRY,
  op: 'create',
  data: { id: `s${i}`, name: 'x'.repeat(1_400), district: 'd1', staff: 3 },
});

t.test('a flood of events in one input holds nobody else up and is refused whole', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const post = (t: Test, body: Buffer | string, type?: string) =>
    longestHold(t, () => call(source, 'POST', '/v1/events', body, type));

  t.test('an array of a million small elements', async (t) => {
    for (const element of ['0', '{}', '"x"', '[]']) {
      const body = Buffer.from(`[${Array<string>(1_000_000).fill(element).join(',')}]`);
      const answer = await post(t, body, 'application/cloudevents-batch+json');
      t.match(answer.json, { code: 'TOO_LARGE', status: 413, detail: /10000 elements/ });
    }
  });

  t.test('one event more than an array may have', async (t) => {
    const answer = await post(t, `[${Array<string>(10_001).fill('{}').join(',')}]`);
    t.match(answer.json, { code: 'TOO_LARGE' });
    const allowed = await post(t, `[${Array<string>(10_000).fill('{}').join(',')}]`);
    t.equal((allowed.json as PublishResult[]).length, 10_000);
  });

  t.test('fifteen megabytes of brackets', async (t) => {
    for (const body of [Buffer.alloc(15 * MIB, '['), Buffer.alloc(15 * MIB, '{"a":')]) {
      t.match((await post(t, body)).json, { status: 413 });
    }
  });

  t.test('a full array of honest events is stored', async (t) => {
    const body = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_none, i) => event(i))));
    t.ok(body.length > 14 * MIB && body.length < 16 * MIB);
    const results = (await post(t, body)).json as PublishResult[];
    t.equal(results.filter(({ position }) => position !== undefined).length, 10_000);
  });

  t.test('a hundred thousand lines of nothing end the stream', async (t) => {
    const answer = await post(t, '{}\n'.repeat(100_000), 'application/x-ndjson');
    const results = answer.text.trim().split('\n');
    t.equal(results.length, 1_001);
    t.match(JSON.parse(results.at(-1)!), { line: 1_001, problem: { code: 'TOO_LARGE', line: 1_001 } });
  });

  t.test('half a million empty events in one frame', async (t) => {
    for (const [encoding, message] of [
      ['sluice.v1.protobuf', protobufFrame(524_000)],
      ['sluice.v1.json', Buffer.from(`{"kind":"publish","ref":"r","events":[${'{},'.repeat(340_000)}{}]}`)],
    ] as const) {
      const { frame, code } = await longestHold(t, () => refusalOf(source.url, encoding, message));
      t.equal(code, 4400, 'the session ends');
      if (frame) t.match(frame, { kind: 'error', code: 'TOO_LARGE' });
    }
  });

  t.test('one event with forty thousand keys, unknown items or wrong elements', async (t) => {
    const keys = Object.fromEntries(Array.from({ length: 40_000 }, (_none, i) => [`k${i}`, 1]));
    const shop = event(1) as { data: object };
    for (const [name, flood, codes] of [
      ['keys', { ...shop, data: { ...shop.data, ...keys } }, ['TOO_LARGE']],
      ['attributes', { ...shop, ...keys }, ['TOO_LARGE']],
      ['elements', { ...shop, data: { id: 's', name: Array(100_000).fill(1) } }, ['ITEM_INVALID']],
    ] as const) {
      const text = JSON.stringify(flood);
      const single = (await post(t, text, 'application/cloudevents+json')).json as Problem;
      const line = (await post(t, `${text}\n`, 'application/x-ndjson')).text;
      const array = (await post(t, `[${text}]`)).text;
      t.ok((codes as readonly string[]).includes(single.code), `${name}: ${single.code}`);
      for (const answer of [line, array]) t.match(answer, `"code":"${single.code}"`, name);
      const session = await RawSession.open({ ...source, encoding: 'sluice.v1.msgpack' });
      const refused = session.publish([flood as object]).then(
        ([result]) => result?.problem?.code,
        () => 'closed',
      );
      t.ok(['closed', ...codes].includes((await longestHold(t, () => refused)) as string), `${name} in a frame`);
      await session.close();
    }
  });

  const problem = (await call(source, 'POST', '/v1/events', JSON.stringify(event(20_000)))).json as Problem;
  t.type((problem as PublishResult).position, 'number', 'afterwards an event is stored as ever');
});

/** `Publish` with a ref and so many empty events, two bytes each. */
function protobufFrame(count: number): Buffer {
  const publish = Buffer.concat([Buffer.from([0x0a, 1, 0x72]), Buffer.alloc(2 * count, Buffer.from([0x12, 0]))]);
  const length: number[] = [];
  for (let rest = publish.length; rest > 0; rest >>>= 7) length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([0x2a, ...length]), publish]);
}

/** The error frame, where it can be read without a decoder, and the code that the session was closed with. */
async function refusalOf(url: string, encoding: string, message: Buffer): Promise<{ frame: unknown; code: number }> {
  const headers = { authorization: `Bearer ${TOKENS.source}` };
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/stream`, [encoding], { headers });
  let frame: unknown;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary && data.includes('"error"')) frame = JSON.parse(data.toString());
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(message, { binary: encoding === 'sluice.v1.protobuf' });
  const code = await new Promise<number>((resolve) => socket.once('close', resolve));
  return { frame, code };
}
