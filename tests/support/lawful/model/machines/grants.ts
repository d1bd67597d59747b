import { endClocks, reopenClock } from '../clocks.js';
import type { GrantFile } from '../files.js';
import { beginDisposal } from '../grant-making.js';
import { type Performing, type Problem, problem, rulesOf } from '../rules.js';

type Grant = Performing<GrantFile>;

const DISPOSAL_REASONS = ['reached', 'impossible', 'not_needed'];
/** Method of disposal → the use record that must be there. */
const RECORDS: Readonly<Record<string, string>> = { destroyed: 'destruction', retained_by_law: 'storage' };

function proofGuard({ world, file, act }: Grant): Problem[] {
  const { method, attachments = [] } = act.body;
  const problems = attachments.length ? [] : [problem('/attachments', 'INCOMPLETE', 'R27')];
  // "for `destroyed` a use record of kind `destruction` …": which record a proof needs, its method says.
  if (method === undefined) return problems;
  const kept = [...world.of('use-records')].some(
    ({ grant, record, state }) => grant === file.id && record === RECORDS[method] && state === 'kept',
  );
  return kept ? problems : [...problems, problem('', 'INCOMPLETE', 'R27')];
}

const openProof = ({ file }: Grant): Problem[] => (file.proof?.open ? [] : [problem('', 'WRONG_STATE')]);
const ofProvider = ['provider.body_head', 'provider.security_officer'];

export const grantRules = rulesOf<GrantFile>([
  { number: 'G1', from: ['–'], act: 'create', to: 'provisioning', who: ['bus'], article: 'R22' },
  { number: 'G2', from: ['provisioning'], act: 'first-delivery', to: 'in_force', who: ['bus'], article: 'R22' },
  {
    number: 'G3',
    from: ['provisioning'],
    act: 'verify-endpoint',
    to: 'in_force',
    article: 'R22',
    who: ['provider.body_head', 'provider.reviewer'],
    guard: ({ act }) => (act.plan?.open ? [] : [problem('', 'NOT_DELIVERED', 'R22')]),
    effect: ({ file }) => {
      file.status = 'in_force';
      endClocks(file, 'D6');
    },
  },
  { number: 'G4', from: ['in_force'], act: 'suspend', to: 'suspended', who: ['bus'], article: 'R27' },
  { number: 'G5', from: ['suspended'], act: 'restore', to: 'in_force', who: ['bus'], article: 'R27' },
  { number: 'G6', from: ['suspended'], act: 'terminate', to: 'terminated', who: ['bus'], article: 'R27' },
  {
    number: 'G7',
    from: ['in_force', 'provisioning', 'suspended'],
    act: 'expire',
    to: 'expired',
    who: ['bus'],
    article: 'R25',
  },
  {
    number: 'G8',
    from: ['in_force'],
    act: 'dispose',
    to: 'disposing',
    article: 'R27',
    who: ['demand.body_head', 'provider.body_head'],
    guard: ({ act }) => (DISPOSAL_REASONS.includes(act.body.reason) ? [] : [problem('/reason', 'NO_REASON', 'R27')]),
    effect: ({ world, file }) => {
      file.status = 'terminated';
      beginDisposal(world, file);
    },
  },
  {
    number: 'G9',
    from: ['expired', 'terminated'],
    act: 'begin-disposal',
    to: 'disposing',
    who: ['bus'],
    article: 'R27',
  },
  {
    number: 'G10',
    from: ['disposing'],
    act: 'prove-disposal',
    to: 'self',
    who: ['demand.security_officer'],
    article: 'R27',
    fields: { method: Object.keys(RECORDS), statement: 'text' },
    needs: ['method', 'statement'],
    guard: proofGuard,
    effect: ({ file }) => {
      file.proof = { open: true };
      endClocks(file, 'T27');
    },
  },
  {
    number: 'G11',
    from: ['disposing'],
    act: 'reject-disposal',
    to: 'self',
    who: ofProvider,
    article: 'R27',
    checks: [openProof, 'reason'],
    effect: ({ world, file }) => {
      file.proof = { open: false };
      reopenClock(world, file, 'T27');
    },
  },
  {
    number: 'G12',
    from: ['disposing'],
    act: 'accept-disposal',
    to: 'closed',
    who: ofProvider,
    article: 'R27',
    digest: 'needed',
    guard: openProof,
  },
  {
    number: 'G13',
    from: ['provisioning', 'in_force', 'suspended'],
    act: 'terminate',
    to: 'terminated',
    who: ['bus'],
    article: 'R27',
  },
]);
