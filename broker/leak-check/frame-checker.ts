import { isDeepStrictEqual } from 'node:util';
import { recordDecoder } from '../../client/subscribe/delivered-record.js';
import type { Item } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { DeliveredEvent, RecordData } from '../../proto/event/event.js';
import { codecFor } from '../../proto/frames/frame-codec.js';
import type { DeliveredItem, Subprotocol } from '../../proto/frames/frames.js';
import { checkMsgpack } from '../../proto/frames/msgpack-check.js';
import type { FindingKind } from '../metrics/leak-check-metrics.js';
import type { ExpectedEvent } from './allowed/allowed-events.js';

/** Frames are cut off behind the head that a socket message begins with: its second byte says how long it is. */
const TWO_BYTE_LENGTH = 126;
const EIGHT_BYTE_LENGTH = 127;

/** An item with the number that it has on the wire. */
export type NumberedDefinition = Item & { number: number };

/** The fault in the frames of one probe; undefined when they hold what is allowed and nothing else. */
export class FrameChecker {
  readonly #decode: (event: DeliveredEvent) => DeliveredEvent;
  readonly #isPlain: (name: string) => boolean;

  constructor(
    private readonly encoding: Subprotocol,
    grant: Pick<GrantDocument, 'items'>,
    private readonly definitions: readonly NumberedDefinition[],
  ) {
    const granted = new Map(grant.items.map((item) => [item.name, item]));
    this.#isPlain = (name) => granted.has(name) && granted.get(name)?.transform == null;
    this.#decode = recordDecoder(definitions.map((item) => wireItem(item, granted.get(item.name)?.transform != null)));
  }

  /** `published` is the plain record; what of it is not granted plain may be in no byte. `time` is when it was accepted. */
  finding(
    messages: readonly Uint8Array[],
    expected: ExpectedEvent | undefined,
    published: readonly (RecordData | undefined)[],
    time: string,
  ): FindingKind | undefined {
    if (messages.some((message) => this.#holdsHidden(message, published))) return 'leak';
    const received = messages.flatMap((message) => this.#eventsOf(message));
    if (received.length > (expected ? 1 : 0)) return 'leak';
    const [event] = received;
    if (!event) return expected ? 'withheld' : undefined;
    const { time: delivered, ...rest } = this.#decode(event);
    if (delivered !== time) return 'leak';
    if (isDeepStrictEqual(withoutUndefined(rest), withoutUndefined(expected as ExpectedEvent))) return undefined;
    return isLess(rest, expected as ExpectedEvent) ? 'withheld' : 'leak';
  }

  #eventsOf(message: Uint8Array): DeliveredEvent[] {
    const payload = payloadOf(message);
    // The decoder of the SDK reads more than the types of JSON, and those of other languages do not.
    if (this.encoding === 'sluice.v1.msgpack') checkMsgpack(payload);
    const frame = codecFor(this.encoding).decodeServer(payload, this.encoding !== 'sluice.v1.json');
    if (frame.kind !== 'events') throw new TypeError(`a probe was answered by a frame ${frame.kind}`);
    return frame.events as DeliveredEvent[];
  }

  #holdsHidden(message: Uint8Array, published: readonly (RecordData | undefined)[]): boolean {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    return published.some((record) =>
      this.definitions.some(
        ({ name }) =>
          !this.#isPlain(name) &&
          stringsOf(record?.[name]).some((text) => bytes.includes(text) && !this.#isShown(text, published)),
      ),
    );
  }

  /** Two items may have the same value, such as a time, of which one is granted. */
  #isShown(text: string, published: readonly (RecordData | undefined)[]): boolean {
    return published.some((record) =>
      this.definitions.some(
        ({ name }) => this.#isPlain(name) && stringsOf(record?.[name]).some((one) => one.includes(text)),
      ),
    );
  }
}

/** Everything received is expected too: something is missing, and nothing is there that should not be. */
function isLess(received: Omit<DeliveredEvent, 'time'>, expected: ExpectedEvent): boolean {
  const { data = {}, ...head } = received;
  const { data: allowed = {}, ...allowedHead } = expected;
  if (!isDeepStrictEqual(withoutUndefined(head), withoutUndefined(allowedHead))) return false;
  return Object.entries(data).every(([name, value]) => isDeepStrictEqual(value, allowed[name]));
}

/** Strings long enough not to be in a frame by chance. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 16 ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

const withoutUndefined = (value: object): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** Granted items as they are delivered, and all others as they are stored: an item that should not be there is seen. */
const wireItem = ({ name, number, type, list }: NumberedDefinition, isTransformed: boolean): DeliveredItem => ({
  name,
  number,
  type: isTransformed ? 'string' : type,
  ...(list ? { list } : {}),
});

function payloadOf(message: Uint8Array): Uint8Array {
  const length = message[1];
  if (length === EIGHT_BYTE_LENGTH) return message.subarray(10);
  return message.subarray(length === TWO_BYTE_LENGTH ? 4 : 2);
}
