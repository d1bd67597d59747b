import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import { type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { hasTooManyMembers, isDeeperThan, JSON_MEMBERS_MAX } from '../../../proto/values/json-scan.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';

/** Levels of maps and lists in one another. A bundle has nine; what walks a document by recursion fails at thousands. */
const DEPTH_MAX = 64;
/** Shorter texts are parsed where they arrive, within a fraction of a millisecond. */
const SHORT_BYTES_MAX = 16 * 1024;
/** Longer arrays are parsed element by element, with turns of the event loop in between. */
const AT_ONCE_BYTES_MAX = 128 * 1024;
/** Parsing holds the event loop no longer than this at a time. */
const TURN_MS_MAX = 10;
/** Looked through in one turn of the event loop: half a millisecond for what is read byte by byte. */
const TURN_BYTES = 512 * 1024;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

const [SPACE, TAB, LINE_FEED, CARRIAGE_RETURN] = [0x20, 0x09, 0x0a, 0x0d];

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
  const { elementsMax, singleBytesMax = bytes.length, share } = bounds;
  // Bodies that came together would all begin in one turn, and each take as long as one may.
  if (bytes.length > SHORT_BYTES_MAX) await sharedTurn(share);
  const start = await firstVisible(bytes, hasByteOrderMark(bytes) ? 3 : 0, share);
  const isList = bytes[start] === OPEN_LIST;
  if (!isList && bytes.length > singleBytesMax) {
    throw new SluiceError('TOO_LARGE', `a body that is not an array has at most ${singleBytesMax} bytes here`);
  }
  if (isList && bytes.length > AT_ONCE_BYTES_MAX) return parseLongList(bytes, start, bounds);
  if (isDeeperThan(bytes, DEPTH_MAX)) throw tooDeep();
  const text = decodeUtf8(bytes);
  if (elementsMax !== undefined && !isList && hasTooManyMembers(text)) throw tooManyMembers();
  const value = parseJsonText(text);
  if (Array.isArray(value) && value.length > (elementsMax ?? value.length)) throw tooMany(elementsMax);
  return value;
}

/** Parses an array that begins at `start` element by element. */
async function parseLongList(bytes: Buffer, start: number, bounds: JsonBounds): Promise<unknown[]> {
  const { elementsMax, singleBytesMax = bytes.length, share } = bounds;
  const ends = await elementEnds(bytes, start + 1, bounds);
  const elements: unknown[] = [];
  let from = start + 1;
  if (ends.length === 1 && (await firstVisible(bytes, from, share)) === ends[0]) return elements;
  let turnMs = performance.now();
  for (const end of ends) {
    if (end - from > singleBytesMax) {
      throw new SluiceError('TOO_LARGE', `an element of the array has more than ${singleBytesMax} bytes`);
    }
    const text = decodeUtf8(bytes.subarray(from, end));
    if (elementsMax !== undefined && hasTooManyMembers(text)) throw tooManyMembers();
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

const hasByteOrderMark = ([first, second, third]: Buffer): boolean =>
  first === 0xef && second === 0xbb && third === 0xbf;

/** The place of the first byte from `from` on that is no white space; a body may have nothing else. */
async function firstVisible(bytes: Buffer, from: number, share: TurnShare | undefined): Promise<number> {
  let at = from;
  for (let turnAt = from + TURN_BYTES; isWhiteSpace(bytes[at]); at++) {
    if (at < turnAt) continue;
    await sharedTurn(share);
    turnAt = at + TURN_BYTES;
  }
  return at;
}

const isWhiteSpace = (byte: number | undefined): boolean =>
  byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;

/** The places behind the elements of an array: of its commas, and of its closing bracket. */
async function elementEnds(bytes: Buffer, from: number, bounds: JsonBounds): Promise<number[]> {
  const { elementsMax = Number.POSITIVE_INFINITY, share } = bounds;
  const ends: number[] = [];
  let depth = 1;
  // A string may be as long as the body, so a turn can end within it.
  let isInString = false;
  for (let at = from, turnAt = from + TURN_BYTES; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) {
      if (byte === BACKSLASH) at++;
    } else if (byte === OPEN_LIST || byte === OPEN_MAP) {
      if (++depth > DEPTH_MAX) throw tooDeep();
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
      if (--depth === 0) return [...ends, await endOfArray(bytes, at, share)];
    } else if (byte === COMMA && depth === 1) {
      ends.push(at);
      if (ends.length >= elementsMax) throw tooMany(elementsMax);
    }
    if (at < turnAt) continue;
    await sharedTurn(share);
    turnAt = at + TURN_BYTES;
  }
  throw new SluiceError('BAD_JSON', 'the text is not JSON');
}

async function endOfArray(bytes: Buffer, at: number, share: TurnShare | undefined): Promise<number> {
  const isLast = bytes[at] === CLOSE_LIST && (await firstVisible(bytes, at + 1, share)) === bytes.length;
  if (!isLast) throw new SluiceError('BAD_JSON', 'the text is not JSON');
  return at;
}
