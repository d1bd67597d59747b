import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { quotedName } from '../../../proto/foreign-name.js';
import { halfPairPaths } from '../../../proto/half-pairs.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { ExactNumber } from '../../../proto/values/exact-number.js';
import { parseExactYaml, YamlValueError } from '../../../proto/values/exact-yaml.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import type { DocumentAnswer, DocumentRequest, DocumentSource } from './document-messages.js';

/** Aliases that multiply are a known way to fill memory. */
const ALIASES_MAX = 100;
const DEPTH_MAX = 64;
/** Elements of a list that go out in one message, so that taking it over is short work for the receiver. */
const ELEMENTS_PER_PIECE = 100;

/** Parsed documents on their way out, in pieces that the receiver asks for one by one. */
let pieces: Generator<DocumentAnswer> | undefined;

parentPort?.on('message', (request: DocumentRequest) => {
  if (request.kind === 'parse') pieces = answersOf(request);
  const next = pieces?.next();
  parentPort?.postMessage(next?.done === false ? next.value : { kind: 'done' });
});

function* answersOf({ source, isYaml }: Extract<DocumentRequest, { kind: 'parse' }>): Generator<DocumentAnswer> {
  let document: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(source));
    document = isYaml ? parseExactYaml(text, { maxAliasCount: ALIASES_MAX }) : parseExactJson(text);
  } catch (error) {
    const isNotUtf8 =
      error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    const isOurs = error instanceof RepeatedKeyError || error instanceof YamlValueError;
    yield {
      kind: 'failed',
      code: isNotUtf8 ? 'NOT_UTF8' : 'UNREADABLE',
      where: isOurs ? error.message : undefined,
    };
    return;
  }
  const flaw = flawOf(document);
  if (flaw !== undefined) yield { kind: 'failed', code: flaw, where: pathOfExactNumber(document, DEPTH_MAX) };
  const paths = flaw === undefined ? halfPairPaths(document) : [];
  if (paths.length > 0) yield { kind: 'failed', code: 'HALF_PAIR', paths };
  else if (flaw === undefined) yield* piecesOf(document);
}

function bytesOf(source: DocumentSource): Uint8Array {
  if (source instanceof Uint8Array) return source;
  const bytes = Buffer.allocUnsafeSlow(source.bytes);
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(source.descriptor, bytes, at, bytes.length - at, at);
    if (read === 0) throw new Error('the file of a document is shorter than what was written to it');
    at += read;
  }
  return bytes;
}

function* piecesOf(document: unknown): Generator<DocumentAnswer> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    yield { kind: 'whole', value: document };
    return;
  }
  for (const [key, value] of Object.entries(document)) {
    if (!Array.isArray(value)) yield { kind: 'member', key, value };
    else {
      yield { kind: 'member', key, value: [] };
      for (let from = 0; from < value.length; from += ELEMENTS_PER_PIECE) {
        yield { kind: 'elements', key, elements: value.slice(from, from + ELEMENTS_PER_PIECE) };
      }
    }
  }
}

/** Walks level by level and not by recursion, which is what a deep document breaks. */
function flawOf(document: unknown): 'TOO_DEEP' | 'INEXACT' | undefined {
  let level = objectsIn([document]);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return 'TOO_DEEP';
    if (level.some((value) => value instanceof ExactNumber)) return 'INEXACT';
    level = level.flatMap((value) => objectsIn(Object.values(value)));
  }
  return undefined;
}

const objectsIn = (values: unknown[]): object[] =>
  values.filter((value): value is object => typeof value === 'object' && value !== null);

/** Path of the first number that a double would change; undefined where there is none within so many levels. */
function pathOfExactNumber(value: unknown, levels: number): string | undefined {
  if (value instanceof ExactNumber) return '';
  if (typeof value !== 'object' || value === null || levels === 0) return undefined;
  for (const [key, one] of Object.entries(value)) {
    const path = pathOfExactNumber(one, levels - 1);
    if (path !== undefined) return `${Array.isArray(value) ? `[${key}]` : `.${quotedName(key)}`}${path}`;
  }
  return undefined;
}
