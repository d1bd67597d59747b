import type { ItemType } from './entry.js';

/** An item on the wire: `number` is its protobuf field number, `type` and `list` determine its wire form. */
export interface ItemField {
  name: string;
  number: number;
  type: ItemType;
  list: boolean;
}

export type WireScalar = 'sint64' | 'double' | 'bool' | 'string';

/** Protobuf scalar of an item type. Dates travel as ISO 8601 strings, decimals as digits, objects as JSON. */
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

/** The field of an item as its source publishes it, before any transform. */
export function fieldOf(item: { name: string; number: number; type: ItemType; list?: boolean | undefined }): ItemField {
  return { name: item.name, number: item.number, type: item.type, list: item.list === true };
}
