import type { Kind, ModelFile } from './files.js';
import type { ModelNotice, World } from './world.js';

/** Number of a transition → parties that get a notice of it: the column `n:` of the procedure. Of those that are not here nobody gets one. */
const RECEIVERS: Readonly<Record<string, readonly string[]>> = {
  E4: ['CD'],
  E5: ['P'],
  E7: ['all'],
  E8: ['P', 'CD'],
  E9: ['CD'],
  E10: ['P'],
  E12: ['all'],
  E14: ['CD'],
  A4: ['P', 'CD'],
  A5: ['D'],
  A6: ['P'],
  A7: ['CD'],
  A8: ['D', 'P'],
  A10: ['D', 'CD'],
  A11: ['D', 'CD'],
  A12: ['P if filed'],
  A13: ['D', 'P'],
  A14: ['D', 'P'],
  G1: ['D'],
  G2: ['P', 'D'],
  G3: ['D'],
  G4: ['D', 'P', 'CD'],
  G5: ['D', 'P', 'CD'],
  G6: ['D', 'P', 'CD'],
  G7: ['D', 'P'],
  G8: ['D', 'P'],
  G9: ['D', 'P'],
  G10: ['P'],
  G11: ['D'],
  G12: ['D'],
  G13: ['D', 'P', 'CD'],
  S1: ['P', 'CD'],
  S2: ['P', 'CD'],
  S3: ['D', 'P', 'CD'],
  S4: ['D'],
  S5: ['suspender'],
  S6: ['D', 'P', 'CD'],
  S7: ['D', 'P', 'CD'],
  S8: ['D', 'P', 'CD'],
  S9: ['D', 'P', 'CD'],
  W1: ['CD'],
  W2: ['asked'],
  W3: ['CD'],
  W4: ['D'],
  W5: ['D'],
  backflows: ['D', 'P', 'CD'],
  contracts: ['own', 'CD'],
  'stops of entry': ['P', 'CD'],
  'stops of system': ['own', 'CD'],
  'stops of party': ['own', 'CD'],
  'stops of node': ['own', 'CD'],
};

const ABOUT_REFUSALS = 'refused_attempt';

/** Gives each department that a transition is for one notice of it. */
export function notify(world: World, file: ModelFile, number: string, act: string): void {
  const parties = (RECEIVERS[number] ?? []).flatMap((receiver) => receiversOf(world, file, receiver));
  give(world, parties, { kind: act, about: aboutOf(file) });
}

/** A clock is late, or was recounted by a new calendar. */
export function notifyOfClock(
  world: World,
  file: ModelFile,
  { id }: { id: string },
  kind: 'overdue' | 'recomputed',
): void {
  const peer = world.peer(file.provider ?? file.own);
  const sides = file.kind === 'catalog' ? [file.own] : [file.provider, file.demand];
  const ofReview = id === 'D2' ? [peer] : [];
  const above = kind === 'overdue' ? [peer, id === 'D2' ? world.superior(peer) : undefined] : [];
  const parties = [...sides, ...ofReview, ...above];
  give(world, parties, { kind, about: aboutOf(file), clock: id });
}

/** The caller's department and the owner hear of an attempt that is refused on record. */
export const notifyOfRefusal = (world: World, party: string, isSentTwice: boolean): void =>
  give(world, [party, world.owner], { kind: ABOUT_REFUSALS, ...(isSentTwice && { isSentTwice }) });

function give(world: World, parties: readonly (string | undefined)[], notice: Omit<ModelNotice, 'to'>): void {
  for (const to of new Set(parties)) if (to !== undefined) world.notices.push({ to, ...notice });
}

const aboutOf = ({ kind, id }: { kind: Kind; id: string }): string => `${kind}/${id}`;

function competentFor(world: World, { kind, own, provider = own, demand = own }: ModelFile): string {
  if (kind === 'backflows') return world.handler(provider, demand);
  return world.peer(kind === 'demands' ? own : provider);
}

function receiversOf(world: World, file: ModelFile, receiver: string): (string | undefined)[] {
  switch (receiver) {
    case 'D':
      return [file.kind === 'demands' ? file.own : file.demand];
    case 'P':
      return [file.provider ?? file.own];
    case 'P if filed':
      return file.kind === 'applications' && file.filed ? [file.provider] : [];
    case 'CD':
      return [competentFor(world, file)];
    case 'own':
      return [file.own];
    case 'asked':
      return [file.kind === 'demands' ? file.asked.at(-1) : undefined];
    case 'suspender':
      return [file.kind === 'cases' ? file.suspender : undefined];
    default:
      return [...world.parties.keys()];
  }
}
