import type { FastifyInstance } from 'fastify';
import { entryProto } from '../../../proto/entry/entry-proto.js';
import { dataSchema } from '../../../proto/entry/entry-schema.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { asyncApiOf } from './asyncapi.js';
import type { CatalogRoutesDeps } from './catalog.js';
import { publishedVersion } from './entry-version.js';

type Route = { Params: { entry: string } };

/** An entry in the languages of machines. */
export function entryContractRoutes(app: FastifyInstance, { catalog }: CatalogRoutesDeps): void {
  app.get<Route>(
    '/v1/catalog/:entry/schema.json',
    { schema: schemaOf('JSON Schema of its data') },
    (request, reply) => {
      const version = publishedVersion(catalog, request.params.entry);
      const schema = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: version.id,
        ...dataSchema(version),
      };
      return reply.type('application/schema+json').send(schema);
    },
  );
  app.get<Route>('/v1/catalog/:entry/event.proto', { schema: schemaOf('Protobuf of its data') }, (request, reply) => {
    const { text } = entryProto(publishedVersion(catalog, request.params.entry));
    return reply.type('text/plain; charset=utf-8').send(text);
  });
  app.get<Route>('/v1/catalog/:entry/asyncapi.json', { schema: schemaOf('AsyncAPI of its stream') }, (request) =>
    Promise.resolve(asyncApiOf(publishedVersion(catalog, request.params.entry))),
  );
}

const schemaOf = (summary: string): object => ({
  tags: ['catalog'],
  summary: `An entry: ${summary}`,
  params: { type: 'object', properties: { entry: { type: 'string' } } },
  response: PROBLEMS,
});
