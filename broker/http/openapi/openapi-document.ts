import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { RouteOptions } from 'fastify';
import { ANSWER_SCHEMAS } from '../../../proto/http/answer-schemas.js';
import { DOCUMENT_SCHEMAS, type HttpSchema } from '../../../proto/http/document-schemas.js';
import { PROCEDURE_SCHEMAS } from '../../../proto/http/procedure-schemas.js';
import { ENTRY_ID_PATTERN, TOKEN_PATTERN } from '../../../proto/subject.js';
import { completeDescribed, type RouteDescription } from './described-route.js';
import { OPERATIONS, type OperationParts } from './operations.js';
import { usedSchemas } from './used-schemas.js';

/** An operation of the document, as far as it is completed here. */
interface Operation extends RouteDescription {
  operationId?: string;
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; schema: HttpSchema }[];
  security?: object[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: HttpSchema; example?: unknown }> };
  responses: Record<string, { description: string; content?: object }>;
}

type Paths = Record<string, Record<string, Operation>>;

const TAGS: Record<string, string> = {
  events: 'Publishing, and what was refused',
  stream: 'Tickets of the WebSocket. Itself, GET /v1/stream, is described by docs/protocol.md and asyncapi.json',
  grants: 'Rights: what they are, and what they deliver',
  catalog: 'Entries: search, read, draft, publish',
  parties: 'Who the caller is',
  administration: 'Bundles and tokens',
  audit: 'The ledger and disclosures',
  operations: 'Health and metrics',
  procedure: 'Files and acts of the lawful procedure. Explained in docs/procedure.md',
};

/**
 * The OpenAPI document of the broker, complete enough to generate clients from.
 *
 * A route states what it checks: parameters, a JSON body, who may call it, media types with their sizes. What only a
 * reader needs (names of operations, schemas of answers, examples) stands in `operations.ts`, because as schemas of routes
 * the framework would validate and serialize by them. Both meet here, and a test holds the broker's answers to the result.
 */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  const routes = new Map<string, RouteOptions>();
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version,
        description: 'Real-time exchange bus for government data. Explained in docs/protocol.md and docs/bundles.md.',
        contact: { name: 'The operator of this bus' },
        license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'this broker' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'token of a system or an officer' },
          ticket: { type: 'apiKey', in: 'query', name: 'ticket', description: 'one-time ticket of POST /v1/tickets' },
        },
      },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) => (json.$id === 'problem' ? 'Problem' : `schema-${i}`),
    },
    transform: ({ schema, url, route }) => {
      for (const method of [route.method].flat()) routes.set(keyOf(method, url), route);
      return { schema, url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return {};
      const { openapiObject } = document;
      const components = openapiObject.components ?? {};
      const schemas = { ...components.schemas, ...DOCUMENT_SCHEMAS, ...ANSWER_SCHEMAS, ...PROCEDURE_SCHEMAS };
      completeOperations(openapiObject.paths as unknown as Paths, routes);
      const used = usedSchemas(openapiObject.paths, schemas as never);
      return { ...openapiObject, components: { ...components, schemas: used as never } };
    },
  };
}

function completeOperations(paths: Paths, routes: ReadonlyMap<string, RouteOptions>): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const route = routes.get(keyOf(method, path.replaceAll(/\{(\w+)\}/g, ':$1')));
      const parts = OPERATIONS[`${method.toUpperCase()} ${path}`];
      operation.description ??= operation.summary ?? '';
      describePathParameters(operation, method === 'get' && !path.endsWith('/draft'));
      operation.security = securityOf(route);
      // A route of the procedure says itself what else the same address of a trial bus is given here.
      const isDescribed = operation['x-answer'] !== undefined;
      if (parts && !isDescribed) {
        operation.operationId = parts.operationId;
        addBody(operation, route, parts);
        addAnswers(operation, parts);
      }
      completeDescribed(operation, route?.config);
    }
  }
}

/** A name in a path that is no id names nothing: the routes answer so, and a generator of requests needs to know. */
function describePathParameters({ parameters = [] }: Operation, takesVersion: boolean): void {
  for (const parameter of parameters) {
    const pattern = parameter.in === 'path' && PATH_PATTERNS[parameter.name];
    if (!pattern) continue;
    const source =
      takesVersion && parameter.name === 'entry' ? pattern.source.replace(/\$$/, '(?:@[0-9]+)?$') : pattern.source;
    parameter.schema = { ...parameter.schema, pattern: source };
  }
}

const PATH_PATTERNS: Record<string, RegExp> = { entry: ENTRY_ID_PATTERN, grant: TOKEN_PATTERN, id: TOKEN_PATTERN };

const keyOf = (method: string, url: string): string => `${method.toUpperCase()} ${url}`;

function securityOf(route: RouteOptions | undefined): object[] {
  const access = route?.config?.access;
  if (access === 'open') return [];
  const takesTicket = typeof access === 'object' && 'ticket' in access;
  return takesTicket ? [{ token: [] }, { ticket: [] }] : [{ token: [] }];
}

function addBody(operation: Operation, route: RouteOptions | undefined, parts: OperationParts): void {
  const { body = {}, stream } = route?.config ?? {};
  const types = [...Object.keys(body), ...(stream === undefined ? [] : [stream])];
  if (types.length === 0) return;
  const validated = operation.requestBody?.content['application/json']?.schema;
  const content = types.map((type) => {
    const schema = parts.body?.[type] ?? validated ?? { type: 'object' };
    const isExample = parts.bodyExample !== undefined && type === types[0];
    return [type, { schema, ...(isExample && { example: parts.bodyExample }) }];
  });
  operation.requestBody = { required: true, content: Object.fromEntries(content) };
}

function addAnswers(operation: Operation, { answers }: OperationParts): void {
  for (const [status, schemas] of Object.entries(answers)) {
    const types = Object.entries(schemas).map(([type, schema]) => [type, { schema }]);
    operation.responses[status] = {
      description: operation.responses[status]?.description || 'Done',
      ...(types.length > 0 && { content: Object.fromEntries(types) }),
    };
  }
}
