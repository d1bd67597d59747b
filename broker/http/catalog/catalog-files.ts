import { Readable } from 'node:stream';
import { inflateRawSync } from 'node:zlib';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { type ErrorCode, SluiceError } from '../../../proto/errors.js';
import type { Lease } from '../../parties/leases/leases.js';
import { chineseText } from '../../sheets/importing/chinese-texts.js';
import type { ReportLine, ReportTotal } from '../../sheets/importing/report.js';
import type { FileForm } from '../../sheets/rows/read-sheet-file.js';
import type { ImportRequest, NamedProfile, SheetService } from '../../sheets/sheet-service.js';
import { BodyFile } from '../bodies/body-file.js';
import { mediaType } from '../bodies/body-parsers.js';
import { keyOf } from '../procedure/act-call.js';
import { preferredLanguage } from '../server/accept.js';
import { callerOf } from '../server/authenticate.js';
import { CHINESE_TITLES } from '../server/chinese-titles.js';
import { onClosed } from '../server/on-closed.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { NDJSON_TYPE } from '../server/route-rule.js';

export interface CatalogFileRoutesDeps {
  sheetService: SheetService;
}

const CSV_TYPE = 'text/csv';
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const JSONLD_TYPE = 'application/ld+json';
const FORMS: Record<string, FileForm> = { [CSV_TYPE]: 'csv', [XLSX_TYPE]: 'xlsx', [JSONLD_TYPE]: 'jsonld' };
const TYPES = { xlsx: XLSX_TYPE, jsonld: JSONLD_TYPE } as const;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
export const PROFILE_BYTES_MAX = 64 * 1024;
/** The head of a request has at most 16 KiB. See docs/decisions/0186. */
const PROFILE_DOCUMENT_CHARACTERS_MAX = 12_000;
const DEPARTMENT = 'department' as const;

const IMPORT_RULE: FastifyContextConfig = {
  access: DEPARTMENT,
  raw: true,
  endsWithOffice: true,
  digestsBody: true,
  body: Object.fromEntries(Object.keys(FORMS).map((type) => [type, FILE_BYTES_MAX])),
};
interface ProfileQuery {
  profile: string;
  profileDocument?: string;
}

interface ImportQuery extends ProfileQuery {
  sheet?: string;
  encoding?: 'utf-8' | 'gbk';
  dryRun?: boolean;
}

interface ExportQuery extends ProfileQuery {
  format?: 'xlsx' | 'csv';
  entry?: string | string[];
}

/** Catalogs as files: import with a report line by line, and export. Rights are checked before a body is read. */
export function catalogFileRoutes(app: FastifyInstance, { sheetService }: CatalogFileRoutesDeps): void {
  app.post<{ Querystring: ImportQuery }>(
    '/v1/catalog/import',
    {
      schema: IMPORT,
      config: IMPORT_RULE,
      onRequest: (request) => sheetService.requireEditor(callerOf(request)),
    },
    async (request, reply) => {
      const { sheet, encoding = 'utf-8', dryRun = false } = request.query;
      const profile = namedProfile(request.query);
      const body = request.body as Buffer | BodyFile | undefined;
      if (!body) throw new SluiceError('BAD_REQUEST', 'the file is unusable: it is empty');
      const key = keyOf(request);
      const once = key && (await sheetService.keptReports.open(callerOf(request), key));
      if (once) onClosed(reply, once.release);
      reply.type(NDJSON_TYPE).header('vary', 'Accept-Language');
      if (once?.before !== undefined) return reply.header('idempotent-replayed', 'true').send(once.before);
      const gone = new AbortController();
      onClosed(reply, () => gone.abort());
      const form = FORMS[mediaType(request.headers['content-type'])] as FileForm;
      const read = (bytes: ImportRequest['bytes']) =>
        sheetService.importFile(callerOf(request), {
          bytes,
          form,
          profile,
          sheet,
          encoding,
          dryRun,
          gone: gone.signal,
        });
      const lines = await (body instanceof BodyFile ? body.use(read) : read(body));
      const language = preferredLanguage(request.headers['accept-language'], ['en', 'zh']);
      const shown = language === 'zh' ? inChinese : (line: ShownLine) => line;
      const report = ndjson(whileInOffice(lines, request.officeLease), shown);
      return reply.send(Readable.from(once && !dryRun ? once.keeping(report) : report));
    },
  );
  exportRoute(app, sheetService);
}

function exportRoute(app: FastifyInstance, sheetService: SheetService): void {
  app.get<{ Querystring: ExportQuery }>(
    '/v1/catalog/export',
    {
      schema: EXPORT,
      config: { access: DEPARTMENT },
      onRequest: (request) => sheetService.requireOfficer(callerOf(request)),
    },
    async (request, reply) => {
      const { format = 'xlsx', entry } = request.query;
      const profile = namedProfile(request.query);
      const entries = entry === undefined ? undefined : [entry].flat();
      const { form, chunks } = await sheetService.exportFile(callerOf(request), { profile, form: format, entries });
      request.officeLease?.check();
      reply.type(form === 'csv' ? `${CSV_TYPE}; charset=utf-8` : TYPES[form]);
      return reply.send(Readable.from(chunks));
    },
  );
}

/** A profile that is not stored comes with the request: its text, deflated, in base64url. Throws BAD_REQUEST. */
function namedProfile({ profile: name, profileDocument }: ProfileQuery): NamedProfile {
  if (profileDocument === undefined) return { name };
  try {
    const bytes = inflateRawSync(Buffer.from(profileDocument, 'base64url'), { maxOutputLength: PROFILE_BYTES_MAX });
    return { name, text: bytes.toString('utf8') };
  } catch (cause) {
    throw new SluiceError('BAD_REQUEST', 'profileDocument is no deflated text of at most 64 KiB', {}, { cause });
  }
}

/** Each piece is a write to the socket, which costs more than many lines. */
const PIECE_CHARACTERS = 16 * 1024;
const PIECE_MS_MAX = 200;

type ShownLine = ReportLine | ReportTotal;

/** A refusal of the catalog keeps its text, which names fields, behind the title of its code. */
function inChinese(line: ShownLine): ShownLine {
  if (!('text' in line) || line.text === undefined) return line;
  const title = CHINESE_TITLES[line.code as ErrorCode];
  return { ...line, text: chineseText(line.text) ?? (title === undefined ? line.text : `${title}：${line.text}`) };
}

/** An office that ends while entries are laid down ends the report, and with it the rest of the import. */
async function* whileInOffice<Line>(lines: AsyncIterable<Line>, lease: Lease | undefined): AsyncGenerator<Line> {
  for await (const line of lines) {
    lease?.check();
    yield line;
  }
}

async function* ndjson(lines: AsyncIterable<ShownLine>, shown: (line: ShownLine) => object): AsyncGenerator<string> {
  let piece = '';
  let sentMs = performance.now();
  for await (const line of lines) {
    piece += `${JSON.stringify(shown(line))}\n`;
    if (piece.length < PIECE_CHARACTERS && performance.now() - sentMs < PIECE_MS_MAX) continue;
    yield piece;
    piece = '';
    sentMs = performance.now();
  }
  if (piece !== '') yield piece;
}

const tags = ['catalog'];
const anything = { type: 'object', additionalProperties: true };
const binary = { schema: { type: 'string', format: 'binary' } };
export const profileName = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description: 'stored or ready-made: `guide-2017`, `two-sheets`, `dcat-ap`',
};
const profileDocument = {
  type: 'string',
  maxLength: PROFILE_DOCUMENT_CHARACTERS_MAX,
  description:
    'a profile that is not stored, in place of the named one: JSON or YAML, deflated (RFC 1951), in base64url',
};
const IMPORT = {
  tags,
  operationId: 'importCatalog',
  summary: 'Lay down the entries of a sheet as drafts',
  description:
    'Answers the report as NDJSON: a line for each entry without fault, else for each fault, and last the total. Texts are in English, or in Chinese where Accept-Language prefers it.',
  querystring: {
    type: 'object',
    properties: {
      profile: profileName,
      profileDocument,
      sheet: { type: 'string', minLength: 1, maxLength: 200, description: 'sheet of the entries' },
      encoding: { enum: ['utf-8', 'gbk'], description: 'of CSV' },
      dryRun: { type: 'boolean', description: 'only report' },
    },
    required: ['profile'],
    additionalProperties: false,
  },
  response: { 200: { description: 'The report', content: { [NDJSON_TYPE]: { schema: anything } } }, ...PROBLEMS },
};
const EXPORT = {
  tags,
  operationId: 'exportCatalog',
  summary: 'Entries as a sheet, which an import reads without a change',
  querystring: {
    type: 'object',
    properties: {
      profile: profileName,
      profileDocument,
      format: { enum: ['xlsx', 'csv'], default: 'xlsx', description: 'of sheets; `dcat-ap` is JSON-LD' },
      entry: {
        description: 'as often as wanted; without it all of the own party',
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, maxItems: 1000 }],
      },
    },
    required: ['profile'],
    additionalProperties: false,
  },
  response: {
    200: {
      description: 'The file',
      content: { [XLSX_TYPE]: binary, [CSV_TYPE]: binary, [JSONLD_TYPE]: { schema: anything } },
    },
    ...PROBLEMS,
  },
};
