import type { EntryVersion } from './entry.js';
import { splitEntryId } from './entry.js';
import { fieldOf, type ItemField, wireScalar } from './item-field.js';

/** A .proto file and the message that it defines. */
export interface ProtoDefinition {
  /** Full name, e.g. `sluice.entry.fujian_civil_affairs.birth.Birth`. */
  message: string;
  text: string;
}

/** The message of an entry version. Field numbers are item numbers; those of dropped items stay reserved. */
export function entryProto(version: EntryVersion): ProtoDefinition {
  const present = new Set(version.items.map((item) => item.number));
  const reserved = Object.values(version.numbers).filter((number) => !present.has(number));
  const { party, entry } = splitEntryId(version.id);
  const path = ['entry', identifier(party), identifier(entry)];
  return messageProto({ path, message: camel(entry) }, version.items.map(fieldOf), reserved);
}

/** The message that a grant delivers: its items under their permanent numbers, with their types after transforms. */
export function grantProto(grant: string, entryId: string, fields: readonly ItemField[]): ProtoDefinition {
  const { entry } = splitEntryId(entryId);
  return messageProto({ path: ['grant', identifier(grant)], message: camel(entry) }, fields, []);
}

/**
 * Entry and grant have packages of their own, below `sluice.entry` and `sluice.grant`: a program that publishes an entry
 * and receives it by a grant loads both files, and Go ends at its start when two files define one name.
 */
function messageProto(
  name: { path: string[]; message: string },
  fields: readonly ItemField[],
  reserved: number[],
): ProtoDefinition {
  const packageName = ['sluice', ...name.path].join('.');
  const goPackage = `sluice/${name.path.join('/')};${name.path.at(-1)?.replaceAll('_', '')}pb`;
  const ascending = [...fields].sort((a, b) => a.number - b.number);
  const lines = ['syntax = "proto3";', `package ${packageName};`, `option go_package = "${goPackage}";`, ''];
  lines.push(`message ${name.message} {`);
  if (reserved.length > 0) lines.push(`  reserved ${[...reserved].sort((a, b) => a - b).join(', ')};`);
  for (const field of ascending) lines.push(`  ${fieldLine(field)}`);
  lines.push('}', '');
  return { message: `${packageName}.${name.message}`, text: lines.join('\n') };
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
