import type { Item, ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue } from '../../../proto/event/event.js';

/** Absent, null and [] are one value. */
export function isAbsent(value: ItemValue | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** Returns whether a value, or an element of a list, has the item's type and keeps its limits. */
export function isOfItem(value: ItemValue, item: Item): boolean {
  if (!isOfType(value, item.type)) return false;
  if (typeof value === 'string') {
    const length = [...value].length;
    if (item.minLength !== undefined && length < item.minLength) return false;
    if (item.maxLength !== undefined && length > item.maxLength) return false;
    if (item.codeTable !== undefined) return codesOf(item).includes(value);
  }
  if (typeof value === 'number') {
    if (item.minimum !== undefined && value < Number(item.minimum)) return false;
    if (item.maximum !== undefined && value > Number(item.maximum)) return false;
  }
  return true;
}

export function codesOf(item: Item): string[] {
  return Array.isArray(item.codeTable) ? item.codeTable : Object.keys(item.codeTable ?? {});
}

function isOfType(value: ItemValue, type: ItemType): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'date':
      return typeof value === 'string' && isDay(value);
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
    case 'decimal':
      return typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value);
    default:
      return typeof value === 'string';
  }
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
