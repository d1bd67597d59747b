import t from 'tap';
import { ENTRY_LIFE_CYCLE } from '../catalog/entry-life-cycle.js';
import { Permissions } from '../parties/permissions.js';
import type { StateMachine } from '../transitions/state-machine.js';
import { NONE, SAME, type WithReason } from '../transitions/transition.js';
import { GRANT_LIFE_CYCLE } from './grant-life-cycle.js';

const TRIAL = new Permissions('trial');
const REGISTERED = new Permissions('registered');

/** The life cycles written down a second time, by state: act → next state. A slip in a table fails here. */
const MODEL: Record<string, Record<string, Record<string, string>>> = {
  entry: {
    [NONE]: { drafted: 'draft' },
    draft: { drafted: 'draft', published: 'published' },
    published: { drafted: 'updating', withdrawn: 'withdrawn' },
    updating: {
      drafted: 'updating',
      'draft-discarded': 'published',
      published: 'published',
      withdrawn: 'withdrawn',
    },
    withdrawn: { drafted: 'draft' },
  },
  grant: {
    [NONE]: { created: 'in_force' },
    in_force: { amended: 'in_force', suspended: 'suspended', terminated: 'terminated' },
    suspended: { amended: 'suspended', restored: 'in_force', terminated: 'terminated' },
    terminated: {},
  },
};
const TRIAL_ONLY: Record<string, string[]> = { entry: ['published', 'withdrawn'], grant: ['created', 'amended'] };

const MACHINES = [ENTRY_LIFE_CYCLE, GRANT_LIFE_CYCLE] as unknown as StateMachine<string, string, WithReason>[];

for (const machine of MACHINES) {
  const model = MODEL[machine.noun] as Record<string, Record<string, string>>;
  const acts = [...new Set(machine.transitions.map(({ act }) => act))];
  const next = (act: string, from: string, permissions: Permissions) =>
    machine.next(act, from === NONE ? undefined : from, { id: 'x', permissions, subject: { reason: 'why' } });

  t.test(`${machine.noun}: every listed transition is possible, and no other`, async (t) => {
    for (const [from, listed] of Object.entries(model)) {
      for (const act of acts) {
        const to = listed[act];
        if (to !== undefined) t.equal(next(act, from, TRIAL), to, `${act} from ${from}`);
        else t.throws(() => next(act, from, TRIAL), { code: 'CONFLICT' }, `${act} from ${from}`);
      }
    }
  });

  t.test(`${machine.noun}: the table knows no state beside those of the model`, async (t) => {
    const states = machine.transitions.flatMap(({ from, to }) => (to === SAME ? from : [...from, to]));
    t.same([...new Set(states)].sort(), Object.keys(model).sort());
  });

  t.test(`${machine.noun}: on a registered bus the direct acts are refused from every state`, async (t) => {
    for (const act of TRIAL_ONLY[machine.noun] ?? []) {
      for (const from of Object.keys(model)) {
        t.throws(() => next(act, from, REGISTERED), { code: 'TRIAL_ONLY' }, `${act} from ${from}`);
      }
    }
  });

  t.test(`${machine.noun}: rows have numbers of their own`, async (t) => {
    t.equal(new Set(machine.transitions.map(({ number }) => number)).size, machine.transitions.length);
  });
}
