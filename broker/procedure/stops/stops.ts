import { CANARY_PARTY } from '../../../proto/canary.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import { STOP_SCOPES, type StopScope } from '../../../proto/entry/grant.js';
import { isEntryId } from '../../../proto/subject.js';
import type { OfficerCaller } from '../../parties/caller.js';
import { ID } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, type Transition, textOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Sides } from '../files/file.js';
import { ENTRY } from '../published/example-documents.js';

interface ScopeFacts {
  who: readonly string[];
  notices: readonly string[];
  example: { target?: string; reason: string };
  /** The party that the target belongs to; undefined where there is no such target for the caller. */
  partyOf(target: string, context: ActContext): string | undefined;
  /** The file that a stop of the target is about. */
  aboutOf(target: string): string;
}

const SCOPES: Readonly<Record<StopScope, ScopeFacts>> = {
  entry: {
    who: ['provider.security_officer', 'provider.body_head', 'peer.competent_reviewer'],
    notices: ['P', 'CD'],
    example: { target: ENTRY, reason: 'addresses appear on a public page' },
    partyOf: (target, { world }) =>
      isEntryId(target) && world.catalog.isPublished(target) ? splitEntryId(target).party : undefined,
    aboutOf: (target) => `catalog/${target}`,
  },
  system: {
    who: ['own.security_officer', 'peer.competent_reviewer'],
    notices: ['own', 'CD'],
    example: { target: 'maternal-health', reason: 'its token was found on a shared drive' },
    partyOf: (target, { world, caller }) => {
      const party = world.systems.get(target)?.party;
      // Few departments may read a system, and a refusal must not name it to the others.
      const isSeen = party !== undefined && caller !== undefined && isReadBy(party, caller, world);
      return isSeen ? party : undefined;
    },
    aboutOf: (target) => `systems/${target}`,
  },
  party: {
    who: ['peer.competent_reviewer'],
    notices: ['own', 'CD'],
    example: { target: 'fujian-health', reason: 'an intrusion goes on' },
    partyOf: (target, { world }) => world.parties.get(target)?.id,
    aboutOf: (target) => `parties/${target}`,
  },
  node: {
    who: ['owner.competent_reviewer', 'owner.platform_operator'],
    notices: ['own', 'CD'],
    example: { reason: 'an intrusion into the platform goes on' },
    partyOf: (target, { world }) => (target === world.settings.owner ? target : undefined),
    aboutOf: (target) => `parties/${target}`,
  },
};

const isReadBy = (party: string, caller: OfficerCaller, { relations, settings }: ActContext['world']): boolean =>
  relations.reads(caller.party, party) || caller.party === settings.owner;

/** A body without scope is judged as the one that its caller may stop, so that the guard can name what is missing. */
const scopeOf = ({ body, caller }: ActContext): string =>
  textOf(body, 'scope') ?? (caller?.roles.includes('platform_operator') ? 'node' : 'entry');

/** There is one node, which needs no name: that of its owner may be given. */
const targetOf = (context: ActContext): string | undefined =>
  textOf(context.body, 'target') ?? (scopeOf(context) === 'node' ? context.world.settings.owner : undefined);

function partyOfTarget(context: ActContext): string | undefined {
  const target = targetOf(context);
  const party = target === undefined ? undefined : SCOPES[scopeOf(context) as StopScope].partyOf(target, context);
  // Nobody is the peer of the canary, which is stopped with the node alone.
  return party === CANARY_PARTY ? undefined : party;
}

/** The caller is the side to which the guard reports that there is no such target. */
function sidesOf(context: ActContext): Sides {
  const { caller, world } = context;
  const by = caller?.party ?? '';
  const party = partyOfTarget(context) ?? by;
  const side = scopeOf(context) === 'entry' ? { provider: party } : { own: party };
  return { ...side, suspender: by, others: [world.settings.owner] };
}

/** The scope has chosen the row; without one it is to be named. */
const namesScope = (scope: StopScope): Guard => ({
  name: `scope ${scope}`,
  check: ({ body, transition }) =>
    body.scope === undefined ? problem('/scope', 'INCOMPLETE', 'is missing', transition.article) : undefined,
});

/** Shown in the table, where the rows differ by it; `isOpen` judges it. */
const ofScope = (scope: StopScope): Guard => ({ name: `a stop of scope ${scope}`, check: () => undefined });

const TARGET: Guard = {
  name: 'target, which is there (of the node: its owner, or none)',
  check: (context) => {
    const target = targetOf(context);
    if (target === undefined) return problem('/target', 'INCOMPLETE', 'is missing', context.transition.article);
    // Without a scope nothing says among what the target is to be looked for.
    if (context.body.scope === undefined || partyOfTarget(context) !== undefined) return undefined;
    return problem('/target', 'NOT_FOUND', `there is no such ${scopeOf(context)}`);
  },
};

const INCIDENT: Guard = {
  name: 'incident, which is there, if one is named',
  check: async ({ body, batch }) => {
    const id = textOf(body, 'incident');
    if (id === undefined || (await batch.get({ kind: 'incidents', id }))) return undefined;
    return problem('/incident', 'NOT_FOUND', 'there is no such incident');
  },
};

function stop(context: ActContext): void {
  const { file, body, reason } = context;
  const scope = scopeOf(context) as StopScope;
  const target = targetOf(context) as string;
  const incident = textOf(body, 'incident');
  file.document = { id: file.id, scope, target, reason, ...(incident !== undefined && { incident }) };
  file.about = [SCOPES[scope].aboutOf(target), ...(incident === undefined ? [] : [`incidents/${incident}`])];
}

/** Roles that may stop, of the party that has stopped. */
const liftersOf = (who: readonly string[]): string[] => [
  ...new Set(who.map((one) => `suspender.${one.slice(one.indexOf('.') + 1)}`)),
];

function rowsOf(scope: StopScope): [Transition, Transition] {
  const { who, notices, example } = SCOPES[scope];
  const shared = { notices, article: 'R35' };
  return [
    {
      number: 'S1',
      from: [NONE],
      act: 'create',
      example: { scope, ...example },
      to: 'standing',
      who,
      when: (context) => scopeOf(context) === scope,
      body: { scope: { enum: [...STOP_SCOPES] }, target: ID, incident: ID },
      sides: sidesOf,
      guard: [namesScope(scope), TARGET, 'reason', INCIDENT],
      apply: stop,
      endsRights: true,
      ...shared,
    },
    {
      number: 'S2',
      from: ['standing'],
      act: 'lift',
      to: 'lifted',
      who: liftersOf(who),
      isOpen: ({ document }) => document.scope === scope,
      guard: [ofScope(scope), 'reason'],
      ...shared,
    },
  ];
}

const ROWS = STOP_SCOPES.map(rowsOf);

/** Stops of an entry, a system, a party or the node. */
export const STOPS: Machine = {
  kind: 'stops',
  available: true,
  states: ['standing', 'lifted'],
  // The platform operator sees the stops in which it takes part.
  isReadable: ({ document }, caller) =>
    caller.roles.includes('platform_operator') && document.scope !== 'node' ? false : undefined,
  links: ({ document: { scope, target } }): Record<string, string> =>
    scope === 'entry' ? { entry: `/v1/catalog/${target}` } : {},
  transitions: [...ROWS.map(([create]) => create), ...ROWS.map(([, lift]) => lift)],
};
