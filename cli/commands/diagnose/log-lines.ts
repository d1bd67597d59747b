import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UsageError } from '../../exit-codes.js';
import { publicSentence } from './redaction.js';

/** Read from the end of the log. */
const LOG_BYTES_MAX = 1024 * 1024;
/** A journal of many gigabytes is searched in seconds. */
const JOURNAL_MS_MAX = 20_000;
const LOG_LINES_MAX = 500;
const MESSAGE_CHARACTERS_MAX = 500;
const STACK_CHARACTERS_MAX = 4_000;
const LEFT_OUT = '(message of the error)';
/** `    at name (file:line:column)`; a line of a message that begins like one has no place in a file. */
const FRAME = /^ {4}at [\w$.<># [\]]*\(?(?:async )?(?:file:\/\/|node:)?[^\s()]*:\d+:\d+\)?$/;
const ERROR_NAME = /^[A-Za-z]{1,40}$/;

/** Fields whose strings are names of the bus or codes. */
const NAMES = new Set([
  'code',
  'type',
  'grant',
  'party',
  'system',
  'entry',
  'stream',
  'method',
  'server',
  'signal',
  'state',
  'transport',
  'encoding',
  'version',
  'quota',
]);
/** Fields whose numbers count or name something of the bus. Any other field may hold a value of a record, and is left out. */
const NUMBERS = new Set([
  'level',
  'time',
  'pid',
  'serverPid',
  'worker',
  'partition',
  'partitions',
  'position',
  'connection',
  'status',
  'statusCode',
  'free',
  'count',
  'times',
  'attempts',
  'failures',
  'findings',
  'suspended',
]);
const PARTS = ['err', 'error', 'cause'];

/**
 * The last lines that the broker has logged, with the fields that are known to hold no payload: from the file, or from the one that
 * SLUICE_LOG names, or from the journal of the unit. A line of another program is left out and counted.
 */
export async function lastLogLines(file: string | undefined): Promise<{ lines: object[]; otherLines: number }> {
  const named = file ?? (process.env.SLUICE_LOG || undefined);
  const texts = linesOf(named === undefined ? await endOfJournal() : await endOf(named));
  const lines: object[] = [];
  let otherLines = 0;
  for (const text of texts) {
    const record = recordOf(text);
    if (record) lines.push(keptFields(record));
    else otherLines++;
  }
  return { lines, otherLines };
}

/** `[pid] date time [level] sentence`. At its finer levels nats-server logs what messages hold. */
const SERVER_LINE = /^\[\d+\] (\S+ \S+) \[(INF|WRN|ERR|FTL)\] (.*)$/;

/** The last lines of the log of the broker's own nats-server. */
export async function lastServerLines(file: string): Promise<string[]> {
  return linesOf(await endOf(file)).flatMap((line) => {
    const [, time, level, sentence = ''] = SERVER_LINE.exec(line) ?? [];
    return level === undefined ? [] : [`${time} ${level} ${publicSentence(sentence).slice(0, MESSAGE_CHARACTERS_MAX)}`];
  });
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-LOG_LINES_MAX);

async function endOfJournal(): Promise<string> {
  const args = ['-q', '-u', 'sluice', '-o', 'cat', '-n', String(LOG_LINES_MAX)];
  try {
    const bounds = { maxBuffer: 64 * LOG_BYTES_MAX, timeout: JOURNAL_MS_MAX };
    const { stdout } = await promisify(execFile)('journalctl', args, bounds);
    if (stdout !== '') return stdout;
  } catch (error) {
    throw new UsageError(
      `journalctl cannot be run (${(error as NodeJS.ErrnoException).code ?? 'it does not end'}): give --log FILE`,
    );
  }
  throw new UsageError('the journal has no line of the unit sluice that this user may read: give --log FILE');
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

/** Without what an error says: where a line has no sentence of the bus, the logger takes the message of the error, and of a library that may quote a value. */
function sentenceOf(text: string, record: Record<string, unknown>): string {
  const messages = PARTS.map((part) => (record[part] as { message?: unknown } | undefined)?.message);
  return messages
    .filter((message): message is string => typeof message === 'string' && message !== '')
    .reduce((rest, message) => rest.replaceAll(message, LEFT_OUT), text);
}

/** The frames of a stack, and of its first line the name of the error alone. */
function framesOf(stack: string): string {
  const [first = ''] = stack.split(':', 1);
  const frames = stack.split('\n').filter((line) => FRAME.test(line));
  return [ERROR_NAME.test(first) ? first : 'Error', ...frames].join('\n').slice(0, STACK_CHARACTERS_MAX);
}

function keptFields(record: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === 'boolean' || (typeof value === 'number' && NUMBERS.has(name))) kept[name] = value;
    else if (typeof value === 'string' && NAMES.has(name))
      kept[name] = publicSentence(value).slice(0, MESSAGE_CHARACTERS_MAX);
    else if (name === 'msg')
      kept[name] = publicSentence(sentenceOf(String(value), record)).slice(0, MESSAGE_CHARACTERS_MAX);
    else if (name === 'stack') kept[name] = framesOf(String(value));
    else if (PARTS.includes(name) && typeof value === 'object' && value !== null)
      kept[name] = keptFields(value as Record<string, unknown>);
  }
  return kept;
}
