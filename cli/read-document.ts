import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { parseExactYaml, yamlFault } from '../proto/values/exact-yaml.js';
import { isMap } from '../proto/values/is-map.js';
import { UsageError } from './exit-codes.js';

/** Reads a YAML or JSON document from a file, or from standard input for `-`. */
export async function readDocument(path: string): Promise<unknown> {
  const text = await readInput(path);
  try {
    return parseExactYaml(text);
  } catch (error) {
    throw new UsageError(`${nameOf(path)} is not YAML: ${yamlFault(error)}`);
  }
}

/** Like `readDocument`, where the document must be a map. */
export async function readMap(path: string): Promise<Record<string, unknown>> {
  const document = await readDocument(path);
  if (isMap(document)) return document;
  throw new UsageError(`${nameOf(path)} must hold a map`);
}

export const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);

async function readInput(path: string): Promise<string> {
  if (path === '-') return readAll(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw cannotRead(path, error);
  }
}

export function cannotRead(path: string, error: unknown): UsageError {
  return new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`);
}
