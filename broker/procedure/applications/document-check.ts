import { isCanaryEntry } from '../../../proto/canary.js';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { LEGAL_RANKS, SHARING_MODES } from '../../../proto/entry/entry-words.js';
import { type GrantedItem, TRANSFORMS } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { transformProblems } from '../../grants/grant-problems.js';
import { rowProblems } from '../../grants/rows-check.js';
import { DATE, ID, listOf, TEXT } from '../engine/body-check.js';
import { type ActContext, type BodyMembers, isGiven, type World } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

/** In the body of `create`: items of a grant that were never used. A symbol, because no request can name it. */
export const NEVER_USED = Symbol('never used');

/** The document of an application. A draft may lack everything but the entry. */
export interface ApplicationDocument {
  id: string;
  party: string;
  entry: string;
  /** The version in force when it was filed. */
  version?: number;
  system?: string;
  items?: GrantedItem[];
  rows?: Rows;
  basis?: { rank: string; title: string; article: string }[];
  scenario?: string;
  range?: string;
  mode?: string;
  period?: { from?: string; to?: string };
  dutyBasis?: string;
  piGround?: string;
  piAssessment?: string;
  securityMeasures?: string;
  truthStatement?: true;
  history?: string;
  attachments?: string[];
  /** Asked for once, with what was handed in. */
  missing?: string[];
  parts?: { missing: string; text?: string; attachments?: string[] }[];
  reply?: Reply;
  refusal?: { code: string; reason: string };
  grant?: string;
  neverUsed?: string[];
}

export interface Reply {
  items: GrantedItem[];
  leftOut: { item: string; code: string; reason: string }[];
  conditions?: string[];
}

const BASIS = {
  type: 'object',
  properties: { rank: { enum: [...LEGAL_RANKS] }, title: TEXT, article: TEXT },
  required: ['rank', 'title', 'article'],
  additionalProperties: false,
};
export const ITEM = {
  type: 'object',
  properties: { name: ID, transform: { enum: [...TRANSFORMS] } },
  required: ['name'],
  additionalProperties: false,
};

export const APPLICATION_BODY: BodyMembers = {
  entry: ID,
  system: ID,
  items: listOf(ITEM),
  rows: { type: 'object' },
  basis: listOf(BASIS),
  scenario: TEXT,
  range: TEXT,
  mode: { enum: [...SHARING_MODES] },
  period: { type: 'object', properties: { from: DATE, to: DATE }, additionalProperties: false },
  dutyBasis: TEXT,
  piGround: TEXT,
  piAssessment: TEXT,
  securityMeasures: TEXT,
  truthStatement: { enum: [true] },
  history: { anyOf: [{ enum: ['none', 'all'] }, DATE] },
};

/** The version in force of an entry that anybody may apply for; the canary's are open to none. */
export const versionInForce = ({ catalog }: World, entry: unknown): EntryVersion | undefined =>
  typeof entry === 'string' && !isCanaryEntry(entry) ? catalog.published(entry) : undefined;

/** Faults of a draft, whatever may be missing (A1, A2). */
export function draftProblems({ body, world, caller }: ActContext): LawfulProblem[] {
  const document = body as unknown as ApplicationDocument;
  const version = versionInForce(world, body.entry);
  return [
    ...(version ? [] : [noEntry(body.entry)]),
    ...systemProblems(document, world, caller?.party),
    ...(version ? unlikeVersion(document, version) : []),
    ...periodProblems(document),
  ];
}

const noEntry = (entry: unknown): LawfulProblem =>
  entry === undefined
    ? problem('/entry', 'INCOMPLETE', 'is missing', 'R20')
    : problem('/entry', 'NOT_IN_CATALOG', 'is no published entry');

/** Items that the version in force does not have: the draft may have been signed under an earlier one. */
export const unlikeVersion = (document: ApplicationDocument, version: EntryVersion): LawfulProblem[] => [
  ...itemProblems(document.items ?? [], version),
  ...(document.rows ? rowProblems(document.rows, version).map((text) => bad('/rows', text)) : []),
  ...modeProblems(document, version),
];

const bad = (path: string, text: string): LawfulProblem => problem(path, 'BAD_REQUEST', text);

function systemProblems({ system }: ApplicationDocument, { systems }: World, party: string | undefined) {
  if (system === undefined || systems.get(system)?.party === party) return [];
  return [bad('/system', 'is no system of the department')];
}

/** Items of a request that the version does not have, that stand there twice, or whose values the transform does not fit. */
export function itemProblems(items: readonly GrantedItem[], version: EntryVersion): LawfulProblem[] {
  return items.flatMap(({ name, transform }, index) => {
    const item = version.items.find((one) => one.name === name);
    if (!item) return [bad(`/items/${index}/name`, 'is no item of the version in force')];
    if (items.findIndex((one) => one.name === name) !== index) {
      return [bad(`/items/${index}/name`, 'is there twice')];
    }
    return transformProblems(transform, item, '').map((text) =>
      bad(`/items/${index}/transform`, text.slice(text.indexOf(': ') + 2)),
    );
  });
}

function modeProblems({ mode }: ApplicationDocument, { document }: EntryVersion): LawfulProblem[] {
  const { sharingModes } = document;
  if (mode === undefined || sharingModes === undefined) return [];
  const modes = Array.isArray(sharingModes) ? sharingModes : [sharingModes];
  return modes.includes(mode) ? [] : [bad('/mode', 'is no sharing mode of the entry')];
}

function periodProblems({ period }: ApplicationDocument): LawfulProblem[] {
  if (!period?.from || !period.to || period.from <= period.to) return [];
  return [bad('/period/to', 'is before the beginning')];
}

/** Parts that every application must have to be signed, in their order. */
const PARTS = ['basis', 'scenario', 'range', 'mode'] as const;

/** Everything that is missing of an application that is to be signed (A3). */
export function missingParts(document: ApplicationDocument, version: EntryVersion | undefined): LawfulProblem[] {
  const missing = (path: string, article = 'R20') => problem(path, 'INCOMPLETE', 'is missing', article);
  const { items, period } = document;
  const identifier = version?.items.find((item) => item.identifier)?.name;
  const hasIdentifier = items?.some(({ name }) => name === identifier) ?? false;
  const needed = (name: keyof ApplicationDocument, article?: string): LawfulProblem[] =>
    isGiven(document[name]) ? [] : [missing(`/${name}`, article)];
  return [
    ...needed('system'),
    ...(isGiven(items) && (identifier === undefined || hasIdentifier) ? [] : [missing('/items')]),
    ...PARTS.flatMap((name) => needed(name)),
    ...(period
      ? (['from', 'to'] as const).filter((end) => period[end] === undefined).map((end) => missing(`/period/${end}`))
      : [missing('/period')]),
    ...needed('dutyBasis'),
    ...(isPersonal(document, version) ? [...needed('piGround', 'R37'), ...needed('piAssessment', 'R37')] : []),
    ...needed('securityMeasures'),
    ...needed('truthStatement'),
  ];
}

const itemsOf = (
  { items = [] }: ApplicationDocument,
  version: EntryVersion | undefined,
): (NumberedItem | undefined)[] => items.map(({ name }) => version?.items.find((item) => item.name === name));

const isPersonal = (document: ApplicationDocument, version: EntryVersion | undefined): boolean =>
  itemsOf(document, version).some((item) => item?.personal !== undefined && !['none', false].includes(item.personal));

/** The system must still be one that may receive (A3, A4). */
export function systemMayReceive({ system }: ApplicationDocument, { systems }: World): LawfulProblem[] {
  if (system === undefined || systems.get(system)?.may.includes('subscribe')) return [];
  return [problem('/system', 'INCOMPLETE', 'may not subscribe', 'R20')];
}

/** Items that the version in force does not share (A4). A backflow is an order, and returns what belongs to the region. */
export function notShared(document: ApplicationDocument, version: EntryVersion): LawfulProblem[] {
  if (version.document.sharingAttribute === 'not_shared') {
    return [problem('/entry', 'NOT_SHARED', 'is not shared')];
  }
  return itemsOf(document, version).flatMap((item, index) =>
    item?.sharingAttribute === 'not_shared'
      ? [problem(`/items/${index}/name`, 'NOT_SHARED', `${item.name} is not shared`)]
      : [],
  );
}
