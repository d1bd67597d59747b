import type { Field, Type } from 'protobufjs';
import { parse } from '../event/protobuf.js';
import { FRAMES_PROTO } from './frames-proto.js';

/** A JSON Schema of a frame. */
export type FrameSchema = Record<string, unknown>;

const CLIENT_KINDS: ReadonlySet<string> = new Set(['subscribe', 'ack', 'reject', 'unsubscribe', 'publish']);

const SCALARS: Record<string, FrameSchema> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  uint32: { type: 'integer', minimum: 0 },
  uint64: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

/** Fields whose form in JSON differs from that in protobuf. */
const IN_JSON: Record<string, FrameSchema> = {
  'Subscribe.narrow': { type: 'object', description: 'a row filter' },
  'Subscribe.from': {
    oneOf: [
      { type: 'string', enum: ['cursor', 'earliest', 'latest'] },
      {
        type: 'object',
        properties: { after: { type: 'integer', minimum: 0 }, log: { type: 'string' } },
        required: ['after'],
      },
      { type: 'object', properties: { time: { type: 'string', format: 'date-time' } }, required: ['time'] },
    ],
  },
  'SourceEvent.data': { type: 'object' },
  'SourceEvent.previous': { type: 'object' },
  'Result.problem': { type: 'object', description: 'RFC 9457 problem document' },
};

export interface FrameDescription {
  kind: string;
  sender: 'client' | 'broker';
  schema: FrameSchema;
}

/** Every frame as JSON Schema, derived from the protobuf definition; `delivered` is the schema of a delivered event. */
export function frameSchemas(delivered: FrameSchema): FrameDescription[] {
  const { root } = parse(FRAMES_PROTO, { keepCase: true });
  const messageSchema = (type: Type, kind?: string): FrameSchema => {
    const fields = type.fieldsArray.map((field): [string, FrameSchema] => [field.name, fieldSchema(type, field)]);
    const required = type.fieldsArray.filter((field) => !isOptional(field)).map(({ name }) => name);
    const properties = { ...(kind !== undefined && { kind: { const: kind } }), ...Object.fromEntries(fields) };
    return { type: 'object', properties, required: [...(kind === undefined ? [] : ['kind']), ...required] };
  };
  const fieldSchema = (type: Type, field: Field): FrameSchema => {
    const known = IN_JSON[`${type.name}.${field.name}`];
    const one = known ?? (field.type === 'Event' ? delivered : SCALARS[field.type]);
    const schema = one ?? messageSchema(root.lookupType(`sluice.v1.${field.type}`));
    return field.repeated ? { type: 'array', items: schema } : schema;
  };
  return root.lookupType('sluice.v1.Frame').fieldsArray.map(({ name: kind, type }) => ({
    kind,
    sender: CLIENT_KINDS.has(kind) ? 'client' : 'broker',
    schema: messageSchema(root.lookupType(`sluice.v1.${type}`), kind),
  }));
}

/** protobuf.js puts each `optional` field into a oneof of its own. */
const isOptional = (field: Field): boolean => field.options?.proto3_optional === true || field.partOf !== null;
