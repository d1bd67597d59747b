import { type HttpSchema, listOf, objectOf, ref } from './document-schemas.js';

const string = { type: 'string' };
const integer = { type: 'integer' };
const boolean = { type: 'boolean' };
const time = { type: 'string', format: 'date-time' };
const date = { type: 'string', format: 'date' };
const strings = listOf(string);
const anything: HttpSchema = { type: 'object', additionalProperties: true };
const orNull = ({ type }: { type: string }): HttpSchema => ({ type: [type, 'null'] });

const FILE_EXAMPLE = {
  id: 'ap-7f3k2m9q1x0c',
  kind: 'applications',
  file: { kind: 'applications', id: 'ap-7f3k2m9q1x0c' },
  state: 'filed',
  seq: 1841,
  digest: '9b1c0f4d7be0a9e1c5a2f8d3b6e4907c1d2e3f405162738495a6b7c8d9eafb0c',
  clocks: [
    {
      id: 'D4',
      start: '2026-02-06T10:00:00+08:00',
      length: 10,
      unit: 'wd',
      due: '2026-02-27',
      lateFrom: '2026-02-28T00:00:00+08:00',
      party: 'fujian-civil-affairs',
      provisional: false,
      pausedDays: 0,
      extendedDays: 0,
      calendar: 'cn@2026.1',
      state: 'running',
    },
  ],
  next: [{ act: 'ask-supplement', who: 'provider.reviewer' }],
  links: { self: '/v1/applications/ap-7f3k2m9q1x0c', entry: '/v1/catalog/fujian-civil-affairs.birth' },
};

const NOTICE_EXAMPLE = {
  id: 'no-000000001841-2',
  to: 'fujian-civil-affairs',
  kind: 'file',
  seq: 1841,
  about: { kind: 'applications', id: 'ap-7f3k2m9q1x0c' },
  at: '2026-02-06T10:00:00+08:00',
  article: 'R20',
  text: '共享申请 ap-7f3k2m9q1x0c：已受理',
  readAt: null,
};

const FILE = objectOf(
  {
    id: string,
    kind: { type: 'string', description: "of a grant its own kind: 'applied', 'standing', 'backflow', 'decided'" },
    file: ref('FileRef'),
    state: string,
    seq: { type: 'integer', description: 'ledger sequence of the last record; goes into If-Match' },
    digest: {
      type: 'string',
      description: 'SHA-256 of the document in the form of RFC 8785; what a signature is over',
    },
    clocks: listOf(ref('FileClock')),
    next: { ...listOf(ref('NextAct')), description: 'acts that the caller may perform now; a guard may still refuse' },
    links: { type: 'object', additionalProperties: string },
  },
  ['id', 'file', 'state', 'seq', 'digest', 'clocks', 'next', 'links'],
);

/** Schemas of the lawful procedure by name. */
export const PROCEDURE_SCHEMAS: Record<string, HttpSchema> = {
  FileRef: objectOf({ kind: orNull(string), id: orNull(string) }, ['kind', 'id']),
  FileClock: objectOf(
    {
      id: string,
      start: string,
      length: orNull(integer),
      unit: { enum: ['wd', 'h', 'date'] },
      due: string,
      lateFrom: time,
      party: string,
      provisional: boolean,
      pausedDays: integer,
      extendedDays: integer,
      calendar: orNull(string),
      state: { enum: ['running', 'paused', 'met', 'late'] },
      doneAt: time,
    },
    ['id', 'due', 'lateFrom', 'party', 'state'],
  ),
  NextAct: objectOf({ act: string, who: string }, ['act', 'who']),
  File: { ...FILE, examples: [FILE_EXAMPLE] },
  WholeFile: {
    allOf: [
      ref('File'),
      objectOf({ document: anything, history: listOf(ref('HistoryItem')) }, ['document', 'history']),
    ],
  },
  HistoryItem: objectOf(
    {
      seq: integer,
      time,
      act: string,
      actor: string,
      role: orNull(string),
      from: orNull(string),
      to: orNull(string),
      reason: string,
      attachments: strings,
      calendar: orNull(string),
      clock: string,
    },
    ['seq', 'time', 'act', 'actor'],
  ),
  FileList: objectOf({ files: listOf(ref('File')), next: string }, ['files']),
  FileResults: objectOf({ results: listOf(ref('File')) }, ['results']),
  RecomputedClocks: objectOf(
    { id: string, recomputed: listOf(objectOf({ file: ref('FileRef'), clock: string, from: date, to: date })) },
    ['id', 'recomputed'],
  ),
  GrantFiles: objectOf({ grants: listOf(anything), next: string }, ['grants']),
  GrantFile: anything,
  CatalogList: { anyOf: [ref('CatalogPage'), ref('FileList')] },
  DraftFile: { allOf: [ref('File'), objectOf({ changed: boolean, warnings: strings }, ['changed', 'warnings'])] },
  EntryImpact: objectOf(
    {
      grants: listOf(
        objectOf({ grant: string, loses: strings, rowsBroken: boolean, newlyDisclosed: strings }, ['grant', 'loses']),
      ),
    },
    ['grants'],
  ),
  EntryOverlaps: objectOf({ overlaps: listOf(anything) }, ['overlaps']),
  EntryQuality: objectOf({
    validity: { type: ['number', 'null'] },
    completeness: { type: ['number', 'null'] },
    freshness: objectOf({ promise: orNull(string), lastEventAt: orNull(string), late: boolean }),
  }),
  Notice: {
    ...objectOf(
      {
        id: string,
        to: string,
        kind: string,
        about: ref('FileRef'),
        seq: integer,
        at: time,
        article: string,
        clock: string,
        details: anything,
        text: string,
        readAt: orNull(string),
        readBy: string,
      },
      ['id', 'to', 'kind', 'about', 'seq', 'at', 'text', 'readAt'],
    ),
    examples: [NOTICE_EXAMPLE],
  },
  NoticeList: objectOf({ notices: listOf(ref('Notice')), next: string }, ['notices']),
  Worklist: objectOf({ items: listOf(ref('WorklistItem')), more: boolean }, ['items']),
  WorklistItem: objectOf({ file: ref('File'), act: string, daysLeft: orNull(integer), clock: orNull(string) }, [
    'file',
    'act',
  ]),
  BusTime: objectOf({ now: time, test: boolean, calendarVersions: strings }, ['now', 'test', 'calendarVersions']),
  Procedures: objectOf({ machines: listOf(ref('ProcedureMachine')) }, ['machines']),
  ProcedureMachine: objectOf(
    { kind: string, available: boolean, states: strings, transitions: listOf(ref('ProcedureTransition')) },
    ['kind', 'available', 'states', 'transitions'],
  ),
  ProcedureTransition: objectOf(
    {
      number: string,
      from: strings,
      act: string,
      to: string,
      who: strings,
      guard: strings,
      clocks: strings,
      notices: strings,
      article: orNull(string),
    },
    ['number', 'from', 'act', 'to', 'who'],
  ),
  Enrolled: objectOf(
    { officer: objectOf({ id: string, party: string, roles: strings }, ['id', 'party', 'roles']), token: string },
    ['officer', 'token'],
  ),
};
