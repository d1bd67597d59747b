import t from 'tap';
import type { Caller } from '../parties/caller.js';
import { PartyFigures } from './party-figures.js';

t.test('figures of a party are shown to it and to who oversees grants, and those at 0 to nobody', async (t) => {
  const auditor: Caller = { kind: 'officer', id: 'audit', party: 'audit', roles: [] };
  const counts = new Map([
    ['dead_letters health ', 2],
    ['quota_refusals civil drafts', 3],
    ['waiting_notices civil ', 0],
    ['dead_letters sluice-canary ', 1],
  ]);
  const figures = new PartyFigures({
    counts: { collect: async () => counts },
    quarantine: { oldest: new Map([['civil', 1_000]]) },
    permissions: { overseesGrants: (caller) => caller === auditor },
    wallMs: () => 61_000,
  });
  const seen = async (caller: Caller, party?: string): Promise<string[]> =>
    (await figures.ofParty(caller, party)).map(({ kind, party, count }) => `${party} ${kind} ${count}`);
  const ofCivil = ['civil quota_refusals 3', 'civil quarantine_oldest_age_seconds 60'];
  const source: Caller = { kind: 'system', id: 'civil-source', party: 'civil', may: ['publish'] };
  t.strictSame(await seen(auditor), ['health dead_letters 2', ...ofCivil], 'without the canary');
  t.strictSame(await seen(auditor, 'civil'), ofCivil);
  t.strictSame(await seen(source), ofCivil);
  t.strictSame(await seen(source, 'health'), [], 'the party of somebody else has no series');
});
