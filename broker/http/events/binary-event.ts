import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../../../proto/errors.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';

const PREFIX = 'ce-';
/** Attributes that are no strings in the JSON form; a header holds their JSON. */
const JSON_ATTRIBUTES: ReadonlySet<string> = new Set(['previous', 'corrects']);
/** Malformed ones of these, or of their encoding, refuse no event: intake drops them. */
const TRACE_CONTEXT: ReadonlySet<string> = new Set(['ce-traceparent', 'ce-tracestate']);
/** Content types of the structured and the batched mode, in which the body holds the attributes. */
const STRUCTURED = /^application\/cloudevents/;

/**
 * The event of a request in the binary mode of CloudEvents: attributes in `ce-` headers, the data alone in the body.
 * Undefined for a request without such headers. Throws BAD_REQUEST for a request in two modes, which would have two truths.
 */
export function binaryEvent(
  headers: IncomingHttpHeaders,
  mediaType: string,
  body: unknown,
): Record<string, unknown> | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith(PREFIX));
  if (names.length === 0) return undefined;
  if (STRUCTURED.test(mediaType)) {
    throw new SluiceError('BAD_REQUEST', `ce- headers and ${mediaType} exclude each other: send one of the two modes`);
  }
  const event: Record<string, unknown> = {};
  for (const name of names) {
    const attribute = name.slice(PREFIX.length);
    if (attribute === 'data') throw new SluiceError('BAD_REQUEST', 'ce-data: the data is the body of the request');
    const value = decoded(name, String(headers[name]));
    event[attribute] = JSON_ATTRIBUTES.has(attribute) ? parsed(name, value) : value;
  }
  if (body !== undefined) event.data = body;
  return event;
}

/** The binding percent-encodes what a header cannot hold. */
function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    if (TRACE_CONTEXT.has(name)) return value;
    throw new SluiceError('BAD_REQUEST', `${quotedName(name)}: is not percent-encoded UTF-8`);
  }
}

function parsed(name: string, value: string): unknown {
  try {
    return parseExactJson(value);
  } catch (error) {
    const why = error instanceof RepeatedKeyError ? error.message : 'is not JSON';
    throw new SluiceError('BAD_REQUEST', `${quotedName(name)}: ${why}`);
  }
}
