import t from 'tap';
import type { Caller } from '../parties/caller.js';
import { EntryFigures } from './entry-figures.js';

const late = ['civil.birth', 'health.visit'].map((entry) => ({ entry, frequency: 'daily', dueAtMs: 0 }));

t.test('late entries are shown to their provider and to who oversees grants, and to nobody else', async (t) => {
  const auditor: Caller = { kind: 'officer', id: 'audit', party: 'audit', roles: [] };
  const figures = new EntryFigures({
    counts: { collect: async () => new Map() },
    late: { late },
    permissions: { overseesGrants: (caller) => caller === auditor },
  });
  const seen = async (caller: Caller, party?: string, granted: string[] = []): Promise<string[]> => {
    const grants = granted.map((entry) => ({ entry }));
    return (await figures.ofParty(caller, party, grants)).late.map(({ entry, provider }) => `${entry} of ${provider}`);
  };
  const source: Caller = { kind: 'system', id: 'civil-source', party: 'civil', may: ['publish'] };
  t.same(await seen(auditor), ['civil.birth of civil', 'health.visit of health']);
  t.same(await seen(auditor, 'civil'), ['civil.birth of civil']);
  t.same(await seen(auditor, 'tax', ['health.visit']), ['health.visit of health'], 'what a party is granted');
  t.same(await seen(source), ['civil.birth of civil']);
  t.same(await seen(source, 'health'), []);
  const reader: Caller = { kind: 'system', id: 'tax-read', party: 'tax', may: ['subscribe'] };
  t.same(await seen(reader), [], 'a subscriber learns nothing of rows that it is not granted');
  t.same(await seen(reader, 'tax', ['health.visit']), []);
});
