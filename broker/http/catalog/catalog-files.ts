import { Readable } from 'node:stream';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import type { FileForm } from '../../sheets/rows/read-sheet-file.js';
import type { SheetService } from '../../sheets/sheet-service.js';
import { BodyFile } from '../bodies/body-file.js';
import { mediaType } from '../bodies/body-parsers.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, NDJSON_TYPE, YAML_TYPE } from '../server/route-rule.js';

export interface CatalogFileRoutesDeps {
  sheetService: SheetService;
  isTrial: boolean;
}

const CSV_TYPE = 'text/csv';
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const JSONLD_TYPE = 'application/ld+json';
const FORMS: Record<string, FileForm> = { [CSV_TYPE]: 'csv', [XLSX_TYPE]: 'xlsx', [JSONLD_TYPE]: 'jsonld' };
const TYPES = { xlsx: XLSX_TYPE, jsonld: JSONLD_TYPE } as const;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const PROFILE_BYTES_MAX = 64 * 1024;
const EDIT = { officer: 'catalog.edit' } as const;

const IMPORT_RULE: FastifyContextConfig = {
  access: EDIT,
  raw: true,
  body: Object.fromEntries(Object.keys(FORMS).map((type) => [type, FILE_BYTES_MAX])),
};
const PROFILE_RULE: FastifyContextConfig = {
  access: EDIT,
  raw: true,
  body: { [JSON_TYPE]: PROFILE_BYTES_MAX, [YAML_TYPE]: PROFILE_BYTES_MAX },
};

interface ImportQuery {
  profile: string;
  sheet?: string;
  encoding?: 'utf-8' | 'gbk';
  dryRun?: boolean;
}

interface ExportQuery {
  profile: string;
  format?: 'xlsx' | 'csv';
  entry?: string | string[];
}

/** Catalogs as files: import with a report line by line, export, and the profiles that say which column is which field. */
export function catalogFileRoutes(app: FastifyInstance, { sheetService, isTrial }: CatalogFileRoutesDeps): void {
  // A trial bus refuses them, and its document describes what can succeed.
  const shown = (schema: object): object => ({ ...schema, hide: isTrial });
  app.post<{ Querystring: ImportQuery }>(
    '/v1/catalog/import',
    { schema: shown(IMPORT), config: IMPORT_RULE },
    async (request, reply) => {
      const { profile, sheet, encoding = 'utf-8', dryRun = false } = request.query;
      const body = request.body as Buffer | BodyFile | undefined;
      if (!body) throw new SluiceError('BAD_REQUEST', 'the file is unusable: it is empty');
      const bytes = body instanceof BodyFile ? { descriptor: body.descriptor, bytes: body.bytes } : body;
      const form = FORMS[mediaType(request.headers['content-type'])] as FileForm;
      const lines = await sheetService.importFile(callerOf(request), { bytes, form, profile, sheet, encoding, dryRun });
      reply.type(NDJSON_TYPE);
      return reply.send(Readable.from(ndjson(lines)));
    },
  );
  app.get<{ Querystring: ExportQuery }>(
    '/v1/catalog/export',
    { schema: shown(EXPORT), config: { access: 'department' } },
    (request, reply) => {
      const { profile, format = 'xlsx', entry } = request.query;
      const caller = callerOf(request);
      if (caller.kind !== 'officer') throw new SluiceError('NOT_ALLOWED', 'a catalog is exported by officers');
      const entries = entry === undefined ? undefined : [entry].flat();
      const { form, chunks } = sheetService.exportFile(caller, { profile, form: format, entries });
      reply.type(form === 'csv' ? `${CSV_TYPE}; charset=utf-8` : TYPES[form]);
      return reply.send(Readable.from(chunks));
    },
  );
  app.get<{ Params: { name: string } }>(
    '/v1/profiles/:name',
    { schema: shown(PROFILE), config: { access: EDIT } },
    (request, reply) =>
      reply
        .type(`${JSON_TYPE}; charset=utf-8`)
        .send(Buffer.from(sheetService.profile(callerOf(request), request.params.name))),
  );
  app.put<{ Params: { name: string } }>(
    '/v1/profiles/:name',
    { schema: shown(PUT_PROFILE), config: PROFILE_RULE },
    async (request, reply) => {
      const body = request.body as Buffer | undefined;
      if (!Buffer.isBuffer(body)) throw new SluiceError('BAD_REQUEST', 'the profile is empty');
      const json = await sheetService.putProfile(callerOf(request), request.params.name, body.toString('utf8'));
      return reply.type(`${JSON_TYPE}; charset=utf-8`).send(Buffer.from(json));
    },
  );
}

async function* ndjson(lines: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

const tags = ['catalog'];
const anything = { type: 'object', additionalProperties: true };
const binary = { schema: { type: 'string', format: 'binary' } };
const profileName = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description: 'stored or ready-made: `guide-2017`, `two-sheets`, `dcat-ap`',
};
const params = { type: 'object', properties: { name: profileName }, required: ['name'] };

const IMPORT = {
  tags,
  operationId: 'importCatalog',
  summary: 'Lay down the entries of a sheet as drafts',
  description:
    'Answers the report as NDJSON: a line for each entry without fault, else for each fault, and last the total.',
  querystring: {
    type: 'object',
    properties: {
      profile: profileName,
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
const PROFILE = {
  tags,
  operationId: 'getProfile',
  summary: 'A profile of sheets',
  params,
  response: { 200: anything, ...PROBLEMS },
};
const PUT_PROFILE = {
  tags,
  operationId: 'putProfile',
  summary: 'Store a profile of sheets for the own party',
  params,
  response: { 200: anything, ...PROBLEMS },
};
