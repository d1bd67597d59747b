import { Unpackr } from 'msgpackr';

// `auto`: a number inside ±(2^53 − 1), else a big integer, which loses nothing. The types of msgpackr do not list it.
const INTEGERS = { int64AsType: 'auto' as 'bigint' } as const;

const toObjects = new Unpackr({ useRecords: false, mapsAsObjects: true, ...INTEGERS });
const toMaps = new Unpackr({ useRecords: false, mapsAsObjects: false, ...INTEGERS });

const PROTO_KEY = new TextEncoder().encode('__proto__');

/**
 * Decodes MessagePack. msgpackr renames the key `__proto__` to `__proto_`, so that it changes no prototype; but a key is data.
 * A message that holds it is decoded into maps first, which are much slower, and rare.
 */
export function decodeMsgpack(message: Uint8Array): unknown {
  return includes(message, PROTO_KEY) ? withObjects(toMaps.unpack(message)) : toObjects.unpack(message);
}

/** The nesting is bounded by `checkMsgpack` where a client sends the message. */
function withObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withObjects);
  if (!(value instanceof Map)) return value;
  // Unlike an assignment, fromEntries makes `__proto__` a property like any other.
  return Object.fromEntries([...value].map(([key, one]) => [key, withObjects(one)]));
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  const first = part[0] as number;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    let length = 1;
    while (length < part.length && bytes[at + length] === part[length]) length++;
    if (length === part.length) return true;
  }
  return false;
}
