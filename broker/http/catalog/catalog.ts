import type { FastifyInstance } from 'fastify';
import { type EntryVersion, SHARING_ATTRIBUTES, type SharingAttribute } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { refuseLawfulWords } from '../trial/lawful-words.js';
import { publishedVersion, sendOfEntry } from './entry-version.js';

export interface CatalogRoutesDeps {
  catalog: Catalog;
  /** A registered bus lists the catalog by files of its procedure, and says of a withdrawn entry that it was one. */
  isTrial: boolean;
}

export type Search = { q?: string; party?: string; attribute?: SharingAttribute; after?: string; limit: number };

/** Everybody with a credential may search: a catalog tells what exists. */
export function catalogRoutes(app: FastifyInstance, { catalog, isTrial }: CatalogRoutesDeps): void {
  if (isTrial) searchRoute(app, catalog);
  app.get<{ Params: { entry: string } }>(
    '/v1/catalog/:entry',
    { schema: READ, config: { access: 'anybody' } },
    async (request, reply) => {
      const { entry } = request.params;
      if (!isTrial && !catalog.isPublished(entry) && catalog.state(entry)?.status === 'withdrawn') {
        throw new SluiceError('ENTRY_WITHDRAWN', `entry ${entry} was withdrawn`, { entry });
      }
      return sendOfEntry(request, reply, entry, publishedVersion(catalog, entry, callerOf(request)));
    },
  );
}

function searchRoute(app: FastifyInstance, catalog: Catalog): void {
  app.get<{ Querystring: Search }>(
    '/v1/catalog',
    { schema: SEARCH, config: { access: 'department' }, preValidation: refuseLawfulWords },
    async (request) => {
      const { entries, next } = catalog.search(request.query);
      return { entries: entries.map(summaryOf), next };
    },
  );
}

export function summaryOf({ id, version, publishedAt, document }: EntryVersion): object {
  const { name, abstract, sharingAttribute } = document;
  return { id, version, publishedAt, name, abstract, sharingAttribute };
}

export const SEARCH = {
  tags: ['catalog'],
  summary: 'Search the catalog',
  querystring: {
    type: 'object',
    properties: {
      q: { type: 'string', maxLength: 200, description: 'words that must all occur, in any language' },
      party: { type: 'string' },
      attribute: { enum: [...SHARING_ATTRIBUTES] },
      after: { type: 'string', description: '`next` of the page before' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    },
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: {
        entries: { type: 'array', items: { type: 'object', additionalProperties: true } },
        next: { type: 'string', description: 'absent on the last page' },
      },
    },
    ...PROBLEMS,
  },
};

const READ = {
  tags: ['catalog'],
  summary: 'An entry as published; <entry>@<version> for a previous version',
  params: { type: 'object', properties: { entry: { type: 'string' } } },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
