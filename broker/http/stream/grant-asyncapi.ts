import { deliveredSchema } from '../../../proto/entry/delivered-schema.js';
import { grantProto } from '../../../proto/entry/entry-proto.js';
import type { ItemField } from '../../../proto/entry/item-field.js';
import { type FrameDescription, frameSchemas } from '../../../proto/frames/frame-schemas.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { STREAM_PATH } from '../../gateway/gateway.js';

export interface GrantContract {
  grant: string;
  entry: string;
  fields: readonly ItemField[];
  /** `host:port` under which the client has reached the broker. */
  host: string;
  isEncrypted: boolean;
}

/** AsyncAPI 3 document of the WebSocket for one grant: server, credentials, all frames, and the delivered event. */
export function grantAsyncApi(contract: GrantContract): object {
  const { grant, entry, fields, host, isEncrypted } = contract;
  const { $schema: _dialect, ...delivered } = deliveredSchema(entry, fields);
  const frames = frameSchemas({ $ref: '#/components/schemas/DeliveredEvent' });
  return {
    asyncapi: '3.0.0',
    info: { title: `Grant ${grant}`, version: '1.0.0', description: `Events of ${entry}, as the grant delivers them` },
    defaultContentType: 'application/json',
    servers: {
      bus: {
        host,
        protocol: isEncrypted ? 'wss' : 'ws',
        security: [{ $ref: '#/components/securitySchemes/token' }, { $ref: '#/components/securitySchemes/ticket' }],
      },
    },
    channels: {
      stream: {
        address: STREAM_PATH,
        description: `WebSocket with one of the subprotocols ${SUBPROTOCOLS.join(', ')}; this is the JSON form`,
        servers: [{ $ref: '#/servers/bus' }],
        messages: Object.fromEntries(frames.map(({ kind }) => [kind, { $ref: `#/components/messages/${kind}` }])),
        bindings: { ws: { method: 'GET', query: { type: 'object', properties: { ticket: { type: 'string' } } } } },
      },
    },
    operations: {
      send: operationOf('send', `Subscribe with grant ${grant}, acknowledge, publish`, ofSender(frames, 'client')),
      receive: operationOf('receive', 'Frames of the broker', ofSender(frames, 'broker')),
    },
    components: {
      messages: Object.fromEntries(frames.map((frame) => [frame.kind, messageOf(frame)])),
      schemas: { DeliveredEvent: delivered },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        ticket: { type: 'httpApiKey', in: 'query', name: 'ticket' },
      },
    },
    'x-protobuf': grantProto(grant, entry, fields),
  };
}

const ofSender = (frames: readonly FrameDescription[], sender: FrameDescription['sender']): string[] =>
  frames.filter((frame) => frame.sender === sender).map(({ kind }) => kind);

const operationOf = (action: 'send' | 'receive', summary: string, kinds: readonly string[]): object => ({
  action,
  summary,
  channel: { $ref: '#/channels/stream' },
  messages: kinds.map((kind) => ({ $ref: `#/channels/stream/messages/${kind}` })),
});

const messageOf = ({ kind, schema }: FrameDescription): object => ({
  name: kind,
  contentType: 'application/json',
  payload: schema,
});
