import { Ajv, type Options } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** Formats as in the rest of the broker; unknown keywords are those of OpenAPI. */
function ajvWith(options: Options): Ajv {
  const ajv = new Ajv({ strict: false, useDefaults: true, ...options });
  addFormats.default(ajv);
  return ajv;
}

/**
 * Validates requests by the schemas of their routes. A query and a path have strings alone, so they are coerced to the type
 * that is meant; a body has types of its own, and `{"reason": false}` is no reason.
 */
export function requestValidator(): FastifySchemaCompiler<object> {
  const strings = ajvWith({ coerceTypes: true });
  const bodies = ajvWith({ coerceTypes: false });
  return ({ schema, httpPart }) => (httpPart === 'body' ? bodies : strings).compile(schema);
}
