import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { isMap } from '../../../proto/values/is-map.js';
import { turnShareOf } from '../../parties/caller.js';
import { askForBody } from '../connections/refused-requests.js';
import { onClosed } from '../server/on-closed.js';
import { ANY_TYPE, type BodyRule, JSON_TYPE, YAML_TYPE } from '../server/route-rule.js';
import { BodyFile } from './body-file.js';
import { DocumentParser } from './document-parser.js';
import { requireKeptNumbers, requireWholeCharacters } from './i-json-documents.js';
import { parseJson } from './parse-json.js';
import { type BodyBounds, BodyBudget, readBody, tooLarge } from './read-body.js';

/** The rule of routes that state none: `{}` and spaces, which some clients send with every POST. */
const NO_BODY: BodyRule = { [JSON_TYPE]: 4 * 1024 };
/** Longer documents that are no arrays are parsed in a thread of their own. */
const DOCUMENT_BYTES_MIN = 512 * 1024;

/** Bodies of officers: those of acts in memory, bundles in files, one of the greatest size and others beside it. */
const OFFICERS_BYTES_MAX = 16 * 1024 * 1024;
const FILE_ABOVE_BYTES = 1024 * 1024;
const FILES_BYTES_MAX = 320 * 1024 * 1024;

type Bounds = Omit<BodyBounds, 'bytesMax'>;

/** Two, so that systems that fill theirs do not keep officers from suspending a grant. */
interface Budgets {
  systems: Bounds;
  officers: Bounds;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Calls `release` when the request is answered or its connection gone. */
    onAnswered(release: () => void): void;
  }
}

/** Other names by which clients send the types that routes state. */
const SAME_TYPE: Readonly<Record<string, string>> = { 'application/x-yaml': YAML_TYPE, 'text/yaml': YAML_TYPE };

/**
 * Reads bodies by the rule of their route: which media types it takes, and how many bytes of each. Replaces the parsers
 * of the framework, which know one limit and one set of types for all. Runs after authentication.
 */
export function addBodyParsers(app: FastifyInstance, { bodyBytesInMemoryMax }: { bodyBytesInMemoryMax: number }): void {
  const budgets: Budgets = {
    systems: { budget: new BodyBudget(bodyBytesInMemoryMax) },
    officers: {
      budget: new BodyBudget(OFFICERS_BYTES_MAX),
      file: { aboveBytes: FILE_ABOVE_BYTES, budget: new BodyBudget(FILES_BYTES_MAX) },
    },
  };
  const documents = new DocumentParser();
  app.addHook('onClose', () => documents.close());
  app.decorateRequest('onAnswered');
  app.addHook('onRequest', async (request, reply) => {
    request.onAnswered = (release) => onClosed(reply, release);
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || /^identity$/i.test(encoding)) return;
    throw new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'a Content-Encoding is not supported: send the body as it is');
  });
  app.decorateRequest('bodyDigest', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, body: Readable) => bodyOf(request, body, budgets, documents));
}

/** Runs where a request announces a body. Throws what `readBody` and the parsers throw, and UNSUPPORTED_MEDIA_TYPE. */
async function bodyOf(
  request: FastifyRequest,
  body: Readable,
  budgets: Budgets,
  documents: DocumentParser,
): Promise<unknown> {
  const { headers, is404, routeOptions } = request;
  const { body: rule = NO_BODY, stream, elementsMax, singleBytesMax, raw, digestsBody } = routeOptions.config;
  if (is404 || headers['content-length'] === '0') return undefined;
  const given = mediaType(headers['content-type']);
  const type = SAME_TYPE[given] ?? given;
  const bytesMax = rule[type] ?? rule[ANY_TYPE];
  if (type !== stream && bytesMax === undefined) throw raw ? notOfForm(rule) : unsupported(rule, stream);
  if (!raw) checkCharset(headers['content-type']);
  if (type === stream || bytesMax === undefined) {
    askForBody(request.raw);
    return body;
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) {
    throw raw && rule[ANY_TYPE] === undefined ? tooLargeFile(bytesMax) : tooLarge(bytesMax);
  }
  askForBody(request.raw);
  const isOfficers = request.caller?.kind === 'officer';
  const held = await readBody(body, { bytesMax, ...(isOfficers ? budgets.officers : budgets.systems) });
  request.onAnswered(held.release.bind(held));
  const { length } = held;
  const content = held.take();
  if (length === 0) return undefined;
  if (digestsBody) {
    request.bodyDigest =
      content instanceof BodyFile ? await content.digest() : createHash('sha256').update(content).digest('hex');
  }
  if (raw) return content;
  if (content instanceof BodyFile) return documents.parse(content, type === YAML_TYPE ? 'YAML' : 'JSON');
  if (rule === NO_BODY) return requireEmptyMap(await parseJson(content));
  if (type === YAML_TYPE) return documents.parse(content, 'YAML');
  const share = request.caller && turnShareOf(request.caller);
  if (elementsMax !== undefined) return parseJson(content, { elementsMax, singleBytesMax, share });
  if (length > DOCUMENT_BYTES_MIN) return documents.parse(content, 'JSON');
  const document = await parseJson(content, { singleBytesMax, share });
  requireWholeCharacters(document, content);
  // A narrowing, which systems send, keeps all the digits of its bounds.
  if (isOfficers) requireKeptNumbers(document);
  return document;
}

const notOfForm = (rule: BodyRule): SluiceError =>
  new SluiceError('BAD_REQUEST', `the content type is not supported here, send ${Object.keys(rule).join(', ')}`);

const tooLargeFile = (bytesMax: number): SluiceError =>
  new SluiceError('BAD_REQUEST', `the file has more than the ${bytesMax} bytes that are allowed here`);

function unsupported(rule: BodyRule, stream: string | undefined): SluiceError {
  if (rule === NO_BODY) return new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'this call takes no body, or {} as JSON');
  const types = [...Object.keys(rule), ...(stream === undefined ? [] : [stream])].join(', ');
  return new SluiceError('UNSUPPORTED_MEDIA_TYPE', `the content type is not supported here, send ${types}`);
}

function requireEmptyMap(value: unknown): undefined {
  if (isMap(value) && Object.keys(value).length === 0) return undefined;
  throw new SluiceError('BAD_REQUEST', 'this call takes no body, or {}');
}

/** Media type without its parameters. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]!.trim().toLowerCase();

function checkCharset(header: string | undefined): void {
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(header ?? '') ?? [];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new SluiceError('UNSUPPORTED_MEDIA_TYPE', 'the charset must be UTF-8');
  }
}
