import type { DeliveredEvent, RecordData } from '../../proto/event.js';
import type { DeliveredItem } from '../../proto/frames.js';
import { fieldOf } from '../../proto/item-field.js';
import { RecordCodec } from '../../proto/record.js';

/** Turns `data` that travelled as protobuf bytes into items; in the other encodings it is that already. */
export function recordReader(items: readonly DeliveredItem[]): (event: DeliveredEvent) => DeliveredEvent {
  const codec = new RecordCodec(items.map(fieldOf));
  return (event) => {
    const data = event.data as RecordData | Uint8Array | undefined;
    return data instanceof Uint8Array ? { ...event, data: codec.decode(data) } : event;
  };
}
