import type { FastifyInstance } from 'fastify';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { entryProto } from '../../../proto/entry/entry-proto.js';
import { dataSchema } from '../../../proto/entry/entry-schema.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { asyncApiOf } from './asyncapi.js';
import type { CatalogRoutesDeps } from './catalog.js';
import { publishedVersion, sendOfEntry } from './entry-version.js';

type Route = { Params: { entry: string } };

/** The contract of an entry as JSON Schema, protobuf and AsyncAPI. */
export function entryContractRoutes(app: FastifyInstance, { catalog }: CatalogRoutesDeps): void {
  const contract = (
    path: string,
    summary: string,
    type: string,
    of: (version: EntryVersion) => object | string,
  ): void => {
    const options = { schema: schemaOf(summary), config: { access: 'anybody' as const } };
    app.get<Route>(`/v1/catalog/:entry/${path}`, options, async (request, reply) => {
      const { entry } = request.params;
      const body = of(publishedVersion(catalog, entry, callerOf(request)));
      reply.type(type);
      return sendOfEntry(request, reply, entry, body);
    });
  };
  contract('schema.json', 'JSON Schema of its data', 'application/schema+json', (version) => ({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: version.id,
    ...dataSchema(version),
  }));
  contract('event.proto', 'Protobuf of its data', 'text/plain; charset=utf-8', (version) => entryProto(version).text);
  contract('asyncapi.json', 'AsyncAPI of its stream', 'application/json; charset=utf-8', asyncApiOf);
}

const schemaOf = (summary: string): object => ({
  tags: ['catalog'],
  summary: `An entry: ${summary}`,
  params: { type: 'object', properties: { entry: { type: 'string' } } },
  response: PROBLEMS,
});
