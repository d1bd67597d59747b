import { splitEntryId } from '../../../proto/entry/entry.js';
import type { EntryState } from '../../catalog/entry-state.js';
import { documentOf, type Grant } from '../../grants/grant.js';
import type { Act } from '../../ledger/record.js';
import type { StoredOfficer } from '../../parties/officer.js';
import type { StoredSystem } from '../../parties/system.js';
import type { Fields, FileState } from '../files/file.js';

const ENDED = 'ended-by-registration';
const UNPUBLISHED = 'unpublished-by-registration';
/** Drafts of a trial, which nobody could apply for. */
const KEPT = 'kept-by-registration';

const byBus = (kind: Act['kind'], id: string, act: string, document: object): Act => ({
  kind,
  id,
  act,
  actor: 'bus',
  document,
});

const fileOf = (state: string, sides: FileState['sides'], about: string[], fields?: Fields): FileState => ({
  state,
  sides,
  clocks: [],
  memo: {},
  about,
  ...(fields && { fields }),
});

/** A trial holds no real data, so its grants end without disposal. */
export function endedGrant(grant: Grant | undefined): Act | undefined {
  if (!grant || grant.status === 'terminated') return undefined;
  const stored = { ...documentOf(grant), status: 'terminated' as const };
  const sides = { provider: splitEntryId(grant.entry).party, demand: grant.party };
  const state = fileOf('terminated', sides, [`catalog/${grant.entry}`], { ...stored });
  return { ...byBus('grant', grant.id, ENDED, stored), step: { from: grant.status, state } };
}

/** The text stays as a draft; numbers of items and versions stay taken. A withdrawn entry stays withdrawn. */
export function unpublishedEntry(id: string, party: string, entry: EntryState | undefined): Act | undefined {
  if (!entry || entry.status === 'withdrawn') return undefined;
  const { status, draft = entry.published?.document, published } = entry;
  const document = { status: 'draft', draft, ...(published && { published }) };
  const state = fileOf('draft', { own: party, provider: party }, [`catalog/${id}`]);
  return { ...byBus('entry', id, status === 'draft' ? KEPT : UNPUBLISHED, document), step: { from: status, state } };
}

/** Without a file: the department may make a system of that id again. */
export function endedSystem(system: StoredSystem | undefined): Act | undefined {
  if (system?.credential === undefined) return undefined;
  const { credential: _, ...rest } = system;
  return byBus('system', system.id, ENDED, rest);
}

/** Without a file: the department may appoint an officer of that id again. */
export function endedOfficer(officer: StoredOfficer | undefined): Act | undefined {
  if (officer?.credential === undefined && officer?.subject === undefined) return undefined;
  const { credential: _, subject: _subject, ...rest } = officer;
  return byBus('officer', officer.id, ENDED, rest);
}
