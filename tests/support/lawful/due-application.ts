import type { Act } from '../../../broker/ledger/record.js';
import { D, P } from './people.js';
import { sampleClock } from './sample-clock.js';

/** When the application was filed, and from when on its clock is late. */
export const FILED_AT = '2026-02-06T10:00:00+08:00';
export const LATE_FROM = '2026-02-28T00:00:00+08:00';

const CLOCK = sampleClock({ due: '2026-02-27', lateFrom: LATE_FROM, start: FILED_AT, party: P });

/** Files an application whose D4 runs until 2026-02-27: for a ledger that is to hold thousands of such clocks. */
export const dueApplication = (number: number): Act => ({
  kind: 'application',
  id: `ap-${number}`,
  act: 'file',
  actor: 'officer:wu',
  document: { entry: `${P}.birth` },
  step: {
    state: {
      state: 'filed',
      sides: { provider: P, demand: D },
      clocks: [CLOCK],
      memo: { filedAt: FILED_AT },
      about: [],
    },
  },
});
