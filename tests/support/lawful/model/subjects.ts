import type { Kind, ModelFile, StopFile } from './files.js';
import type { Act } from './rules.js';
import { stoppedParty, stopTargetOf } from './stops.js';
import type { ModelOfficer, World } from './world.js';

/** A file as an act would make it: with the parties that its body names, before it has a state. */
export function subjectOf(world: World, act: Act, officer: ModelOfficer): ModelFile {
  if (act.kind === 'stops') return stopOf(world, act, officer) as ModelFile;
  const { entry, grant, system } = act.body;
  const granted = world.find('grants', grant);
  const entryOf: string | undefined = act.kind === 'catalog' ? act.id : entry;
  // Where a body names nothing, the guard says so to whoever asked.
  const provider = granted?.provider ?? entryOf?.split('.')[0] ?? (act.kind === 'demands' ? undefined : officer.party);
  const demand =
    act.kind === 'applications' ? officer.party : (granted?.demand ?? world.systems.get(system) ?? officer.party);
  const base = {
    id: act.id ?? '',
    state: '',
    clocks: [],
    history: [],
    own: ownerOf(act, officer, provider, demand),
    ...(provider !== undefined && { provider }),
    ...(demand !== undefined && act.kind !== 'consents' && { demand }),
  };
  return { ...base, ...blank(act.kind), kind: act.kind } as unknown as ModelFile;
}

/** A stop as a body names it. Where there is no such target, the guard says so to whoever asked. */
function stopOf(world: World, { body, id = '' }: Act, officer: ModelOfficer): StopFile {
  const { scope, target } = stopTargetOf(world, officer, body);
  const own = (target === undefined ? undefined : stoppedParty(world, officer, { scope, target })) ?? officer.party;
  const base = { kind: 'stops' as const, id, state: '', clocks: [], history: [] };
  return { ...base, own, provider: own, scope, target: target ?? '', suspender: officer.party };
}

function ownerOf(act: Act, officer: ModelOfficer, provider?: string, demand?: string): string {
  switch (act.kind) {
    case 'catalog':
      return (act.id as string).split('.')[0] as string;
    case 'cases':
    case 'consents':
    case 'backflows':
      return provider ?? officer.party;
    case 'use-records':
      return demand ?? officer.party;
    default:
      return officer.party;
  }
}

function blank(kind: Kind): object {
  switch (kind) {
    case 'catalog':
      return { editors: new Set(), submitted: false, textSubmitted: false, triggered: false, withdrawal: false };
    case 'applications':
      return { drafters: new Set(), filed: false };
    case 'cases':
      return { proven: false };
    case 'demands':
      return { asked: [] };
    default:
      return {};
  }
}
