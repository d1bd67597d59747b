import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { halfPairPaths, inexactNumberPaths } from '../../../proto/i-json.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { parseExactYaml, YamlValueError } from '../../../proto/values/exact-yaml.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import { YamlDepthError } from '../../../proto/yaml-document.js';
import type { DocumentAnswer, DocumentRequest, DocumentSource, FlawedDocument } from './document-messages.js';

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
    const isTooDeep = error instanceof YamlDepthError;
    yield {
      kind: 'failed',
      code: isNotUtf8 ? 'NOT_UTF8' : isTooDeep ? 'TOO_DEEP' : 'UNREADABLE',
      where: isOurs ? error.message : undefined,
    };
    return;
  }
  const flaw = flawOf(document);
  if (flaw) yield { kind: 'failed', ...flaw };
  else yield* piecesOf(document);
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

function flawOf(document: unknown): FlawedDocument | undefined {
  if (isTooDeep(document)) return { code: 'TOO_DEEP' };
  const inexact = inexactNumberPaths(document);
  if (inexact.length > 0) return { code: 'INEXACT', paths: inexact };
  const halves = halfPairPaths(document);
  return halves.length > 0 ? { code: 'HALF_PAIR', paths: halves } : undefined;
}

/** Walks level by level and not by recursion, which is what a deep document breaks. */
function isTooDeep(document: unknown): boolean {
  let level = objectsIn([document]);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return true;
    level = level.flatMap((value) => objectsIn(Object.values(value)));
  }
  return false;
}

const objectsIn = (values: unknown[]): object[] =>
  values.filter((value): value is object => typeof value === 'object' && value !== null);
