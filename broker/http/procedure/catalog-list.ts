import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { type CatalogLevel, entriesOfLevel } from '../../procedure/catalog/catalog-level.js';
import type { DescribedFiles } from '../../procedure/worklist/described-files.js';
import { SEARCH, type Search, summaryOf } from '../catalog/catalog.js';
import { callerOf } from '../server/authenticate.js';
import type { CatalogReadDeps } from './catalog-reads.js';
import { type ListQuery, listProperties, queryOf } from './files.js';

type Query = Search & ListQuery & { level?: CatalogLevel['level']; region?: string };
type Route = { Querystring: Query };

export interface CatalogListDeps extends Pick<CatalogReadDeps, 'procedure' | 'world'> {
  described: DescribedFiles;
}

/**
 * `GET /v1/catalog`: a search of published entries as a trial bus has it, each with its file; by `level` the catalog of a
 * level or region; and by any word of a list of files, the files.
 */
export function catalogListRoute(app: FastifyInstance, { procedure, world, described }: CatalogListDeps): void {
  app.get<Route>(
    '/v1/catalog',
    { schema: SCHEMA, config: { access: 'department', answer: 'list' } },
    async (request) => {
      const { query } = request;
      const caller = callerOf(request);
      if (isListOfFiles(query))
        return procedure.files.list(caller, queryOf('catalog', request as FastifyRequest<Route>));
      if (caller.kind === 'officer') await procedure.requireInsider(caller, 'read', 'catalog');
      const { entries, next } = query.level === undefined ? world.catalog.search(query) : ofLevel({ world }, query);
      const answers =
        caller.kind === 'officer'
          ? await described.describe(
              caller,
              'catalog',
              entries.map(({ id }) => id),
            )
          : new Map();
      const withFile = entries.map((entry) => ({
        ...answers.get(entry.id),
        ...summaryOf(entry),
        ...(query.level !== undefined && { reference: `${entry.id}@${entry.version}` }),
      }));
      const { level, region } = query;
      return { ...(level && { level }), ...(region && { region }), entries: withFile, next };
    },
  );
}

const isListOfFiles = (query: Query): boolean =>
  (['state', 'entry', 'about', 'due-before', 'document'] as const).some((word) => query[word] !== undefined);

function ofLevel(
  { world }: Pick<CatalogListDeps, 'world'>,
  { level = 'national', region, party, after = '', limit }: Query,
): { entries: EntryVersion[]; next: string | undefined } {
  if (level === 'regional' && region === undefined) {
    throw new SluiceError('BAD_REQUEST', 'region is missing: the catalog of which region?');
  }
  if (level === 'department' && party === undefined) {
    throw new SluiceError('BAD_REQUEST', 'party is missing: the catalog of which department?');
  }
  const ids = entriesOfLevel(world, { level, region, party }).filter((id) => id > after);
  const page = ids.slice(0, limit);
  const entries = page.map((id) => world.catalog.published(id)).filter((entry) => entry !== undefined);
  return { entries, next: ids.length > limit ? page.at(-1) : undefined };
}

const SCHEMA = {
  ...SEARCH,
  operationId: 'listCatalog',
  'x-answer': 'CatalogList',
  summary: 'Search the catalog, list the catalog of a level, or list the files of entries',
  querystring: {
    ...SEARCH.querystring,
    properties: {
      ...listProperties,
      ...SEARCH.querystring.properties,
      level: { enum: ['national', 'regional', 'department'] },
      region: { type: 'string', pattern: '^\\d{6}$' },
    },
  },
};
