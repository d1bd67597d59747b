import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { EntryFigures } from '../../observe/entry-figures.js';
import type { GrantLag } from '../../observe/grant-lag.js';
import { grantSeries, grantTable } from '../../observe/grant-series.js';
import type { PartyFigures } from '../../observe/party-figures.js';
import { SeriesMemory } from '../../observe/series-memory.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface GrantMetricsRoutesDeps {
  grantLag: Pick<GrantLag, 'ofParty' | 'isWhole'>;
  entryFigures: EntryFigures;
  partyFigures: Pick<PartyFigures, 'ofParty'>;
  clock(): number;
}

/** Version 0.0.4 of the text format, which every Prometheus reads. */
const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

/** Apart from `/metrics`, because there are as many series as grants and because a department sees its own alone. */
export function grantMetricsRoutes(app: FastifyInstance, deps: GrantMetricsRoutesDeps): void {
  const memory = new SeriesMemory();
  app.get<{ Querystring: { party?: string } }>(
    '/metrics/grants',
    { schema: SCHEMA, config: { access: 'anybody', outsiders: ['platform_operator'] } },
    async (request, reply) => {
      const [caller, { party }] = [callerOf(request), request.query];
      const table = grantTable();
      await deps.grantLag.ofParty(caller, party, (...one) => table.add(...one));
      const figures = await deps.entryFigures.ofParty(caller, party, table.grants);
      const parties = await deps.partyFigures.ofParty(caller, party);
      const kept = deps.grantLag.isWhole(caller, party) ? memory : undefined;
      const series = grantSeries({ grants: table, ...figures, parties }, deps.clock(), kept);
      return reply.type(TEXT_FORMAT).send(Readable.from(series, { objectMode: false }));
    },
  );
}

const SCHEMA = {
  tags: ['operations'],
  summary: 'Prometheus metrics of each grant and cursor',
  description:
    'Series of the grants in force that the caller may see, under `grant` and `cursor`; `sluice_grant_info` has party, provider, system ' +
    'and entry; of the entries that the caller provides or oversees; and of what parties must act on, each party its own. With `party` those that this party holds or provides: its own officers and systems, and those who oversee all ' +
    'grants, get them, everybody else no series.',
  querystring: {
    type: 'object',
    properties: { party: { type: 'string', minLength: 1, maxLength: 64 } },
    additionalProperties: false,
  },
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
