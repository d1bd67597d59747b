import { randomFillSync } from 'node:crypto';

const ID_BYTES = 9;
/** Filling one buffer for many ids costs a tenth of asking the generator for each. */
const random = Buffer.alloc(512 * ID_BYTES);
let next = random.length;

/** A random id of twelve characters, for what must not be taken for anything else. It is no secret. */
export function randomId(): string {
  if (next === random.length) {
    randomFillSync(random);
    next = 0;
  }
  const start = next;
  next += ID_BYTES;
  return random.toString('base64url', start, next);
}
