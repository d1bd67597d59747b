import { type ActContext, type Machine, NONE, nowOf, type Transition } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { ProcedureFile } from '../files/file.js';
import { DISPOSAL, endCase } from './disposal.js';
import { grantOf, makeGrant, setGrant, skippedTimesOf } from './grant-file.js';

/** Something of the grant was delivered: it is in force, and shown so. */
function deliver({ file }: ActContext): void {
  const { undelivered: _, ...stored } = grantOf(file);
  setGrant(file, stored, 'in_force');
}

/** Events that were accepted while the grant was suspended are never delivered. */
function skipMissed(context: ActContext): { resumedFrom: string } {
  const { file } = context;
  const now = nowOf(context);
  const { suspendedAt } = file.memo;
  if (typeof suspendedAt === 'string') {
    file.memo = { ...file.memo, skipped: [...skippedTimesOf(file), { from: suspendedAt, to: now }] };
  }
  return { resumedFrom: now };
}

/** The right ends; its data is to be disposed of, and what was open about it ends too. */
async function end(context: ActContext, state: 'expired' | 'terminated'): Promise<void> {
  const { file, follow } = context;
  const stored = grantOf(file);
  setGrant(file, state === 'terminated' ? { ...stored, status: 'terminated' } : stored, state);
  file.memo = { ...file.memo, endsAt: undefined };
  await follow({ ref: file, act: 'begin-disposal' });
  await endCase(context);
}

const LIVE: readonly Transition[] = [
  {
    number: 'G1',
    from: [NONE],
    act: 'create',
    to: 'provisioning',
    who: ['bus'],
    clocks: ['+D6'],
    apply: makeGrant,
    notices: ['D'],
    article: 'R22',
  },
  {
    number: 'G2',
    from: ['provisioning'],
    act: 'first-delivery',
    to: 'in_force',
    who: ['bus'],
    clocks: ['-D6'],
    apply: deliver,
    notices: ['P', 'D'],
    article: 'R22',
  },
  {
    number: 'G3',
    from: ['provisioning'],
    act: 'verify-endpoint',
    to: 'in_force',
    who: ['provider.body_head', 'provider.reviewer'],
    guard: [
      {
        name: 'the receiving system has a stream of the grant open',
        check: async ({ world, file }) =>
          (await world.delivery.hasOpenStream(file.id))
            ? undefined
            : problem('', 'NOT_DELIVERED', 'the receiving system has no stream of the grant open'),
      },
    ],
    clocks: ['-D6'],
    apply: deliver,
    notices: ['D'],
    article: 'R22',
  },
  {
    number: 'G4',
    from: ['in_force'],
    act: 'suspend',
    to: 'suspended',
    who: ['bus'],
    apply: (context) => {
      const { file, body } = context;
      file.memo = { ...file.memo, case: body.case, suspendedAt: nowOf(context) };
      setGrant(file, { ...grantOf(file), status: 'suspended' }, 'suspended');
    },
    notices: ['D', 'P', 'CD'],
    article: 'R27',
    endsRights: true,
  },
  {
    number: 'G5',
    from: ['suspended'],
    act: 'restore',
    to: 'in_force',
    who: ['bus'],
    apply: (context) => {
      const { file, body } = context;
      const resumed = body.missed === 'deliver' ? {} : skipMissed(context);
      setGrant(file, { ...grantOf(file), ...resumed, status: 'in_force' }, 'in_force');
    },
    notices: ['D', 'P', 'CD'],
    article: 'R27',
  },
  {
    number: 'G6',
    from: ['suspended'],
    act: 'terminate',
    to: 'terminated',
    who: ['bus'],
    apply: (context) => end(context, 'terminated'),
    notices: ['D', 'P', 'CD'],
    article: 'R27',
    endsRights: true,
  },
  {
    number: 'G7',
    from: ['in_force', 'provisioning', 'suspended'],
    act: 'expire',
    to: 'expired',
    who: ['bus'],
    clocks: ['-D6'],
    apply: (context) => end(context, 'expired'),
    notices: ['D', 'P'],
    article: 'R25',
  },
  {
    number: 'G13',
    from: ['provisioning', 'in_force', 'suspended'],
    act: 'terminate',
    to: 'terminated',
    who: ['bus'],
    clocks: ['-D6'],
    apply: (context) => end(context, 'terminated'),
    notices: ['D', 'P', 'CD'],
    article: 'R27',
    endsRights: true,
  },
];

const links = (file: ProcedureFile): Record<string, string> => {
  const { entry, application } = grantOf(file);
  const source = file.about.find((one) => one.endsWith(`/${application}`));
  return {
    entry: `/v1/catalog/${entry}`,
    ...(source !== undefined && { application: `/v1/${source}` }),
    ...(typeof file.memo.case === 'string' && { case: `/v1/cases/${file.memo.case}` }),
  };
};

/** Grants of a registered bus. */
export const GRANTS: Machine = {
  kind: 'grants',
  available: true,
  onDue: 'expire',
  states: ['provisioning', 'in_force', 'suspended', 'expired', 'terminated', 'disposing', 'closed'],
  links,
  answer: ({ document, memo }) => ({ kind: document.kind, ...(memo.proof !== undefined && { proof: memo.proof }) }),
  transitions: [...LIVE, ...DISPOSAL],
};
