import type { Mutation } from '../../support/broker/broker-copy.js';

const LAST_EVENT: Mutation = {
  file: 'broker/stream/views/view.js',
  from: 'const { subject } = event;',
  to: 'const { subject } = event; if (event.data) globalThis.last = Buffer.from(event.data).toString("latin1");',
};

const FOREIGN_FRAME = 'compression: a frame is sent in place of another';
const FOREIGN_CHANNEL = 'dispatch: all events go to the first channel as well';

/** Nothing of such a fault gets past the SDK, which refuses the frame: events do not arrive. All others are found as a leak. */
export const BREAKS_A_TRANSPORT: ReadonlySet<string> = new Set([FOREIGN_FRAME, FOREIGN_CHANNEL]);

/** Fault → places, outside of what a broker compares by itself: how it answers, keeps and hands on. */
export const CANARY_MUTANTS: Record<string, Mutation[]> = {
  'events: the id of a server-sent event has the key': [
    {
      file: 'broker/http/stream/grant-event-source.js',
      from: 'formatEventId(event.position, log)',
      to: '[formatEventId(event.position, log), event.subject].join("~")',
    },
  ],
  'log: an event is known by the id that its source gave': [
    {
      file: 'proto/event/envelope.js',
      from: '(_field, reader, wireType) => reader.skipType(wireType)',
      to: '(field, reader, wireType) => field === 16 ? (event.subject = reader.string()) : reader.skipType(wireType)',
    },
  ],
  'log: what is read back is not cut to the grant': [
    {
      file: 'broker/stream/segments/log-segment.js',
      from: 'yield view.project(position, event, op)',
      to: 'yield { ...view.project(position, event, op), record: event.data }',
    },
  ],
  [FOREIGN_CHANNEL]: [
    {
      file: 'broker/stream/live/live-dispatch.js',
      from: 'channel.append(projected);',
      to: 'channel.append(projected); globalThis.first ??= channel; if (globalThis.first !== channel) globalThis.first.append(projected);',
    },
  ],
  [FOREIGN_FRAME]: [
    {
      file: 'broker/gateway/frame-deflater.js',
      from: 'const known = this.#deflated.get(message);',
      to: 'const known = (globalThis.deflated ??= deflate(message));',
    },
  ],
  'errors: a refused position quotes the last record': [
    LAST_EVENT,
    {
      file: 'broker/http/server/error-handler.js',
      from: 'const problem = toProblem(known ?? error);',
      to: 'const problem = toProblem(known ?? error); if (problem.code === "POSITION_GONE") problem.detail += globalThis.last;',
    },
  ],
  'errors: a head of an answer holds the last record': [
    LAST_EVENT,
    {
      file: 'broker/http/stream/grant-events.js',
      from: ".header('vary', 'Accept, Accept-Encoding')",
      to: ".header('vary', 'Accept, Accept-Encoding').header('x-last', encodeURIComponent(String(globalThis.last)))",
    },
  ],
  'metrics: a page ends with the last record': [
    LAST_EVENT,
    {
      file: 'broker/http/operations/operations.js',
      from: 'await deps.metrics.text(format)',
      to: 'await deps.metrics.text(format) + "# " + globalThis.last',
    },
  ],
  'ledger: a page has the last record': [
    LAST_EVENT,
    {
      file: 'broker/http/audit/ledger.js',
      from: "return sendList(reply, 'records'",
      to: "reply.header('x-last', encodeURIComponent(String(globalThis.last))); return sendList(reply, 'records'",
    },
  ],
  'errors: a refusal of an event repeats its value': [
    {
      file: 'broker/intake/validate/validate-event.js',
      from: 'const article = deps.isLawful',
      to: 'findings[0].message += String(event.data?.sentAt); const article = deps.isLawful',
    },
  ],
  'errors: the refusal of a cursor quotes the last record': [
    LAST_EVENT,
    {
      file: 'broker/http/server/error-handler.js',
      from: 'const problem = toProblem(known ?? error);',
      to: 'const problem = toProblem(known ?? error); if (request.method === "POST" && globalThis.last) problem.detail += globalThis.last;',
    },
  ],
};
