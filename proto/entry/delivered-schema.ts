import { DELIVERED_OPS } from '../event/event.js';
import { type JsonSchema, typeSchema } from './entry-schema.js';
import type { ItemField } from './item-field.js';

/** JSON Schema of the events that a grant delivers: its items alone, with their delivered types. */
export function deliveredSchema(entryId: string, fields: readonly ItemField[]): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: entryId,
    type: 'object',
    properties: {
      id: { type: 'string' },
      position: { type: 'integer', minimum: 1 },
      type: { const: entryId },
      subject: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      op: { enum: [...DELIVERED_OPS] },
      data: {
        type: 'object',
        properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
        additionalProperties: false,
      },
      snapshotid: { type: 'string' },
      corrects: { type: 'integer', minimum: 1 },
    },
    required: ['id', 'position', 'type', 'time', 'op'],
    additionalProperties: false,
  };
}

function fieldSchema(field: ItemField): JsonSchema {
  const one = typeSchema(field.type);
  return field.list ? { type: 'array', items: one } : one;
}
