import { plusDays, plusYears } from '../calendar.js';
import type { BackflowFile, ConsentFile, ContractFile, GrantFile, UseRecordFile } from '../files.js';
import { makeGrant } from '../grant-making.js';
import { type Performing, type Problem, problem, rulesOf } from '../rules.js';

type Consent = Performing<ConsentFile>;

function consentGuard({ world, act }: Consent): Problem[] {
  const { kind, entry, until } = act.body;
  const problems = until < world.today ? [problem('/until', 'BAD_REQUEST')] : [];
  if (kind !== 'standing' || entry === undefined) return problems;
  const text = world.get('catalog', entry).published?.text;
  if (text?.attribute !== 'unconditional') problems.push(problem('/entry', 'NOT_SHARED', 'R14'));
  const standing = [...world.of('consents')].some((one) => one.entry === entry && one.state === 'in_force');
  return standing ? [...problems, problem('/entry', 'CONFLICT')] : problems;
}

/** Members that a consent of its kind names. */
function ofItsKind({ act: { body } }: Consent): Problem[] {
  const needed: Readonly<Record<string, readonly string[]>> = { standing: ['entry'], onward: ['grant', 'items'] };
  const absent = (needed[body.kind] ?? []).filter((field) => body[field] === undefined);
  const aimless = body.kind === 'onward' && body.toParty === undefined && body.purpose === undefined;
  return (aimless ? [...absent, 'toParty'] : absent).map((field) => problem(`/${field}`, 'INCOMPLETE'));
}

const signers = ['provider.body_head'];

export const consentRules = rulesOf<ConsentFile>([
  {
    number: 'consents',
    from: ['–'],
    act: 'create',
    to: 'in_force',
    who: signers,
    checks: ['kind', ofItsKind, 'until', consentGuard],
    fields: {
      kind: ['standing', 'onward'],
      entry: 'text',
      until: 'date',
      grant: 'text',
      toParty: 'text',
      items: 'texts',
      purpose: 'text',
    },
    effect: ({ file, act, officer }) => {
      const { kind, entry, grant, items, toParty, until } = act.body;
      Object.assign(file, { consent: kind, entry, grant, items, toParty, until, signer: officer.id });
    },
  },
  { number: 'consents', from: ['in_force'], act: 'revoke', to: 'revoked', who: signers, reason: true },
]);

const keepers = ['demand.applicant', 'demand.security_officer'];
export const RECORD_KINDS = ['scenario', 'process', 'effect', 'storage', 'destruction'];

/** The last day on which a use record is locked; undefined while its grant lives. */
export function lockedUntil(grant: GrantFile, { madeOn }: UseRecordFile): string | undefined {
  if (grant.endedOn === undefined) return undefined;
  return [plusYears(grant.endedOn, 3), plusYears(madeOn, 3)].sort().at(-1);
}

export const useRecordRules = rulesOf<UseRecordFile>([
  {
    number: 'use-records',
    from: ['–'],
    act: 'create',
    to: 'kept',
    who: keepers,
    article: 'R29',
    fields: { grant: 'text', kind: RECORD_KINDS, text: 'text' },
    needs: ['grant', 'kind', 'text'],
    effect: ({ world, file, act }) => {
      Object.assign(file, { grant: act.body.grant, record: act.body.kind, madeOn: world.today });
    },
  },
  {
    number: 'use-records',
    from: ['kept'],
    act: 'remove',
    to: 'removed',
    who: keepers,
    article: 'R29',
    guard: ({ world, file }) => {
      const last = lockedUntil(world.get('grants', file.grant), file);
      return last !== undefined && world.today >= plusDays(last, 1) ? [] : [problem('', 'RECORD_LOCKED', 'R29')];
    },
  },
]);

export const backflowRules = rulesOf<BackflowFile>([
  {
    number: 'backflows',
    from: ['–'],
    act: 'create',
    to: 'ordered',
    article: 'R24',
    who: ['provider.body_head', 'handler.competent_reviewer'],
    fields: { entry: 'text', system: 'text', items: 'list' },
    needs: ['entry', 'system', 'items'],
    guard: ({ world, act }) => {
      if (act.body.entry === undefined) return [];
      const text = world.find('catalog', act.body.entry)?.published?.text;
      return text?.items.includes('region') ? [] : [problem('/entry', 'WRONG_STATE')];
    },
    effect: ({ world, file, act, made }) => {
      const { entry, system, items } = act.body;
      Object.assign(file, { entry, grant: made.grant });
      makeGrant(world, {
        id: made.grant as string,
        grantKind: 'backflow',
        entry,
        system,
        demand: file.demand as string,
        text: world.get('catalog', entry).published!.text,
        version: world.get('catalog', entry).published!.version,
        period: { from: world.today },
        items: items.map(({ name }: { name: string }) => name),
      });
    },
  },
]);

const administrators = ['own.administrator'];

/** A contract is about systems of its own department. */
const foreignSystems = ({ world, officer, act }: Performing<ContractFile>): Problem[] =>
  (act.body.systems ?? []).flatMap((system: string, index: number) => {
    const own = world.systems.get(system) ?? world.sources.get(system);
    return own === officer.party ? [] : [problem(`/systems/${index}`, 'BAD_REQUEST')];
  });

export const contractRules = rulesOf<ContractFile>([
  {
    number: 'contracts',
    from: ['–'],
    act: 'create',
    to: 'in_force',
    who: administrators,
    article: 'R36',
    fields: { contractor: 'text', number: 'text', approval: 'text', from: 'date', to: 'date', systems: 'texts' },
    needs: ['contractor', 'number', 'approval', 'from', 'to', 'systems'],
    guard: foreignSystems,
    effect: ({ file, act }) => {
      Object.assign(file, { until: act.body.to, systems: act.body.systems });
    },
  },
  {
    number: 'contracts',
    from: ['in_force'],
    act: 'end',
    to: 'ended',
    who: administrators,
    article: 'R36',
    reason: true,
  },
]);
