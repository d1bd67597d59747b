import { dayOfDate, hourOfDay, momentOf } from '../clock/shanghai-days.js';
import { DATE, ID, listOf, TEXT } from '../engine/body-check.js';
import { type ActContext, type Machine, NONE } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

/** Accesses of one contract that are ended with it; what is read is judged by the contract as well. */
const ACCESSES_MAX = 1_000;

async function endWithAccesses({ file, batch, follow }: ActContext): Promise<void> {
  file.memo = { ...file.memo, endsAt: undefined };
  const states = ['requested', 'open'];
  const query = { kind: 'accesses', about: `contracts/${file.id}`, states, limit: ACCESSES_MAX } as const;
  for (const { id } of await batch.list(query)) await follow({ ref: { kind: 'accesses', id }, act: 'end' });
}

/** Contracts with those who build and run systems for a department (regulation R36). */
export const CONTRACTS: Machine = {
  kind: 'contracts',
  available: true,
  onDue: 'end',
  states: ['in_force', 'ended'],
  transitions: [
    {
      number: 'Q1',
      from: [NONE],
      act: 'create',
      example: {
        contractor: 'Minjiang Software',
        number: 'HT-2026-11',
        approval: 'approved by the work body, no. 4',
        from: '2026-01-01',
        to: '2026-12-31',
        systems: ['maternal-health'],
      },
      to: 'in_force',
      who: ['own.administrator'],
      body: { contractor: TEXT, number: TEXT, approval: TEXT, from: DATE, to: DATE, systems: listOf(ID) },
      sides: ({ caller }) => ({ own: caller?.party ?? '' }),
      guard: [
        'contractor',
        'number',
        'approval',
        'from',
        'to',
        'systems',
        {
          name: 'systems of the department',
          check: ({ body, caller, world }) =>
            ((body.systems ?? []) as string[]).flatMap((id, index) =>
              world.systems.get(id)?.party === caller?.party
                ? []
                : [problem(`/systems/${index}`, 'BAD_REQUEST', 'is no system of the department')],
            ),
        },
        {
          name: 'an end that is not over, behind the beginning',
          check: ({ body, nowMs }) => {
            const { from, to } = body as { from?: string; to?: string };
            if (from === undefined || to === undefined) return undefined;
            if (to < from) return problem('/to', 'BAD_REQUEST', 'is before the beginning');
            return hourOfDay(dayOfDate(to), 24) <= nowMs ? problem('/to', 'BAD_REQUEST', 'is over') : undefined;
          },
        },
      ],
      apply: ({ file, body, caller }) => {
        file.document = { id: file.id, party: caller?.party, ...body };
        file.memo = { endsAt: momentOf(hourOfDay(dayOfDate(String(body.to)), 24)) };
      },
      notices: ['own', 'CD'],
      article: 'R36',
    },
    {
      number: 'Q2',
      from: ['in_force'],
      act: 'end',
      to: 'ended',
      who: ['own.administrator', 'bus'],
      guard: ['reason'],
      apply: endWithAccesses,
      notices: ['own', 'CD'],
      article: 'R36',
      endsRights: true,
    },
  ],
};
