import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse as parseYaml } from 'yaml';
import { type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { eventBytesMax } from '../events/event-size.js';

const ONE_EVENT_TYPE = 'application/cloudevents+json';
const JSON_TYPES = ['application/json', 'application/cloudevents-batch+json'];
export const NDJSON_TYPE = 'application/x-ndjson';
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** A batch is held in memory as a whole; who has more uses a stream. */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

type Parser = (request: { headers: Headers }, body: Buffer) => Promise<unknown>;

/** Replaces the parsers of the framework: bytes must be UTF-8, and what is wrong with them has a code. */
export function addBodyParsers(app: FastifyInstance, { maxEventBytes }: { maxEventBytes: number }): void {
  const json: Parser = async (request, body) => {
    checkCharset(request.headers['content-type']);
    return body.length === 0 ? undefined : parseJson(body);
  };
  const yaml: Parser = async (request, body) => {
    checkCharset(request.headers['content-type']);
    return yamlOf(decodeUtf8(body));
  };
  app.addHook('onRequest', async ({ headers }) => {
    const encoding = headers['content-encoding'];
    if (encoding === undefined || /^identity$/i.test(encoding)) return;
    throw new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'a Content-Encoding is not supported: send the body as it is');
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(ONE_EVENT_TYPE, { parseAs: 'buffer', bodyLimit: eventBytesMax(maxEventBytes) }, json);
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer', bodyLimit: BATCH_BYTES_MAX }, json);
  app.addContentTypeParser(YAML_TYPES, { parseAs: 'buffer', bodyLimit: BATCH_BYTES_MAX }, yaml);
  // Read by its route, line by line: it may be endless.
  app.addContentTypeParser(NDJSON_TYPE, async (request: { headers: Headers }, body: unknown) => {
    checkCharset(request.headers['content-type']);
    return body;
  });
}

/** What a body of the request may have: the limit of its route, else that of its content type. */
export function bodyBytesMax(request: FastifyRequest, maxEventBytes: number): number {
  const { bodyLimit } = request.routeOptions;
  if (bodyLimit !== request.server.initialConfig.bodyLimit) return bodyLimit;
  return mediaType(request.headers['content-type']) === ONE_EVENT_TYPE ? eventBytesMax(maxEventBytes) : BATCH_BYTES_MAX;
}

type Headers = { 'content-type'?: string | undefined };

/** Bytes → value. Throws NOT_UTF8 or BAD_JSON, which say nothing of the content. */
const parseJson = (bytes: Uint8Array): unknown => parseJsonText(decodeUtf8(bytes));

/** Throws BAD_JSON. */
export function parseJsonText(text: string, where: ProblemWhere = {}): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new SluiceError('BAD_JSON', 'the text is not JSON', where, { cause: error });
  }
}

/** Media type without its parameters. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]!.trim().toLowerCase();

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw notUtf8({}, error);
  }
}

export const notUtf8 = (where: ProblemWhere = {}, cause?: unknown): SluiceError =>
  new SluiceError('NOT_UTF8', 'the text is not UTF-8', where, { cause });

function yamlOf(text: string): unknown {
  try {
    // Aliases that multiply are a known way to fill memory.
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new SluiceError('BAD_REQUEST', 'the text is not YAML', {}, { cause: error });
  }
}

function checkCharset(header: string | undefined): void {
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(header ?? '') ?? [];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'the charset must be UTF-8');
  }
}
