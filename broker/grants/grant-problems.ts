import { CANARY_PARTY, isCanaryEntry, isCanaryName } from '../../proto/canary.js';
import type { EntryVersion, ItemType, NumberedItem } from '../../proto/entry/entry.js';
import { type GrantDocument, type GrantedItem, TRANSFORMS, type Transform } from '../../proto/entry/grant.js';
import { SluiceError } from '../../proto/errors.js';
import { quotedName } from '../../proto/foreign-name.js';
import { isEntryId } from '../../proto/subject.js';
import { valuelessKeys } from '../../proto/valueless-keys.js';
import { isMap } from '../../proto/values/is-map.js';
import { isDayOrInstant } from '../../proto/values/rfc3339.js';
import { type FieldCheck, nonEmptyString, oneOf, type Shape, shapeProblems, token } from '../parties/document-shape.js';
import { KEPT_FOR_CANARY, MADE_BY_BUS } from '../parties/party.js';
import type { SystemDocument } from '../parties/system.js';
import { boundsOf } from './grant-period.js';
import { rowProblems } from './rows-check.js';

/** Looks up what a grant refers to, including documents of the same bundle. */
export interface GrantContext {
  system(id: string): SystemDocument | undefined;
  entry(id: string): EntryVersion | undefined;
  /** True for an entry of the same bundle that is invalid; its own problems are listed there. */
  isFaulty?(entry: string): boolean;
  /** The grant as registered. */
  grant(id: string): GrantDocument | undefined;
}

export interface GrantValidation {
  /** Problems outside the row filter, each with its path. */
  problems: string[];
  /** Problems of the row filter, which have their own code. */
  rowProblems: string[];
}

/** Item types that a transform applies to. Every transform makes a string. */
const APPLICABLE_TYPES: Record<Transform, readonly ItemType[]> = {
  mask: ['string', 'code'],
  hash: ['string', 'code', 'integer', 'decimal', 'date', 'datetime'],
  year: ['date', 'datetime'],
};

const entryId: FieldCheck = (value) =>
  typeof value === 'string' && isEntryId(value) ? undefined : 'must be <party>.<entry>';

const history: FieldCheck = (value) =>
  value === 'none' || value === 'all' || isDayOrInstant(value) ? undefined : 'must be none, all or a date';

const period: FieldCheck = (value) => {
  if (!isMap(value)) return 'must be a map of from and to';
  const end: FieldCheck = (one) => (isDayOrInstant(one) ? undefined : 'must be a date, or a date and time with zone');
  return shapeProblems(value, { from: { required: true, check: end }, to: { required: true, check: end } })[0];
};

const GRANT_SHAPE: Shape = {
  id: { required: true, check: token },
  application: { check: nonEmptyString },
  party: { check: token },
  system: { required: true, check: token },
  entry: { required: true, check: entryId },
  items: {
    required: true,
    check: (value) => (Array.isArray(value) && value.length > 0 ? undefined : 'must be a list of items'),
  },
  rows: { check: (value) => (isMap(value) ? undefined : 'must be a map from item to predicate') },
  purpose: { required: true, check: nonEmptyString },
  basis: { required: true, check: nonEmptyString },
  period: { required: true, check: period },
  history: { check: history },
  kind: { check: nonEmptyString },
  status: { check: (value) => (value === 'in_force' ? undefined : 'follows from acts; leave it out') },
};

const ITEM_SHAPE: Shape = {
  name: { required: true, check: nonEmptyString },
  transform: { check: oneOf(TRANSFORMS) },
};

/** Every problem of a grant as submitted. */
export function validateGrant(document: unknown, context: GrantContext): GrantValidation {
  const problems = [...valuelessKeys(document), ...shapeProblems(document, GRANT_SHAPE)];
  if (!isMap(document) || problems.length > 0) return { problems, rowProblems: [] };
  const grant = document as unknown as GrantDocument;
  problems.push(...holderProblems(grant, context.system(grant.system)), ...identityProblems(grant, context));
  if (isCanaryName(grant.id)) problems.push(`id: ${grant.id} ${KEPT_FOR_CANARY}`);
  if (isCanaryEntry(grant.entry)) problems.push(`entry: ${CANARY_PARTY} ${MADE_BY_BUS}`);
  const { fromMs, toMs } = boundsOf(grant);
  if (toMs <= fromMs) problems.push('period.to: is before period.from');
  if (context.isFaulty?.(grant.entry)) return { problems: [...problems, ...itemShapes(grant.items)], rowProblems: [] };
  const entry = context.entry(grant.entry);
  if (!entry) return { problems: [...problems, `entry: there is no published entry ${grant.entry}`], rowProblems: [] };
  if (entry.document.sharingAttribute === 'not_shared') problems.push(`entry: ${grant.entry} is not shared`);
  problems.push(...grantedProblems(grant.items, entry));
  return { problems, rowProblems: grant.rows ? rowProblems(grant.rows, entry) : [] };
}

/** Problems of the items that can be found without their entry. */
const itemShapes = (items: readonly GrantedItem[]): string[] =>
  items.flatMap((one, index) => shapeProblems(one, ITEM_SHAPE, `items[${index}]`));

/** Throws GRANT_INVALID with all problems, or UNKNOWN_PREDICATE when only the row filter is wrong. */
export function assertValidGrant(grant: string, verdict: GrantValidation): void {
  const all = [...verdict.problems, ...verdict.rowProblems];
  if (all.length === 0) return;
  const code = verdict.problems.length === 0 ? 'UNKNOWN_PREDICATE' : 'GRANT_INVALID';
  throw new SluiceError(code, `grant ${grant}: ${all.join('; ')}`, { grant, problems: all });
}

function holderProblems(grant: GrantDocument, system: SystemDocument | undefined): string[] {
  if (!system) return [`system: there is no system ${grant.system}`];
  const problems: string[] = [];
  if (system.party === CANARY_PARTY) problems.push(`system: ${grant.system} ${MADE_BY_BUS}`);
  if (!system.may.includes('subscribe')) problems.push(`system: ${grant.system} may not subscribe`);
  if (grant.party != null && grant.party !== system.party) {
    problems.push(`party: system ${grant.system} belongs to party ${system.party}`);
  }
  return problems;
}

/** A grant keeps its entry and its party: its cursors and receipts hold positions of that entry. */
function identityProblems(grant: GrantDocument, context: GrantContext): string[] {
  const current = context.grant(grant.id);
  const party = context.system(grant.system)?.party;
  if (!current) return [];
  const problems: string[] = [];
  if (current.entry !== grant.entry) problems.push('entry: the grant exists for another entry; create a new one');
  if (party !== undefined && current.party !== party) {
    problems.push('system: the grant exists for another party; create a new one');
  }
  return problems;
}

function grantedProblems(items: readonly GrantedItem[], entry: EntryVersion): string[] {
  const problems: string[] = [];
  const granted = new Set<string>();
  for (const [index, one] of items.entries()) {
    const path = `items[${index}]`;
    const shape = shapeProblems(one, ITEM_SHAPE, path);
    problems.push(...shape);
    if (shape.length > 0) continue;
    const item = entry.items.find(({ name }) => name === one.name);
    if (!item) problems.push(`${path}.name: entry ${entry.id} has no item ${quotedName(one.name)}`);
    else if (granted.has(one.name)) problems.push(`${path}.name: ${one.name} is granted twice`);
    else problems.push(...transformProblems(one.transform, item, path));
    granted.add(one.name);
  }
  const identifier = entry.items.find((item) => item.identifier)?.name;
  if (identifier !== undefined && !granted.has(identifier)) {
    problems.push(`items: the identifier ${identifier} must be granted, plain or hashed`);
  }
  return problems;
}

/** Problems of a transform on an item. */
export function transformProblems(transform: Transform | undefined, item: NumberedItem, path: string): string[] {
  if (transform == null) return [];
  const at = `${path}.transform`;
  if (item.identifier && transform !== 'hash') return [`${at}: the identifier can be plain or hashed only`];
  if (APPLICABLE_TYPES[transform].includes(item.type)) return [];
  return [`${at}: ${transform} applies only to ${APPLICABLE_TYPES[transform].join(', ')}, not to ${item.type}`];
}
