import { splitEntryId } from '../../../proto/entry/entry.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { momentOf } from '../clock/shanghai-days.js';
import { ID } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { ENTRY } from '../published/example-documents.js';

const HOURS_MAX = 8;
const HOUR_MS = 3_600_000;

interface AccessBody {
  contract?: string;
  grant?: string;
  entry?: string;
  hours?: number;
}

const ownContract: Guard = {
  name: 'contract, in force',
  check: async ({ body, batch, caller, ...context }) => {
    const { contract } = body as AccessBody;
    if (contract === undefined) return problem('/contract', 'INCOMPLETE', 'is missing', 'R36');
    if (contract !== caller?.contract) {
      return problem('/contract', 'NOT_YOUR_ROLE', 'is not the contract of the contractor', 'R36');
    }
    const file = await batch.get({ kind: 'contracts', id: contract });
    const hasBegun = String(file?.document.from) <= todayOf({ body, batch, caller, ...context });
    if (file?.state === 'in_force' && hasBegun) return undefined;
    return problem('/contract', 'WRONG_STATE', 'is not in force');
  },
};

/** A thing of the department: a grant that it holds or that is on one of its entries, or one of its entries whole. */
const ofDepartment: Guard = {
  name: 'grant or entry of its department',
  check: ({ body, world, caller }): LawfulProblem | undefined => {
    const { grant, entry } = body as AccessBody;
    if (grant !== undefined && entry !== undefined) {
      return problem('/entry', 'BAD_REQUEST', 'cannot be given beside a grant');
    }
    if (entry !== undefined) {
      const isOwn = splitEntryId(entry).party === caller?.party && world.catalog.published(entry) !== undefined;
      return isOwn ? undefined : problem('/entry', 'WRONG_STATE', 'is no published entry of the department');
    }
    if (grant === undefined) return problem('/grant', 'INCOMPLETE', 'is missing, and so is entry', 'R36');
    const found = world.grants.get(grant);
    const parties = found && [found.party, splitEntryId(found.entry).party];
    return parties?.includes(caller?.party ?? '')
      ? undefined
      : problem('/grant', 'WRONG_STATE', 'is no grant of the department');
  },
};

function ask({ file, body, reason, caller, world }: ActContext): void {
  const { contract, grant, entry = world.grants.get(grant ?? '')?.entry, hours } = body as AccessBody;
  file.document = {
    id: file.id,
    party: caller?.party,
    contract,
    ...(grant !== undefined && { grant }),
    entry,
    reason,
    hours,
    officer: caller?.id,
    reads: [],
  };
  file.about = [
    `contracts/${contract}`,
    ...(grant === undefined ? [] : [`grants/${grant}`]),
    ...(entry === undefined ? [] : [`catalog/${entry}`]),
  ];
}

/** Accesses of a contractor to payload, for hours, with a reason and by two persons (regulation R36). */
export const ACCESSES: Machine = {
  kind: 'accesses',
  available: true,
  onDue: 'end',
  states: ['requested', 'open', 'ended'],
  // A contractor reads what is of its own contract, and nothing else of the department.
  isReadable: (file, caller) =>
    caller.roles.includes('contractor') ? file.document.contract === caller.contract : undefined,
  isReadOneByOneBy: ['contractor'],
  transitions: [
    {
      number: 'B1',
      from: [NONE],
      act: 'create',
      example: { contract: 'ct-4k20v8s1m7qe', entry: ENTRY, hours: 2 },
      to: 'requested',
      who: ['own.contractor'],
      body: { contract: ID, grant: ID, entry: ID, hours: { type: 'number', exclusiveMinimum: 0, maximum: HOURS_MAX } },
      sides: ({ caller }) => ({ own: caller?.party ?? '' }),
      guard: [ownContract, ofDepartment, 'reason', 'hours'],
      apply: ask,
      notices: ['own'],
      article: 'R36',
    },
    {
      number: 'B2',
      from: ['requested'],
      act: 'open',
      to: 'open',
      who: ['own.security_officer'],
      fourEyes: ({ file }) => [String(file.document.officer)],
      guard: [
        {
          name: 'contract, in force',
          check: async ({ file, batch }) => {
            const contract = await batch.get({ kind: 'contracts', id: String(file.document.contract) });
            return contract?.state === 'in_force' ? undefined : problem('', 'WRONG_STATE', 'its contract has ended');
          },
        },
      ],
      apply: ({ file, caller, nowMs }) => {
        const openUntil = momentOf(nowMs + Number(file.document.hours) * HOUR_MS);
        file.document = { ...file.document, openedBy: caller?.id, openUntil };
        file.memo = { endsAt: openUntil };
      },
      notices: ['own'],
      article: 'R36',
    },
    {
      number: 'B3',
      from: ['requested', 'open'],
      act: 'end',
      to: 'ended',
      who: ['own.contractor', 'own.security_officer', 'bus'],
      apply: ({ file }) => {
        file.memo = {};
      },
      notices: ['own'],
      article: 'R36',
      endsRights: true,
    },
  ],
};
