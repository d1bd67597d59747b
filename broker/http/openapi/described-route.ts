import { type HttpSchema, ref } from '../../../proto/http/document-schemas.js';

/**
 * Statements of routes of the procedure about themselves for the document, in members that the framework passes on: it neither
 * validates nor serializes by them.
 */
export interface RouteDescription {
  /** Without a schema it is that which the route validates by, without a media type JSON. */
  'x-body'?: { schema?: object; example: unknown; ifMatch?: boolean; mediaType?: string };
  /** Name of the schema of the answer. */
  'x-answer'?: string;
}

interface Operation extends RouteDescription {
  parameters?: { name: string; in: string; schema: HttpSchema; description?: string }[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: HttpSchema; example?: unknown }> };
  responses: Record<string, { description: string; content?: object }>;
}

const JSON_TYPE = 'application/json';

const header = (name: string, description: string, schema: HttpSchema) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', ...schema },
});
const IF_MATCH = header('If-Match', '`seq` of the file as it was read; STALE when it has changed', {
  pattern: '^"[0-9]{1,15}"$',
  examples: ['"1841"'],
});
const IDEMPOTENCY_KEY = header('Idempotency-Key', 'the same key and body again: the same answer, and nothing is done', {
  minLength: 1,
  maxLength: 128,
  examples: ['0d5f6c1e-7f3a-4f0e-9a53-6a7e2f1b8c90'],
});

/** Moves what the route states to where the document has it. */
export function completeDescribed(operation: Operation, { digestsBody }: { digestsBody?: boolean } = {}): void {
  const { 'x-body': body, 'x-answer': answer } = operation;
  delete operation['x-body'];
  delete operation['x-answer'];
  const headers = [...(body?.ifMatch ? [IF_MATCH] : []), ...(digestsBody ? [IDEMPOTENCY_KEY] : [])];
  if (headers.length > 0) operation.parameters = [...(operation.parameters ?? []), ...headers];
  if (body) operation.requestBody = describedBody(operation, body);
  if (answer === undefined) return;
  const status = Object.keys(operation.responses).find((one) => one.startsWith('2')) ?? '200';
  const { description = '', content = {} } = operation.responses[status] ?? {};
  const json = { schema: ref(answer) };
  operation.responses[status] = {
    description: description === 'Default Response' || description === '' ? 'Done' : description,
    content: 'text/event-stream' in content ? { ...content, [JSON_TYPE]: json } : { [JSON_TYPE]: json },
  };
}

function describedBody(
  { requestBody }: Operation,
  { schema, example, mediaType = JSON_TYPE }: NonNullable<RouteDescription['x-body']>,
): NonNullable<Operation['requestBody']> {
  const { content = { [mediaType]: {} } } = requestBody ?? {};
  const described = Object.entries(content).map(([type, before]) => {
    return [type, { schema: (schema as HttpSchema | undefined) ?? before.schema, example }] as const;
  });
  // An act that needs no member may come without a body.
  const required = described.some(([, one]) => one.schema !== undefined && 'required' in one.schema);
  return { required, content: Object.fromEntries(described) as NonNullable<Operation['requestBody']>['content'] };
}
