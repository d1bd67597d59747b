import type { StopFile, StopScope } from '../files.js';
import { type Performing, type Problem, problem, type Rule, rulesOf } from '../rules.js';
import { SCOPES, stoppedParty, stopTargetOf } from '../stops.js';

type Stop = Performing<StopFile>;

const WHO: Readonly<Record<StopScope, readonly string[]>> = {
  entry: ['provider.security_officer', 'provider.body_head', 'peer.competent_reviewer'],
  system: ['own.security_officer', 'peer.competent_reviewer'],
  party: ['peer.competent_reviewer'],
  node: ['owner.competent_reviewer', 'owner.platform_operator'],
};

/** The roles that may stop, of the party that has stopped. */
const lifters = (who: readonly string[]): string[] => [...new Set(who.map((one) => one.replace(/^\w+/, 'suspender')))];

const isThere = ({ world, act, officer }: Stop): Problem[] => {
  const { scope, target } = stopTargetOf(world, officer, act.body);
  if (target === undefined) return [problem('/target', 'INCOMPLETE', 'R35')];
  // A target that is missing cannot be looked for.
  if (act.body.scope === undefined) return [];
  return stoppedParty(world, officer, { scope, target }) === undefined ? [problem('/target', 'NOT_FOUND')] : [];
};

/** Incidents are not run, so that there is none. */
const noIncident = ({ act }: Stop): Problem[] =>
  act.body.incident === undefined ? [] : [problem('/incident', 'NOT_FOUND')];

const ofScope = (scope: StopScope): Rule<StopFile>[] => [
  {
    number: `stops of ${scope}`,
    from: ['–'],
    act: 'create',
    to: 'standing',
    who: WHO[scope],
    article: 'R35',
    fields: { scope: SCOPES, target: 'text', incident: 'text' },
    stands: (_world, file) => file.scope === scope,
    checks: ['scope', isThere, 'reason', noIncident],
  },
  {
    number: `stops of ${scope}`,
    from: ['standing'],
    act: 'lift',
    to: 'lifted',
    who: lifters(WHO[scope]),
    article: 'R35',
    stands: (_world, file) => file.scope === scope,
    reason: true,
  },
];

export const stopRules = rulesOf<StopFile>(SCOPES.flatMap(ofScope));
