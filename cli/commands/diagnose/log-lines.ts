import { open } from 'node:fs/promises';

/** Read from the end of the log. */
const LOG_BYTES_MAX = 1024 * 1024;
const LOG_LINES_MAX = 500;
const MESSAGE_CHARACTERS_MAX = 500;

/** Fields whose strings are names of the bus or codes. Of all others only numbers and booleans are kept. */
const NAMES = ['code', 'type', 'grant', 'party', 'system', 'entry', 'stream', 'level', 'time', 'method'];
const PARTS = ['err', 'error', 'cause'];

/** The last lines of a log of the broker, with the fields that are known to hold no payload. A line of another program is left out and counted. */
export async function lastLogLines(file: string): Promise<{ lines: object[]; otherLines: number }> {
  const texts = (await endOf(file)).split('\n').filter((line) => line !== '');
  const lines: object[] = [];
  let otherLines = 0;
  for (const text of texts.slice(-LOG_LINES_MAX)) {
    const record = recordOf(text);
    if (record) lines.push(keptFields(record));
    else otherLines++;
  }
  return { lines, otherLines };
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - LOG_BYTES_MAX);
    const bytes = Buffer.alloc(Math.min(size, LOG_BYTES_MAX));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    const text = bytes.subarray(0, bytesRead).toString('utf8');
    // The first line is cut.
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}

function recordOf(text: string): Record<string, unknown> | undefined {
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === 'object' && record !== null && 'msg' in record
      ? (record as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function keptFields(record: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (name === 'hostname') continue;
    if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
    else if (typeof value === 'string' && NAMES.includes(name)) kept[name] = value.slice(0, MESSAGE_CHARACTERS_MAX);
    else if (name === 'msg' || name === 'stack') kept[name] = String(value).slice(0, MESSAGE_CHARACTERS_MAX * 8);
    else if (PARTS.includes(name) && typeof value === 'object' && value !== null)
      kept[name] = keptFields(value as Record<string, unknown>);
  }
  return kept;
}
