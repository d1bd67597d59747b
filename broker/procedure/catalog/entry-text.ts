import { isCanaryEntry } from '../../../proto/canary.js';
import type { EntryDocument, EntryDraft } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { isEntryId } from '../../../proto/subject.js';
import {
  assertValidEntry,
  type EntryValidation,
  validateEntryDocument,
} from '../../catalog/document/entry-problems.js';
import { EntryActs } from '../../catalog/entry-acts.js';
import { sameDocument } from '../../ledger/same-document.js';
import { MADE_BY_BUS } from '../../parties/party.js';
import { Permissions } from '../../parties/permissions.js';
import { QuotaError } from '../../parties/quotas/quota-error.js';
import type { ActContext, Guard, World } from '../engine/machine.js';
import { refuseOne } from '../engine/refusals.js';
import type { Fields } from '../files/file.js';
import { inForce, memoOf, newestText, stateOf } from './entry-file.js';

/** Proving that patterns are linear takes time, so it is done before the act is judged, once for each document. */
const validated = new WeakMap<object, EntryValidation>();

/** Judges a document by itself, ahead of the act that lays it down. */
export async function validateAhead(document: Fields): Promise<EntryValidation> {
  const known = validated.get(document) ?? (await validateEntryDocument(document, { isTrial: false }));
  validated.set(document, known);
  return known;
}

/** Throws ENTRY_INVALID for the id of an entry that nobody can lay down. */
export function requireEntryId(id: string): void {
  if (!isEntryId(id)) throw refuseOne('ENTRY_INVALID', 'must be <party>.<entry>', '/id');
  if (isCanaryEntry(id)) throw refuseOne('NOT_ALLOWED', `entry ${id} ${MADE_BY_BUS}`, '/id');
}

/** The rules of versions, which a trial bus has too: compatibility with earlier versions, numbers of items, quota. */
export const versionsOf = ({ catalog, grants, parties, settings }: World, nowMs: number): EntryActs =>
  new EntryActs({
    catalog,
    findParty: (id) => parties.get(id),
    grantsOn: (entry) => grants.liveOn(entry, nowMs),
    permissions: new Permissions('registered'),
    partitions: settings.partitions,
    clock: () => nowMs,
  });

/** Nothing is recorded for the text that the newest version has already. */
export const isSameText = ({ file, body }: ActContext): boolean => {
  const newest = newestText(file);
  return newest !== undefined && sameDocument(newest, body);
};

export const WELL_FORMED: Guard = {
  name: 'well-formed, no secret item, no core data',
  check: async ({ file, body }) => {
    assertValidEntry(file.id, await validateAhead(body));
    return undefined;
  },
};

/** Why a text cannot follow the versions before it; undefined for nothing. */
function incompatibilityOf(world: World, text: EntryDraft, nowMs: number): SluiceError | undefined {
  try {
    versionsOf(world, nowMs).assertCompatible(text);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'INCOMPATIBLE_VERSION') return error;
    throw error;
  }
}

export const incompatibility = (...given: Parameters<typeof incompatibilityOf>): string | undefined =>
  incompatibilityOf(...given)?.message;

/** Throws INCOMPATIBLE_VERSION, with the article that protects who uses the entry. */
function requireCompatible(...given: Parameters<typeof incompatibilityOf>): undefined {
  const error = incompatibilityOf(...given);
  if (error) throw new SluiceError(error.code, error.message, { ...error.where, article: 'R27' });
}

export const COMPATIBLE: Guard = {
  name: 'compatible with the version before',
  check: ({ world, body, nowMs }) => requireCompatible(world, body as unknown as EntryDraft, nowMs),
};

/** A party has so many versions in work at most; nothing else bounds what one officer lays down. */
export const WITHIN_QUOTA: Guard = {
  name: 'quotas.drafts',
  check: ({ world, file }) => {
    const max = world.settings.draftsPerPartyMax;
    const party = file.sides.own ?? '';
    if (stateOf(file).draft || max === undefined || world.catalog.draftsOf(party) < max) return undefined;
    const detail = `party ${party} has the ${max} drafts that quotas.drafts allows it`;
    throw new QuotaError('TOO_MANY', 'drafts', `party ${party}`, detail, { entry: file.id });
  },
};

export async function layDown(context: ActContext): Promise<void> {
  const { file, body, caller, once, world } = context;
  once.changed = true;
  once.warnings = await warningsOf(context);
  const published = inForce(file) ?? stateOf(file).published ?? world.catalog.state(file.id)?.published;
  const isInForce = inForce(file) !== undefined;
  file.document = { status: isInForce ? 'updating' : 'draft', draft: body, ...(published && { published }) };
  file.about = [`catalog/${file.id}`];
  const memo = memoOf(file);
  const editors = new Set([...(memo.editors ?? []), ...(caller ? [caller.id] : [])]);
  file.memo = { ...memo, editors: [...editors], withdrawalRequested: false };
}

export async function warningsOf({ world, body, nowMs }: ActContext): Promise<string[]> {
  const { warnings } = await validateAhead(body);
  return [...warnings, ...versionsOf(world, nowMs).warnings(body as unknown as EntryDocument)];
}
