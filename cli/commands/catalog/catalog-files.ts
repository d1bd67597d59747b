import { readFile, writeFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import type { Command } from 'commander';
import { type ReportLine, type ReportTotal, textLine } from '../../../broker/sheets/importing/report.js';
import { ApiError, ConnectionLostError } from '../../../client/errors.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Whoami } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import { nameOf } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';

interface ImportOptions extends ConnectionOptions {
  profile: string;
  party?: string;
  dryRun?: boolean;
  sheet?: string;
  encoding?: string;
  key?: string;
}

interface ExportOptions extends ConnectionOptions {
  profile: string;
  entry?: string[];
}

const TYPES: Record<string, string> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  jsonld: 'application/ld+json',
  json: 'application/ld+json',
};
/** A profile that goes with a request stands in its head, which has at most 16 KiB. */
const PROFILE_DOCUMENT_CHARACTERS_MAX = 12_000;
/** A file of 64 MiB is read, and its entries are laid down one by one. */
const TIMEOUT_MS = 3_600_000;

export function addCatalogImport(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('import <file>'))
    .summary('lay down the entries of a sheet or of DCAT-AP as drafts')
    .requiredOption('--profile <profile>', 'name of a profile, or its file (.yaml, .yml, .json)')
    .option('--party <party>', 'party of the entries, which is that of the token')
    .option('--dry-run', 'only report')
    .option('--sheet <name>', 'sheet of the entries; without it that of the profile, else the first that is not hidden')
    .option('--encoding <encoding>', 'of CSV: gbk or utf-8, which is the default')
    .option('--key <key>', 'idempotency key, to repeat a command whose answer was lost')
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice catalog import catalog.xlsx --profile guide-2017 --party civil --dry-run',
    )
    .action((file: string, options: ImportOptions) => importFile(file, options, terminal));
}

export function addCatalogExport(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('export <file>'))
    .summary('write entries as a sheet or as DCAT-AP, by the ending of its name')
    .requiredOption('--profile <profile>', 'name of a profile, or its file (.yaml, .yml, .json)')
    .option('--entry <entry...>', 'these entries; without it all of the own party')
    .addHelpText('after', '\nExample:\n  $ sluice catalog export catalog.xlsx --profile guide-2017')
    .action((file: string, options: ExportOptions) => exportFile(file, options, terminal));
}

const endingOf = (file: string): string => file.slice(file.lastIndexOf('.') + 1).toLowerCase();

async function importFile(file: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  const type = TYPES[endingOf(file)];
  if (type === undefined) throw new UsageError(`${nameOf(file)} does not end with .csv, .xlsx or .jsonld`);
  const bytes = await bytesOf(file);
  const api = apiOf(options);
  if (options.party !== undefined) await requireParty(options, options.party);
  const { sheet, encoding, dryRun, key: idempotencyKey } = options;
  const query = { ...(await profileQuery(options.profile)), sheet, encoding, dryRun };
  const request = { method: 'POST', query, file: { bytes, type }, idempotencyKey, timeoutMs: TIMEOUT_MS } as const;
  const answer = await usable(() => api.bytes('/v1/catalog/import', request));
  let total: ReportTotal | undefined;
  let mainSheet: string | undefined;
  for await (const text of linesOf(answer)) {
    const line = JSON.parse(text) as ReportLine | ReportTotal;
    if ('total' in line) total = line;
    else mainSheet ??= line.sheet;
    await terminal.out(options.json ? text : textLine(line, mainSheet));
  }
  if (!total)
    throw new ConnectionLostError('the report broke off: the entries of its lines are laid down', 'CONNECTION_LOST');
  if (total.missing + total.refused + total.problems > 0) throw new CommandEnded(EXIT.REFUSED);
}

/** The ending decides the form; `dcat-ap` is always JSON-LD, which is the form of no other profile. */
function formOf(file: string, profile: string): string | undefined {
  const ending = endingOf(file);
  if (!['csv', 'xlsx', 'jsonld'].includes(ending)) {
    throw new UsageError(`${nameOf(file)} does not end with .csv, .xlsx or .jsonld`);
  }
  if ((ending === 'jsonld') === (profile === 'dcat-ap')) return ending === 'jsonld' ? undefined : ending;
  throw new UsageError(`${nameOf(file)} has a form that the profile ${profile} does not write`);
}

async function exportFile(file: string, options: ExportOptions, terminal: Terminal): Promise<void> {
  const format = formOf(file, options.profile);
  const query = { ...(await profileQuery(options.profile)), format, entry: options.entry };
  const answer = await usable(() => apiOf(options).bytes('/v1/catalog/export', { query, timeoutMs: TIMEOUT_MS }));
  await writeFile(file, answer);
  await terminal.out(options.json ? JSON.stringify({ file }) : `${nameOf(file)}: written`);
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(
      `${nameOf(file)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
    );
  }
}

/** A file of a profile goes with the request and is stored nowhere. */
async function profileQuery(profile: string): Promise<{ profile: string; profileDocument?: string }> {
  if (!isProfileFile(profile)) return { profile };
  const bytes = await bytesOf(profile);
  const name = /^\s*[{]?\s*"?profile"?\s*:\s*"?([a-z0-9_-]+)/m.exec(Buffer.from(bytes).toString('utf8'))?.[1];
  if (name === undefined) throw new UsageError(`${nameOf(profile)} names no profile: it needs a line profile: NAME`);
  const profileDocument = deflateRawSync(bytes, { level: 9 }).toString('base64url');
  if (profileDocument.length <= PROFILE_DOCUMENT_CHARACTERS_MAX) return { profile: name, profileDocument };
  throw new UsageError(`${nameOf(profile)} is too long to go with a request: store it with PUT /v1/profiles/${name}`);
}

const isProfileFile = (profile: string): boolean => /\.(?:ya?ml|json)$/.test(profile);

async function requireParty(options: ImportOptions, party: string): Promise<void> {
  const caller = await apiOf(options).json<Whoami>('/v1/whoami');
  if (caller.party === party) return;
  throw new SluiceError('NOT_YOUR_ROLE', `the token belongs to party ${caller.party}, not to ${party}`, {
    article: 'R11',
  });
}

/** An unusable file or profile is an error of the command line. */
async function usable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === 'BAD_REQUEST') throw new UsageError(error.problem.detail);
    throw error;
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
