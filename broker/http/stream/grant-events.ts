import { Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import { timeOf } from '../../event-log/start-position.js';
import type { StreamSlots } from '../../gateway/admission/stream-slots.js';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';
import { actorOf } from '../../parties/caller.js';
import type { Lease, Leases } from '../../parties/leases/leases.js';
import { PAGE_BYTES_MAX, type Page, type PageRequest } from '../../stream/pages/page.js';
import type { PageReader } from '../../stream/pages/page-reader.js';
import type { OpenEventStreams } from '../../stream/subscriptions/open-event-streams.js';
import type { AnswerBudget } from '../answers/answer-budget.js';
import { acceptsGzip, wantsEventStream } from '../server/accept.js';
import { credentialOf, systemOf } from '../server/authenticate.js';
import { holdLease } from '../server/hold-lease.js';
import { onClosed } from '../server/on-closed.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { NDJSON_TYPE } from '../server/route-rule.js';
import { serverSentEvents } from './grant-event-source.js';
import { PAGE_QUERY_SCHEMA, type PageQuery, parseEventId, parseFrom, parseNarrow } from './page-query.js';

/** Bytes of one page of server-sent events, which stay in memory for each client that does not read. */
const EVENT_STREAM_PAGE_BYTES_MAX = 64 * 1024;

export interface GrantEventRoutesDeps {
  pages: PageReader;
  leases: Leases;
  slots: StreamSlots;
  eventStreams: OpenEventStreams;
  answerBudget: AnswerBudget;
  metrics: Pick<GatewayMetrics, 'subscriptionEnded'>;
  heartbeatMs: number;
  ending: AbortSignal;
  /** The time of the bus. */
  clock(): number;
}

type EventStreamPages = Pick<PageReader, 'pull' | 'waitForMore'>;

type Route = {
  Params: { grant: string };
  Querystring: Required<Pick<PageQuery, 'from' | 'cursor' | 'limit'>> & PageQuery;
};

/** Browsers cannot give an EventSource a header, so it may come with a ticket. */
const RULE: FastifyContextConfig = { access: { system: 'subscribe', ticket: true }, payload: true };

export function grantEventRoutes(app: FastifyInstance, deps: GrantEventRoutesDeps): void {
  const { answerBudget: budget } = deps;
  const inTurn: EventStreamPages = {
    pull: (pull) => budget.inTurn(() => deps.pages.pull(pull)),
    waitForMore: (...waiting) => deps.pages.waitForMore(...waiting),
  };
  app.get<Route>('/v1/grants/:grant/events', { schema: SCHEMA, config: RULE }, async (request, reply) => {
    const { from, log, cursor, limit, narrow } = request.query;
    const caller = systemOf(request, 'subscribe');
    const pull: PageRequest = {
      system: caller.id,
      grant: request.params.grant,
      cursor,
      address: request.ip,
      from: parseFrom(from, log),
      limit,
      narrow: parseNarrow(narrow),
    };
    const { leases, pages } = deps;
    const lease = leases.take(leases.credential(caller, credentialOf(request), 'subscribe'), pages.condition(pull));
    holdLease(reply, lease);
    // HEAD delivers nothing, so it must leave no receipt and open no stream.
    if (request.method === 'HEAD') return reply.type(NDJSON_TYPE).send();
    if (wantsEventStream(request.headers.accept)) {
      return sendEventStream(request, reply, { ...deps, pages: inTurn, lease, pull });
    }
    if (timeOf(pull.from) > deps.clock()) {
      throw new SluiceError('BAD_REQUEST', 'from is a time that has not come: a page cannot wait for it, a stream can');
    }
    const held = await budget.reserve(actorOf(caller), PAGE_BYTES_MAX);
    onClosed(reply, held.release);
    const page = await pages.pull(pull).finally(held.built);
    held.holds(page.events.reduce((sum, { record }) => sum + (record?.length ?? 0), 0));
    lease.check();
    return sendPage(request, reply, page);
  });
}

export function sendPage(request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
  reply.type(NDJSON_TYPE).header('vary', 'Accept, Accept-Encoding');
  const lines = Readable.from(ndjsonOf(page), { objectMode: false });
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(lines);
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  return reply.header('content-encoding', 'gzip').send(lines.pipe(gzip));
}

async function sendEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Omit<GrantEventRoutesDeps, 'pages'> & { pages: EventStreamPages; lease: Lease; pull: PageRequest },
): Promise<FastifyReply> {
  const { lease, pull } = deps;
  onClosed(reply, deps.slots.take(pull.system));
  onClosed(reply, deps.eventStreams.opened(pull.grant));
  pull.bytesMax = EVENT_STREAM_PAGE_BYTES_MAX;
  const lastEventId = request.headers['last-event-id'];
  // An empty one is what a browser sends when it has had no event with an id.
  if (typeof lastEventId === 'string' && lastEventId !== '') pull.from = parseEventId(lastEventId);
  // The first page is read before the head goes out, so that a refusal still has its status.
  const startAtMs = timeOf(pull.from);
  const first = startAtMs > deps.clock() ? undefined : await deps.pages.pull(pull);
  lease.check();
  const events = serverSentEvents({
    ...deps,
    first,
    startAtMs,
    onEnded: (code) => deps.metrics.subscriptionEnded(code),
  });
  reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no', vary: 'Accept' });
  return reply.send(Readable.from(events, { objectMode: false }));
}

/** Characters of one piece of a page: lines are made while a client reads, not all before. */
const PIECE_CHARACTERS = 64 * 1024;

function* ndjsonOf(page: Page): Generator<string> {
  const { through, log, caughtUp } = page;
  let piece = '';
  for (const event of page.events) {
    piece += `${JSON.stringify(toDeliveredEvent(event, page.codec))}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}${JSON.stringify({ through, log, caughtUp })}\n`;
}

const SCHEMA = {
  tags: ['grants'],
  summary: 'The granted events by plain HTTP',
  description:
    'NDJSON: one delivered event a line, the last line is {through, log, caughtUp}; read on with from=<through>. With ' +
    'Accept: text/event-stream server-sent events that go on until the grant ends; the id of each goes back as ' +
    'Last-Event-ID. A browser, which cannot send a token with it, gives ?ticket= from POST /v1/tickets.',
  produces: [NDJSON_TYPE, 'text/event-stream'],
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  querystring: PAGE_QUERY_SCHEMA,
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
