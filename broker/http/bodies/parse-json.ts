import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import { type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { closingQuoteIn, hasTooManyMembers, isDeeperThan, JSON_MEMBERS_MAX } from '../../../proto/values/json-scan.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';

/** Levels of maps and lists in one another. A bundle has nine; what walks a document by recursion fails at thousands. */
const DEPTH_MAX = 64;
/** Shorter texts are parsed where they arrive, within a fraction of a millisecond. */
const SHORT_BYTES_MAX = 16 * 1024;
/** Longer arrays are parsed element by element, with turns of the event loop in between. */
const AT_ONCE_BYTES_MAX = 128 * 1024;
/** Parsing holds the event loop no longer than this at a time. */
const TURN_MS_MAX = 10;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const [QUOTE, COMMA] = [0x22, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

export interface JsonBounds {
  /** Elements that the array may have, when the value is one; then its keys are bounded too. */
  elementsMax?: number | undefined;
  /** Bytes that any other value may have, and an element of a long array. */
  singleBytesMax?: number | undefined;
  /** Whose turns of the event loop it takes. */
  share?: TurnShare | undefined;
}

/**
 * Parses JSON without holding the event loop for long. The elements of a long array are found by a scan over the bytes,
 * counted before any of them is made, and parsed one by one. Throws BAD_JSON, NOT_UTF8, or TOO_LARGE for too many
 * elements or levels; none of them repeats anything of the text.
 */
export async function parseJson(bytes: Buffer, bounds: JsonBounds = {}): Promise<unknown> {
  const start = firstVisible(bytes);
  const { elementsMax, singleBytesMax = bytes.length, share } = bounds;
  const isBounded = elementsMax !== undefined;
  if (bytes[start] !== OPEN_LIST && bytes.length > singleBytesMax) {
    throw new SluiceError('TOO_LARGE', `a body that is not an array has at most ${singleBytesMax} bytes here`);
  }
  // Bodies that came together would all begin in one turn, and each take as long as one may.
  if (bytes.length > SHORT_BYTES_MAX) await sharedTurn(share);
  if (bytes.length <= AT_ONCE_BYTES_MAX || bytes[start] !== OPEN_LIST) {
    if (isDeeperThan(bytes, DEPTH_MAX)) throw tooDeep();
    const text = decodeUtf8(bytes);
    if (isBounded && bytes[start] !== OPEN_LIST && hasTooManyMembers(text)) throw tooManyMembers();
    const value = parseJsonText(text);
    if (Array.isArray(value) && value.length > (elementsMax ?? value.length)) throw tooMany(elementsMax);
    return value;
  }
  const ends = await elementEnds(bytes, start + 1, bounds);
  const elements: unknown[] = [];
  let from = start + 1;
  if (ends.length === 1 && firstVisible(bytes.subarray(from)) === (ends[0] as number) - from) return elements;
  let turnMs = performance.now();
  for (const end of ends) {
    if (end - from > singleBytesMax) {
      throw new SluiceError('TOO_LARGE', `an element of the array has more than ${singleBytesMax} bytes`);
    }
    const text = decodeUtf8(bytes.subarray(from, end));
    if (isBounded && hasTooManyMembers(text)) throw tooManyMembers();
    elements.push(parseJsonText(text));
    from = end + 1;
    if (performance.now() - turnMs > TURN_MS_MAX) {
      await sharedTurn(share);
      turnMs = performance.now();
    }
  }
  return elements;
}

/** Throws BAD_JSON. */
export function parseJsonText(text: string, where: ProblemWhere = {}): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const why = error instanceof RepeatedKeyError ? error.message : 'the text is not JSON';
    throw new SluiceError('BAD_JSON', why, where, { cause: error });
  }
}

/** Throws NOT_UTF8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw notUtf8({}, error);
  }
}

export const notUtf8 = (where: ProblemWhere = {}, cause?: unknown): SluiceError =>
  new SluiceError('NOT_UTF8', 'the text is not UTF-8', where, { cause });

const tooMany = (elementsMax: number | undefined): SluiceError =>
  new SluiceError('TOO_LARGE', `an array has at most ${elementsMax} elements`);
const tooManyMembers = (): SluiceError =>
  new SluiceError('TOO_LARGE', `an element has at most ${JSON_MEMBERS_MAX} keys in all of its objects together`);
const tooDeep = (): SluiceError =>
  new SluiceError('TOO_LARGE', `the document has more than ${DEPTH_MAX} levels of maps and lists`);

/** The place of the first byte that is neither white space nor part of a byte order mark. */
function firstVisible(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (WHITE_SPACE.has(bytes[at] as number)) at++;
  return at;
}

/** The places behind the elements of an array: of its commas, and of its closing bracket. */
async function elementEnds(bytes: Buffer, from: number, bounds: JsonBounds): Promise<number[]> {
  const { elementsMax = Number.POSITIVE_INFINITY, share } = bounds;
  const ends: number[] = [];
  let depth = 1;
  let turnAt = from + AT_ONCE_BYTES_MAX;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = closingQuoteIn(bytes, at);
    else if (byte === OPEN_LIST || byte === OPEN_MAP) {
      if (++depth > DEPTH_MAX) throw tooDeep();
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
      if (--depth === 0) return endOfArray(bytes, at, ends);
    } else if (byte === COMMA && depth === 1) {
      ends.push(at);
      if (ends.length >= elementsMax) throw tooMany(elementsMax);
    }
    if (at > turnAt) {
      await sharedTurn(share);
      turnAt = at + 4 * AT_ONCE_BYTES_MAX;
    }
  }
  throw new SluiceError('BAD_JSON', 'the text is not JSON');
}

function endOfArray(bytes: Buffer, at: number, ends: number[]): number[] {
  const isLast = bytes[at] === CLOSE_LIST && firstVisible(bytes.subarray(at + 1)) === bytes.length - at - 1;
  if (!isLast) throw new SluiceError('BAD_JSON', 'the text is not JSON');
  return [...ends, at];
}
