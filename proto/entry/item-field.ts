import type { ItemType } from './entry.js';

/** What travels for one item: number = protobuf field number, type and list fix the wire form. */
export interface ItemField {
  name: string;
  number: number;
  type: ItemType;
  list: boolean;
}

export type WireScalar = 'sint64' | 'double' | 'bool' | 'string';

/** Protobuf scalar of an item type. Texts keep their form (dates ISO 8601, decimals as digits, objects as JSON text). */
export function wireScalar(type: ItemType): WireScalar {
  switch (type) {
    case 'integer':
      return 'sint64';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}

/** Field of an item as a source publishes it. */
export function fieldOf(item: { name: string; number: number; type: ItemType; list?: boolean | undefined }): ItemField {
  return { name: item.name, number: item.number, type: item.type, list: item.list === true };
}
