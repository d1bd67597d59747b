import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';
import type { Leases } from '../../parties/leases.js';
import type { Page, PageRequest } from '../../stream/pages/page.js';
import type { PageReader } from '../../stream/pages/page-reader.js';
import { credentialOf, systemOf } from '../server/authenticate.js';
import { NDJSON_TYPE } from '../server/body-parsers.js';
import { holdLease } from '../server/hold-lease.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { serverSentEvents } from './grant-event-source.js';
import { PAGE_QUERY_SCHEMA, type PageQuery, parseEventId, parseFrom, parseNarrow } from './page-query.js';

export interface GrantEventRoutesDeps {
  pages: PageReader;
  leases: Leases;
  metrics: Pick<GatewayMetrics, 'subscriptionEnded'>;
  heartbeatMs: number;
  ending: AbortSignal;
}

type Route = {
  Params: { grant: string };
  Querystring: Required<Pick<PageQuery, 'from' | 'cursor' | 'limit'>> & PageQuery;
};

export function grantEventRoutes(app: FastifyInstance, deps: GrantEventRoutesDeps): void {
  app.get<Route>('/v1/grants/:grant/events', { schema: SCHEMA }, async (request, reply) => {
    const { from, log, cursor, limit, narrow } = request.query;
    const caller = systemOf(request, 'subscribe');
    const pull: PageRequest = {
      system: caller.id,
      grant: request.params.grant,
      cursor,
      from: parseFrom(from, log),
      limit,
      narrow: parseNarrow(narrow),
    };
    const { leases, pages } = deps;
    const lease = leases.take(leases.credential(caller, credentialOf(request), 'subscribe'), pages.condition(pull));
    holdLease(reply, lease);
    // HEAD delivers nothing, so it must leave no receipt and open no stream.
    if (request.method === 'HEAD') return reply.type(NDJSON_TYPE).send();
    if (!request.headers.accept?.includes('text/event-stream')) {
      const page = await pages.pull(pull);
      lease.check();
      return reply.type(NDJSON_TYPE).send(ndjsonOf(page));
    }
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string') pull.from = parseEventId(lastEventId);
    // The first page is read before the head goes out: what is wrong can still be said with a status.
    const first = await pages.pull(pull);
    lease.check();
    const events = serverSentEvents({
      ...deps,
      lease,
      pull,
      first,
      onEnded: (code) => deps.metrics.subscriptionEnded(code),
    });
    reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    return reply.send(Readable.from(events, { objectMode: false }));
  });
}

function ndjsonOf(page: Page): string {
  const { through, log, caughtUp } = page;
  const lines = page.events.map((event) => JSON.stringify(toDeliveredEvent(event, page.codec)));
  lines.push(JSON.stringify({ through, log, caughtUp }), '');
  return lines.join('\n');
}

const SCHEMA = {
  tags: ['grants'],
  summary: 'The granted events by plain HTTP',
  description:
    'NDJSON: one delivered event a line, the last line is {through, log, caughtUp}; read on with from=<through>. With ' +
    'Accept: text/event-stream server-sent events that go on until the grant ends; the id of each goes back as Last-Event-ID.',
  produces: [NDJSON_TYPE, 'text/event-stream'],
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  querystring: PAGE_QUERY_SCHEMA,
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
