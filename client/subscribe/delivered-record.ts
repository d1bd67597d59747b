import { fieldOf } from '../../proto/entry/item-field.js';
import type { DeliveredEvent, RecordData } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';
import type { DeliveredItem } from '../../proto/frames/frames.js';

/** Decodes `data` that was sent as protobuf bytes. In the other encodings it is an object already. */
export function recordDecoder(items: readonly DeliveredItem[]): (event: DeliveredEvent) => DeliveredEvent {
  const codec = new RecordCodec(items.map(fieldOf));
  return (event) => {
    const data = event.data as RecordData | Uint8Array | undefined;
    return data instanceof Uint8Array ? { ...event, data: codec.decode(data) } : event;
  };
}
