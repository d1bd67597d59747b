import t from 'tap';
import { eventually } from '../../../tests/support/condition.js';
import type { StoredOfficer } from '../../parties/officer.js';
import { prepareWorklists } from './prepare-worklists.js';

const OFFICERS: StoredOfficer[] = [
  { id: 'wu', party: 'bureau', roles: ['competent_reviewer'] },
  { id: 'lin', party: 'bureau', roles: ['competent_reviewer'] },
  { id: 'pan', party: 'bureau', roles: ['auditor', 'competent_reviewer'] },
  { id: 'gao', party: 'bureau', roles: ['administrator'] },
  { id: 'chen', party: 'city', roles: ['competent_reviewer'] },
];

t.test(
  'after a start one list is made for reviewers of the owner with the same roles, also where one cannot be read',
  async (t) => {
    const asked: string[] = [];
    const worklist = {
      of: async ({ id }: { id: string }) => {
        asked.push(id);
        return { items: [], more: false };
      },
    };
    const deps = { officers: { list: () => OFFICERS }, owner: 'bureau', afterMs: 0 };
    const stop = prepareWorklists({ ...deps, worklist });
    await eventually(() => asked.length === 2, 'two lists', 5_000);
    stop();
    t.strictSame(asked, ['lin', 'pan']);

    let failed = 0;
    const unreadable = { of: () => Promise.reject(new Error(`the store is away, call ${++failed}`)) };
    prepareWorklists({ ...deps, worklist: unreadable });
    await eventually(() => failed === 1, 'a list that fails', 5_000);
  },
);
