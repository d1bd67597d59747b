import { type Command, Option } from 'commander';
import type { ActOptions, Fields } from '../../../client/procedure/procedure-client.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { RepeatedKeyError } from '../../../proto/values/repeated-key.js';
import { UsageError } from '../../exit-codes.js';
import { readMap } from '../../read-document.js';

/** Options of commands that send a body. */
export interface BodyOptions {
  body?: string;
  field: string[];
  reason?: string;
  attach: string[];
  ifMatch?: string;
  key?: string;
}

const collected = (value: string, before: string[]): string[] => [...before, value];

/** Adds the options that make a body, and those that guard an act. */
export function withBody(command: Command): Command {
  return command
    .option('--body <file>', 'the document (YAML or JSON), - for standard input')
    .addOption(
      new Option('--field <name=value>', 'one member of the body, more than one by repeating it; a.b is a member of a')
        .argParser(collected)
        .default([] as string[], 'none'),
    )
    .option('--reason <text>', 'why; it goes on the ledger')
    .addOption(
      new Option('--attach <sha256>', 'a stored attachment, more than one by repeating it')
        .argParser(collected)
        .default([] as string[], 'none'),
    )
    .option('--if-match <seq>', 'refuse when the file has changed since this seq')
    .option('--key <key>', 'idempotency key, to repeat a command whose answer was lost');
}

/** The body that the options make: fields count over the document. Throws UsageError. */
export async function bodyOf({ body: file, field, reason, attach }: BodyOptions): Promise<Fields> {
  const body = file === undefined ? {} : await readMap(file);
  for (const one of field) setField(body, one);
  if (reason !== undefined) body.reason = reason;
  if (attach.length > 0) body.attachments = attach;
  return body;
}

/** Throws UsageError. */
export function actOptionsOf({ ifMatch, key }: BodyOptions): ActOptions {
  if (ifMatch !== undefined && !/^\d{1,15}$/.test(ifMatch))
    throw new UsageError('--if-match must be the seq of the file');
  return {
    ...(ifMatch !== undefined && { ifMatch: Number(ifMatch) }),
    ...(key !== undefined && { idempotencyKey: key }),
  };
}

function setField(body: Fields, text: string): void {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (at < 1 || path.includes('') || path.includes('__proto__')) throw new UsageError('--field must be name=value');
  let target = body;
  for (const name of path.slice(0, -1)) {
    const inner = target[name] ?? {};
    if (typeof inner !== 'object' || Array.isArray(inner))
      throw new UsageError(`--field ${path.join('.')}: ${name} is no map`);
    target[name] = inner;
    target = inner as Fields;
  }
  target[path.at(-1) as string] = parsedValue(text.slice(at + 1));
}

/** JSON where the text is a number, a truth value, a list, a map or quoted; any other text is itself. */
function parsedValue(text: string): unknown {
  if (!/^(?:[[{"]|-?\d|true$|false$|null$)/.test(text)) return text;
  try {
    return parseExactJson(text);
  } catch (error) {
    if (error instanceof RepeatedKeyError) throw new UsageError(`--field: ${error.message}`);
    return text;
  }
}
