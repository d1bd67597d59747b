import { quotedName } from '../foreign-name.js';
import { JSON_MEMBERS_MAX } from '../values/json-scan.js';
import { decodeUtf8 } from '../values/utf8.js';
import { FRAME_EVENTS_MAX, tooManyEvents, tooManyMembers } from './frame-events.js';

/** Nesting of arrays and maps; deeper values would overflow the stack of recursive code that reads them. */
const DEPTH_MAX = 64;

/** Payload bytes of the types with a fixed size, from 0xca (float 32) to 0xd3 (int 64). */
const FIXED_SIZES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

const NO_KEYS = new Set<string>();

export class MsgpackError extends Error {
  override readonly name = 'MsgpackError';
}
/** A class of its own, because text that is not UTF-8 has its own error code. */
export class MsgpackTextError extends Error {
  override readonly name = 'MsgpackTextError';
}

/**
 * Accepts the types of JSON only: null, booleans, numbers, UTF-8 strings, arrays, maps with string keys. The decoder would
 * also accept binary values, dates and cyclic references and would repair malformed strings, none of which may come from a
 * client. Returns the number of keys in all maps: the decoder keeps one of two equal ones. Throws MsgpackError or
 * MsgpackTextError. See docs/decisions/0003.
 */
export function checkMsgpack(bytes: Uint8Array): number {
  const walker = new MsgpackWalker(bytes);
  walker.run();
  return walker.members;
}

/** Throws MsgpackError with the path of the first key that a map has twice. It reads each key, so it is slow. */
export function checkMsgpackKeys(bytes: Uint8Array): void {
  new MsgpackWalker(bytes, true).run();
}

interface OpenValue {
  size: number;
  left: number;
  map: boolean;
  /** Those of a map, when keys are read, and the last one. */
  keys: Set<string>;
  key: string;
}

class MsgpackWalker {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  /** Values missing in each open array or map, outermost first. In a map keys and values count one each. */
  readonly #open: OpenValue[] = [];
  readonly #readsKeys: boolean;
  /** Keys of all maps. */
  members = 0;

  constructor(bytes: Uint8Array, readsKeys = false) {
    this.#readsKeys = readsKeys;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): void {
    this.#value(this.#uint(1));
    for (let top = this.#open.at(-1); top; top = this.#open.at(-1)) {
      if (top.left === 0) {
        this.#open.pop();
        continue;
      }
      const isKey = top.map && top.left % 2 === 0;
      top.left -= 1;
      const head = this.#uint(1);
      if (isKey && !isText(head)) throw new MsgpackError('a map has a key that is not a string');
      const start = this.#position;
      this.#value(head);
      if (!isKey) continue;
      this.members++;
      if (this.#readsKeys) this.#readKey(top, start - 1);
    }
    if (this.#position < this.#bytes.length) throw new MsgpackError('the message has bytes behind its value');
  }

  #readKey(map: OpenValue, start: number): void {
    const text = this.#bytes.subarray(start, this.#position);
    map.key = decodeUtf8(text.subarray(headBytes(text[0] as number)));
    if (map.keys.has(map.key)) {
      const path = this.#open.map((one) => (one.map ? `.${quotedName(one.key)}` : `[${one.size - one.left - 1}]`));
      throw new MsgpackError(`the key ${path.join('').replace(/^\./, '')} is there twice`);
    }
    map.keys.add(map.key);
  }

  #value(head: number): void {
    if (head < 0x80 || head >= 0xe0) return;
    if (head < 0x90) this.#openList(2 * (head & 0x0f), true);
    else if (head < 0xa0) this.#openList(head & 0x0f, false);
    else if (isText(head)) this.#text(head < 0xc0 ? head & 0x1f : this.#uint(1 << (head - 0xd9)));
    else if (head >= 0xca && head <= 0xd3) this.#skip(FIXED_SIZES[head - 0xca] as number);
    else if (head === 0xdc || head === 0xdd) this.#openList(this.#uint(head === 0xdc ? 2 : 4), false);
    else if (head === 0xde || head === 0xdf) this.#openList(2 * this.#uint(head === 0xde ? 2 : 4), true);
    else if (head === 0xc1) throw new MsgpackError('the byte c1 is not used in MessagePack');
    else if (head !== 0xc0 && head !== 0xc2 && head !== 0xc3) {
      throw new MsgpackError('binary values and extension types are not allowed');
    }
  }

  #openList(left: number, map: boolean): void {
    // Each value takes at least one byte, so a false length is refused before anything is allocated.
    if (left > this.#bytes.length - this.#position)
      throw new MsgpackError('an array or map is longer than its message');
    if (!map && this.#open.length === 1 && left > FRAME_EVENTS_MAX) throw tooManyEvents();
    if (map && left > 2 * JSON_MEMBERS_MAX) throw tooManyMembers();
    if (this.#open.length >= DEPTH_MAX) throw new MsgpackError(`values are nested deeper than ${DEPTH_MAX}`);
    this.#open.push({ size: left, left, map, keys: this.#readsKeys ? new Set() : NO_KEYS, key: '' });
  }

  #text(length: number): void {
    const start = this.#position;
    this.#skip(length);
    for (let i = start; i < this.#position; i++) {
      if ((this.#bytes[i] as number) < 0x80) continue;
      try {
        decodeUtf8(this.#bytes.subarray(i, this.#position));
      } catch (error) {
        throw new MsgpackTextError('a string is not UTF-8', { cause: error });
      }
      return;
    }
  }

  #uint(size: number): number {
    const at = this.#position;
    this.#skip(size);
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #skip(size: number): void {
    this.#position += size;
    if (this.#position > this.#bytes.length) throw new MsgpackError('the message ends inside a value');
  }
}

function isText(head: number): boolean {
  return (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb);
}

/** Bytes before the characters of a string. */
const headBytes = (head: number): number => (head < 0xc0 ? 1 : 1 + (1 << (head - 0xd9)));
