import fc from 'fast-check';
import { ITEM_TYPES } from '../../proto/entry/entry.js';
import { ERROR_KINDS, type ErrorCode, type Problem, SluiceError } from '../../proto/errors.js';
import { SOURCE_OPS } from '../../proto/event/event.js';
import type { ClientFrame, Frame, ServerFrame, SourceEventInput } from '../../proto/frames/frames.js';
import { text } from './arbitrary-entry.js';

const code = fc.constantFrom(...(Object.keys(ERROR_KINDS) as ErrorCode[]));
const ref = text.filter((value) => value.length > 0);
const position = fc.maxSafeNat();
const count = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const scalar = fc.oneof(text, fc.integer(), fc.boolean());

const from = fc.oneof(
  fc.constantFrom('cursor' as const, 'earliest' as const, 'latest' as const),
  fc.record({ after: position, log: ref }, { requiredKeys: ['after'], noNullPrototype: true }),
  fc.record({ time: fc.constantFrom('2026-11-22T08:30:00+08:00', '2026-11-22') }, { noNullPrototype: true }),
);
const narrow = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,10}$/),
  fc.record({ is: scalar, in: fc.array(scalar), prefix: text }, { requiredKeys: [], noNullPrototype: true }),
  { noNullPrototype: true },
);

/** Events as a `publish` frame carries them; `data` has the form that the encoding takes. */
export function sourceEvent<T extends object>(data: fc.Arbitrary<T>): fc.Arbitrary<SourceEventInput> {
  return fc.record(
    {
      specversion: fc.constant('1.0' as const),
      id: ref,
      source: text,
      type: ref,
      subject: text,
      time: text,
      op: fc.constantFrom(...SOURCE_OPS),
      data,
      previous: data,
      sourceposition: text,
      sourceepoch: text,
      snapshotid: text,
      corrects: position,
    },
    { requiredKeys: ['specversion', 'id', 'type', 'op'], noNullPrototype: true },
  ) as fc.Arbitrary<SourceEventInput>;
}

/** Every frame of a client except `publish`. */
export const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('subscribe' as const),
      ref,
      grant: ref,
      cursor: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      from,
      credit: fc.integer({ min: 1, max: 2 ** 31 }),
      narrow,
    },
    { requiredKeys: ['kind', 'ref', 'grant'], noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('ack' as const), channel: position, position }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('reject' as const), channel: position, position, reason: text },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('unsubscribe' as const), channel: position }, { noNullPrototype: true }),
);

const problem: fc.Arbitrary<Problem> = fc
  .record({ code, event: ref, item: ref })
  .map(({ code: of, ...where }) => new SluiceError(of, 'why', where).toProblem());
const result = fc.record(
  { id: text, position, duplicate: fc.constant(true), problem },
  { requiredKeys: [], noNullPrototype: true },
);
const deliveredItem = fc.record(
  { name: ref, number: count, type: fc.constantFrom(...ITEM_TYPES), list: fc.boolean() },
  { requiredKeys: ['name', 'number', 'type'], noNullPrototype: true },
);
const limits = fc.record(
  { maxFrameBytes: count, maxEventBytes: count, maxSubscriptions: count, maxCredit: count, maxPublishEvents: count },
  { noNullPrototype: true },
);

const of = <T extends ServerFrame>(
  kind: T['kind'],
  fields: { [K in keyof Omit<T, 'kind'>]-?: fc.Arbitrary<T[K]> },
  optional: string[] = [],
): fc.Arbitrary<ServerFrame> =>
  fc.record(
    { kind: fc.constant(kind), ...fields },
    {
      requiredKeys: ['kind', ...Object.keys(fields).filter((name) => !optional.includes(name))] as never,
      noNullPrototype: true,
    },
  ) as unknown as fc.Arbitrary<ServerFrame>;

/** Every frame of the broker except `events`, whose frames have a builder of their own. */
export const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  of('welcome', { session: text, heartbeatMs: count, limits }),
  of('heartbeat', {}),
  of('subscribed', {
    ref: text,
    channel: position,
    grant: text,
    entry: text,
    version: count,
    items: fc.array(deliveredItem, { maxLength: 4 }),
    log: text,
    position,
  }),
  of('acked', { channel: position, position }),
  of('caught_up', { channel: position, position }),
  of('ended', { channel: position, code, lastPosition: position, reason: text, earliest: position }, ['earliest']),
  of('published', { ref: text, results: fc.array(result, { maxLength: 4 }) }),
  of('error', { ref: text, channel: position, code, message: text, earliest: position }, [
    'ref',
    'channel',
    'earliest',
  ]),
);

/** The same frame with absent optional fields present as undefined, as the broker's own code may build it. */
export const withUndefined = (frame: Frame): Frame =>
  frame.kind === 'error' ? { ref: undefined, channel: undefined, ...frame } : frame;
