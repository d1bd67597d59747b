import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { GatewayMetrics } from '../../metrics/gateway-metrics.js';
import type { Page, PageRequest } from '../../stream/pages/page.js';
import type { PageReader } from '../../stream/pages/page-reader.js';
import { systemOf } from '../server/authenticate.js';
import { NDJSON_TYPE } from '../server/body-parsers.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { serverSentEvents } from './grant-event-source.js';
import { PAGE_QUERY_SCHEMA, type PageQuery, parseEventId, parseFrom, parseNarrow } from './page-query.js';

export interface GrantEventRoutesDeps {
  pages: PageReader;
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
    const pull: PageRequest = {
      system: systemOf(request, 'subscribe').id,
      grant: request.params.grant,
      cursor,
      from: parseFrom(from, log),
      limit,
      narrow: parseNarrow(narrow),
    };
    if (!request.headers.accept?.includes('text/event-stream')) {
      const page = await deps.pages.pull(pull);
      return reply.type(NDJSON_TYPE).send(ndjsonOf(page));
    }
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string') pull.from = parseEventId(lastEventId);
    // The first page is read before the head goes out: what is wrong can still be said with a status.
    const first = await deps.pages.pull(pull);
    const events = serverSentEvents({ ...deps, pull, first, onEnded: (code) => deps.metrics.subscriptionEnded(code) });
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
