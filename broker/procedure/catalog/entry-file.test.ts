import t from 'tap';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Parties } from '../../parties/parties.js';
import type { PartyDocument } from '../../parties/party.js';
import { Relations } from '../engine/relations.js';
import type { ProcedureFile } from '../files/file.js';
import { entryAsSeen } from './entry-file.js';

const party = (id: string, level: PartyDocument['level'], regionCode: string, more = {}): PartyDocument => ({
  id,
  name: { en: id },
  level,
  regionCode,
  ...more,
});
const PARTIES = [
  party('province', 'province', '350000', { competent: true }),
  party('health', 'province', '350000'),
  party('city', 'city', '350100', { competent: true }),
  party('city-affairs', 'city', '350100'),
];
const relations = new Relations(
  { list: () => PARTIES, get: (id: string) => PARTIES.find((one) => one.id === id) } as unknown as Parties,
  'province',
);

const DRAFT = { id: 'city-affairs.births' };
const PUBLISHED = { version: 1, document: DRAFT };

/** The state of an entry of `city-affairs` as an officer of each party sees it. */
function statesSeen(state: string, document: object): Record<string, string> {
  const file = { id: DRAFT.id, kind: 'catalog', state, document, clocks: [], memo: {}, sides: {} };
  const seenBy = (party: string) =>
    entryAsSeen(file as unknown as ProcedureFile, { party, roles: [] } as unknown as OfficerCaller, relations).file;
  return Object.fromEntries(PARTIES.map(({ id }) => [id, seenBy(id).state]));
}

t.test('beside a published version only the peer sees the newer one, from its submission on', async (t) => {
  const updating = { status: 'updating', draft: DRAFT, published: PUBLISHED };
  const nobody = { province: 'published', health: 'published', city: 'published' };
  t.strictSame(statesSeen('updating', updating), { ...nobody, 'city-affairs': 'updating' });
  for (const submitted of ['under_review', 'returned'])
    t.strictSame(statesSeen(submitted, updating), { ...nobody, city: submitted, 'city-affairs': submitted });
});

t.test('before a first version whoever stands above sees it from its submission on', async (t) => {
  const file = { id: DRAFT.id, kind: 'catalog', state: 'under_review', document: { status: 'draft', draft: DRAFT } };
  for (const party of ['city', 'province']) {
    const caller = { party, roles: [] } as unknown as OfficerCaller;
    const whole = { ...file, clocks: [], memo: {}, sides: {} } as unknown as ProcedureFile;
    t.match(entryAsSeen(whole, caller, relations).file.document, { draft: DRAFT }, party);
    const unsubmitted = { ...whole, state: 'approved_internal' };
    t.notMatch(entryAsSeen(unsubmitted, caller, relations).file.document, { draft: DRAFT }, 'only its state');
  }
});
