import type { EntryVersion } from './entry.js';
import { splitEntryId } from './entry.js';
import { fieldOf, type ItemField, wireScalar } from './item-field.js';

/** A .proto file and the message that it defines. */
export interface ProtoDefinition {
  /** Full name, e.g. `sluice.fujian_civil_affairs.Birth`. */
  message: string;
  text: string;
}

/** The message of an entry version. Field numbers are item numbers; those of dropped items stay reserved. */
export function entryProto(version: EntryVersion): ProtoDefinition {
  const present = new Set(version.items.map((item) => item.number));
  const reserved = Object.values(version.numbers).filter((number) => !present.has(number));
  return messageProto(version.id, version.items.map(fieldOf), reserved);
}

/** The message that a grant delivers: its items under their permanent numbers, with their types after transforms. */
export function grantProto(entryId: string, fields: readonly ItemField[]): ProtoDefinition {
  return messageProto(entryId, fields, []);
}

function messageProto(entryId: string, fields: readonly ItemField[], reserved: number[]): ProtoDefinition {
  const { party, entry } = splitEntryId(entryId);
  const packageName = `sluice.${identifier(party)}`;
  const messageName = camel(entry);
  const ascending = [...fields].sort((a, b) => a.number - b.number);
  const lines = ['syntax = "proto3";', `package ${packageName};`, '', `message ${messageName} {`];
  if (reserved.length > 0) lines.push(`  reserved ${[...reserved].sort((a, b) => a - b).join(', ')};`);
  for (const field of ascending) lines.push(`  ${fieldLine(field)}`);
  lines.push('}', '');
  return { message: `${packageName}.${messageName}`, text: lines.join('\n') };
}

function fieldLine(field: ItemField): string {
  const scalar = wireScalar(field.type);
  const label = field.list ? 'repeated' : 'optional';
  const options: string[] = [];
  // Lists are not packed, although proto3 packs by default: a projection copies whole fields.
  if (field.list && scalar !== 'string') options.push('packed = false');
  // The default JSON name of `first_name` is `firstName`, which another item may have; compilers refuse two equal ones.
  if (field.name.includes('_')) options.push(`json_name = "${field.name}"`);
  const brackets = options.length === 0 ? '' : ` [${options.join(', ')}]`;
  const comment = field.type === 'object' ? ' // JSON text' : field.type === 'string' ? '' : ` // ${field.type}`;
  return `${label} ${scalar} ${field.name} = ${field.number}${brackets};${comment}`;
}

/** Replaces characters of ids that protobuf identifiers cannot hold. */
function identifier(token: string): string {
  const name = token.replaceAll('-', '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function camel(token: string): string {
  const name = token
    .split(/[-_]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
