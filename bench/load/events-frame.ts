/** The fields of an `events` frame that a subscriber needs to count and acknowledge it. */
export interface EventsSeen {
  channel: number;
  through: number;
  events: number;
}

/** Called with the start and end of each event in its frame. */
export type OnEvent = (from: number, to: number) => void;

const EVENTS_TAG = (19 << 3) | 2;
const CHANNEL_TAG = (1 << 3) | 0;
const THROUGH_TAG = (2 << 3) | 0;
const EVENT_TAG = (3 << 3) | 2;

/** Walks a protobuf frame from length to length; undefined when it is another kind of frame. */
export function readProtobufEvents(frame: Buffer, onEvent: OnEvent | undefined): EventsSeen | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = frame[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
  };
  if (varint() !== EVENTS_TAG) return undefined;
  varint();
  const seen = { channel: 0, through: 0, events: 0 };
  while (at < frame.length) {
    const tag = varint();
    const value = varint();
    if (tag === CHANNEL_TAG) seen.channel = value;
    else if (tag === THROUGH_TAG) seen.through = value;
    else if (tag === EVENT_TAG) {
      seen.events++;
      onEvent?.(at, at + value);
      at += value;
    }
  }
  return seen;
}

const JSON_HEAD = /^\{"kind":"events","channel":(\d+),"through":(\d+),/;
const JSON_EVENT = Buffer.from('{"id":"');

/** The same for a JSON frame: bench events hold no nested object with an `id`, so counting them is enough. */
export function readJsonEvents(frame: Buffer, onEvent: OnEvent | undefined): EventsSeen | undefined {
  const head = JSON_HEAD.exec(frame.toString('latin1', 0, 100));
  if (!head) return undefined;
  const seen = { channel: Number(head[1]), through: Number(head[2]), events: 0 };
  for (let at = frame.indexOf(JSON_EVENT); at >= 0; ) {
    const next = frame.indexOf(JSON_EVENT, at + JSON_EVENT.length);
    seen.events++;
    onEvent?.(at, next < 0 ? frame.length : next);
    at = next;
  }
  return seen;
}
