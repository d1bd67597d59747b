import type { EntryVersion } from '../../../proto/entry/entry.js';
import { entryProto } from '../../../proto/entry/entry-proto.js';
import { dataSchema } from '../../../proto/entry/entry-schema.js';
import { DELIVERED_OPS } from '../../../proto/event/event.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { STREAM_PATH } from '../../gateway/gateway.js';

/** AsyncAPI 3 document of one entry: what its events look like and where they stream. A grant sees a subset of it. */
export function asyncApiOf(version: EntryVersion): object {
  return {
    asyncapi: '3.0.0',
    info: { title: version.id, version: String(version.version), description: textOf(version) },
    defaultContentType: 'application/json',
    channels: {
      stream: {
        address: STREAM_PATH,
        description: `WebSocket, subprotocols ${SUBPROTOCOLS.join(', ')}; frames are in docs/protocol.md`,
        messages: { event: { $ref: '#/components/messages/event' } },
      },
    },
    operations: {
      receive: {
        action: 'receive',
        channel: { $ref: '#/channels/stream' },
        summary: 'Events of the entry, after a subscribe frame that names a grant',
        messages: [{ $ref: '#/channels/stream/messages/event' }],
      },
    },
    components: {
      messages: { event: { name: 'event', contentType: 'application/json', payload: eventSchema(version) } },
    },
    'x-protobuf': entryProto(version),
  };
}

function eventSchema(version: EntryVersion): object {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description: '<entry>@<position>' },
      position: { type: 'integer', minimum: 1 },
      type: { const: version.id },
      subject: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      op: { enum: [...DELIVERED_OPS] },
      // A grant may leave out every item but the identifier.
      data: { ...dataSchema(version), required: [] },
    },
    required: ['id', 'position', 'type', 'time', 'op'],
  };
}

function textOf({ document }: EntryVersion): string {
  const text = document.abstract ?? document.name;
  return typeof text === 'string' ? text : (text.en ?? text.zh ?? '');
}
