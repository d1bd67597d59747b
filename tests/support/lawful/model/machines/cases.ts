import { clockOf, endClocks, startUntil } from '../clocks.js';
import { skipMissed } from '../deliveries.js';
import type { CaseFile, GrantFile } from '../files.js';
import { endGrant, moveGrant, openCase } from '../grant-making.js';
import { type Performing, type Problem, problem, rulesOf } from '../rules.js';

type Case = Performing<CaseFile>;

export const GROUNDS = ['beyond_range', 'beyond_purpose', 'third_party', 'incident'];
export const FINDINGS = ['refused', 'inadequate'];
export const suspecting = ['provider.body_head', 'provider.security_officer', 'peer.competent_reviewer'];
export const suspender = ['suspender.body_head', 'suspender.security_officer', 'suspender.competent_reviewer'];

const grantOf = ({ world, file }: Case): GrantFile => world.get('grants', file.grant);

function createGuard({ world, act }: Case): Problem[] {
  const { grant } = act.body;
  if (grant === undefined) return [];
  const stands = world.get('grants', grant).state === 'in_force' ? [] : [problem('/grant', 'WRONG_STATE')];
  return openCase(world, grant) ? [...stands, problem('/grant', 'CONFLICT')] : stands;
}

function proofGuard({ file, act }: Case): Problem[] {
  // "A needed field that is absent" is INCOMPLETE; only "another" record is WRONG_STATE.
  if (act.body.proof === undefined) return [];
  return act.plan?.newestProof && file.proven ? [] : [problem('/proof', 'WRONG_STATE')];
}

export function terminateGuard({ file, act }: Case): Problem[] {
  if (clockOf(file, 'D9')?.state === 'late') return [];
  const { finding, reason } = act.body;
  const problems = finding === undefined ? [problem('/finding', 'INCOMPLETE', 'R27')] : [];
  return reason === undefined ? [...problems, problem('/reason', 'NO_REASON', 'R27')] : problems;
}

export const caseRules = rulesOf<CaseFile>([
  {
    number: 'S1',
    from: ['–'],
    act: 'create',
    to: 'suspected',
    who: [...suspecting, 'bus'],
    article: 'R27',
    fields: { grant: 'text', ground: GROUNDS, evidence: 'text' },
    checks: ['grant', createGuard, 'ground', 'evidence'],
    effect: ({ file, act }) => {
      file.grant = act.body.grant;
    },
  },
  {
    number: 'S2',
    from: ['suspected'],
    act: 'dismiss',
    to: 'dismissed',
    who: suspecting,
    article: 'R27',
    reason: true,
  },
  {
    number: 'S3',
    from: ['suspected'],
    act: 'suspend',
    to: 'suspended',
    who: suspecting,
    article: 'R27',
    reason: true,
    effect: (performing) => {
      performing.file.suspender = performing.officer.party;
      moveGrant(performing.world, grantOf(performing), 'suspend', 'suspended');
    },
  },
  {
    number: 'S4',
    from: ['suspended'],
    act: 'order',
    to: 'rectifying',
    who: suspender,
    article: 'R27',
    fields: { demands: 'text', due: 'date' },
    needs: ['demands', 'due'],
    guard: ({ world, act }) => (act.body.due <= world.today ? [problem('/due', 'BAD_REQUEST')] : []),
    effect: ({ world, file, act }) => startUntil(world, file, 'D9', file.demand as string, act.body.due),
  },
  {
    number: 'S5',
    from: ['rectifying'],
    act: 'prove',
    to: 'self',
    article: 'R27',
    who: ['demand.body_head', 'demand.security_officer'],
    fields: { statement: 'text' },
    needs: ['statement'],
    guard: ({ act }) => (act.body.attachments?.length ? [] : [problem('/attachments', 'INCOMPLETE', 'R27')]),
    effect: ({ file }) => {
      file.proven = true;
    },
  },
  {
    number: 'S6',
    from: ['rectifying'],
    act: 'restore',
    to: 'restored',
    who: suspender,
    article: 'R27',
    fields: { proof: 'count', missed: ['deliver', 'skip'] },
    checks: ['proof', proofGuard, 'missed'],
    effect: (performing) => {
      endClocks(performing.file, 'D9');
      moveGrant(performing.world, grantOf(performing), 'restore', 'in_force');
      if (performing.act.body.missed !== 'deliver') skipMissed(grantOf(performing));
    },
  },
  {
    number: 'S7',
    from: ['rectifying'],
    act: 'terminate',
    to: 'terminated',
    who: suspender,
    article: 'R27',
    fields: { finding: FINDINGS },
    guard: terminateGuard,
    effect: (performing) => {
      endClocks(performing.file, 'D9');
      endGrant(performing.world, grantOf(performing), 'terminate', 'terminated');
    },
  },
  {
    number: 'S8',
    from: ['suspected', 'suspended', 'rectifying'],
    act: 'grant-ended',
    to: 'terminated',
    who: ['bus'],
    article: 'R27',
  },
  {
    number: 'S9',
    from: ['suspended', 'rectifying'],
    act: 'restore',
    to: 'restored',
    who: ['bus'],
    article: 'R28',
  },
]);
