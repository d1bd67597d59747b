import type { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { RFC3339_FORMATS } from './values/rfc3339.js';

/** Adds the formats of JSON Schema, with dates and moments by the letter of RFC 3339, which the library's are not. */
export function addSchemaFormats(ajv: Ajv): void {
  addFormats.default(ajv);
  for (const [name, check] of Object.entries(RFC3339_FORMATS)) ajv.addFormat(name, check);
}
