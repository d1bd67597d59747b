import fc from 'fast-check';
import type { ClientFrame } from '../../../proto/frames/frames.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { clientFrame } from '../../support/arbitrary-frame.js';
import { ENTRY, REFUSAL_BUNDLE, SHOP_ITEMS, TOKENS } from '../../support/broker/refusal-bundle.js';
import { RawRefusal, RawSession, SessionLostError } from '../../support/raw-client/raw-client.js';
import { RAW_FRAMES } from '../../support/raw-client/raw-frames.js';
import { call, type RawAnswer } from '../../support/raw-client/raw-http.js';
import { fuzzedBytes, fuzzedDocument } from './fuzzed.js';

/** One kind of input with how it is sent; `send` rejects when the answer is one that a broker must not give. */
export interface Surface {
  name: string;
  input: fc.Arbitrary<unknown>;
  send(url: string, operatorToken: string, input: unknown): Promise<void>;
}

const event = fc.record(
  {
    specversion: fc.constant('1.0'),
    id: fc.uuid(),
    type: fc.constant(ENTRY),
    op: fc.constantFrom('create', 'update', 'delete', 'snapshot', 'correction'),
    subject: fc.constantFrom('s1', 's2'),
    time: fc.constant('2026-11-22T08:30:00.123+08:00'),
    sourceposition: fc.stringMatching(/^\d{1,9}(?:\.\d{1,3})?$/),
    sourceepoch: fc.constantFrom('e1', 'e2'),
    data: fc.record({
      id: fc.constantFrom('s1', 's2'),
      name: fc.string({ maxLength: 20 }),
      district: fc.constantFrom('a', 'b'),
      staff: fc.integer(),
    }),
    previous: fc.record({ district: fc.constantFrom('a', 'b') }),
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  },
  { requiredKeys: ['specversion', 'id', 'type', 'op', 'data'], noNullPrototype: true },
);

const source = (url: string) => ({ url, token: TOKENS.source });

/** The store is healthy in every run, so a status of 5xx is a fault of the broker. */
function assertAnswered({ status, text }: RawAnswer): void {
  if (status >= 500) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
  if (status >= 400 && !/^\{.*"code":/s.test(text))
    throw new Error(`${status} without a problem: ${text.slice(0, 300)}`);
}

const json = (value: unknown): string => JSON.stringify(value) ?? 'null';

const events: Surface = {
  name: 'events',
  input: fc.tuple(
    fc.constantFrom('application/cloudevents+json', 'application/cloudevents-batch+json', 'application/x-ndjson'),
    fc.array(fuzzedDocument(event), { minLength: 1, maxLength: 4 }),
    fuzzedBytes(event.map((one) => Buffer.from(json(one)))),
    fc.nat(9),
  ),
  send: async (url, _token, input) => {
    const [type, documents, bytes, choice] = input as [string, unknown[], Uint8Array, number];
    const texts = documents.map(json);
    const whole = type.includes('batch')
      ? `[${texts.join(',')}]`
      : type.includes('ndjson')
        ? texts.join('\n')
        : texts[0]!;
    assertAnswered(await call(source(url), 'POST', '/v1/events', choice === 0 ? bytes : whole, type));
  },
};

const bundles: Surface = {
  name: 'bundles',
  input: fuzzedDocument(fc.constant(REFUSAL_BUNDLE)),
  send: async (url, token, input) => {
    const path = '/v1/bundles?dryRun=true';
    assertAnswered(await call({ url, token }, 'POST', path, json(input)));
    assertAnswered(await call({ url, token }, 'POST', path, json(input).slice(0, 8_000), 'application/yaml'));
  },
};

const entry = { id: 'county-registry.fuzzed', name: 'Fuzzed', sharingAttribute: 'conditional', items: SHOP_ITEMS };
const entries: Surface = {
  name: 'entries',
  input: fuzzedDocument(fc.constant(entry)),
  send: async (url, token, input) =>
    assertAnswered(await call({ url, token }, 'PUT', `/v1/catalog/${entry.id}`, json(input))),
};

const query = fc.record(
  {
    from: fc.oneof(fc.constantFrom('earliest', 'latest', 'cursor', '0', '1', '99'), fc.string({ unit: 'binary' })),
    limit: fc.oneof(fc.constantFrom('1', '0', '-1', '1e9'), fc.string({ maxLength: 5 })),
    cursor: fc.oneof(fc.constant('fuzz'), fc.string({ unit: 'binary', maxLength: 80 })),
    narrow: fc.oneof(
      fuzzedDocument(fc.constant({ district: { is: 'a' }, id: { in: ['s1', 's2'] } })).map(json),
      fc.string(),
    ),
  },
  { requiredKeys: [] },
);
const pages: Surface = {
  name: 'pages',
  input: query,
  send: async (url, _token, input) => {
    // A lone surrogate has no form in a URL.
    const pairs = Object.entries(input as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value).toString(),
    ]);
    const path = `/v1/grants/g-shops/events?${new URLSearchParams(pairs as [string, string][])}`;
    assertAnswered(await call({ url, token: TOKENS.reader }, 'GET', path.slice(0, 8_000)));
  },
};

const publishFrame = event.map((one) => ({ kind: 'publish', ref: 'p', events: [one] }));
const subscribeFrame = fc.constantFrom('g-shops', 'g-others', 'g-none').map((grant) => ({
  ...{ kind: 'subscribe', ref: 's', grant, cursor: 'fuzz', from: 'earliest', credit: 10 },
  narrow: { district: { is: 'a' } },
}));
const jsonFrame = fuzzedDocument(fc.oneof(publishFrame, subscribeFrame, clientFrame as fc.Arbitrary<object>));
const binaryFrame = (encoding: (typeof SUBPROTOCOLS)[number]): fc.Arbitrary<Uint8Array> =>
  fuzzedBytes(
    fc.oneof(clientFrame, subscribeFrame as fc.Arbitrary<object>).map((frame) => {
      return Buffer.from(RAW_FRAMES[encoding].encode(frame as ClientFrame));
    }),
  );

/** Ends a session by itself; every other close code would be a fault of the broker. */
const LAWFUL_CLOSES = new Set([1000, 1003, 1007, 1008, 1009, 4400, 4401, 4403, 4408, 4429]);

const frames: Surface = {
  name: 'frames',
  input: fc.oneof(
    fc
      .array(jsonFrame, { minLength: 1, maxLength: 6 })
      .map((all) => ({ encoding: SUBPROTOCOLS[0], all: all.map(json) })),
    ...SUBPROTOCOLS.slice(1).map((encoding) =>
      fc.array(binaryFrame(encoding), { minLength: 1, maxLength: 6 }).map((all) => ({ encoding, all })),
    ),
  ),
  send: async (url, _token, input) => {
    const { encoding, all } = input as { encoding: (typeof SUBPROTOCOLS)[number]; all: (string | Uint8Array)[] };
    const session = await RawSession.open({ url, token: TOKENS.reader, encoding });
    for (const frame of all) session.sendBytes(frame);
    try {
      await session.subscribe({ grant: 'g-nothing' });
    } catch (error) {
      if (!(error instanceof RawRefusal || error instanceof SessionLostError)) throw error;
    }
    if (!session.closed) await session.close();
    const code = session.closed?.code ?? 0;
    if (!LAWFUL_CLOSES.has(code) && code !== 1005) throw new Error(`the session was closed with ${code}`);
  },
};

export const SURFACES: readonly Surface[] = [events, bundles, entries, pages, frames];
