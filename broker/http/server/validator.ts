import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import { addSchemaFormats } from '../../../proto/schema-formats.js';

/** The schemas are the program's own, so no meta-schema is compiled to check them. */
const OWN_SCHEMAS: Options = { strict: false, useDefaults: true, meta: false, validateSchema: false };

/** Formats as in the rest of the broker; unknown keywords are those of OpenAPI. */
function ajvWith(options: Options): Ajv {
  const ajv = new Ajv({ ...OWN_SCHEMAS, ...options });
  addSchemaFormats(ajv);
  return ajv;
}

/**
 * Validates requests by the schemas of their routes. A query and a path have strings alone, so they are coerced to the type
 * that is meant; a body has types of its own, and `{"reason": false}` is no reason. Compiles a schema at its first request:
 * hundreds of routes would cost every start a quarter of a second, and most of them are not called on a given day.
 */
export function requestValidator(): FastifySchemaCompiler<object> {
  const strings = ajvWith({ coerceTypes: true });
  const bodies = ajvWith({ coerceTypes: false });
  return ({ schema, httpPart }) => compiledAtFirstUse(httpPart === 'body' ? bodies : strings, schema);
}

function compiledAtFirstUse(ajv: Ajv, schema: object): ReturnType<FastifySchemaCompiler<object>> {
  let compiled: ValidateFunction | undefined;
  const validate: { (data: unknown): boolean; errors?: ErrorObject[] | null } = (data) => {
    compiled ??= ajv.compile(schema);
    const isValid = compiled(data);
    // Fastify reads the problems from the function that it called.
    validate.errors = compiled.errors ?? null;
    return isValid;
  };
  return validate;
}
