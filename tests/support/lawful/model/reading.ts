import { clockOf } from './clocks.js';
import type { ConsentFile, EntryFile, ModelFile } from './files.js';
import { openCase } from './grant-making.js';
import type { ModelOfficer, World } from './world.js';

/** The parties that a file is between. */
export function sidesOf(world: World, file: ModelFile): string[] {
  const { own, provider, demand } = file;
  return [own, provider, demand, ...furtherSides(world, file)].filter((party) => party !== undefined);
}

function furtherSides(world: World, file: ModelFile): readonly string[] {
  switch (file.kind) {
    case 'demands':
      return file.asked;
    case 'consents':
      return namedBy(world, file);
    case 'cases':
      return file.suspender === undefined ? [] : [file.suspender];
    case 'stops':
      return [file.suspender, world.owner];
    default:
      return [];
  }
}

/** The parties that a consent names, one of them by its grant. */
const namedBy = (world: World, { toParty, grant }: ConsentFile): string[] =>
  [toParty, world.find('grants', grant)?.demand].filter((party) => party !== undefined);

function overseers(world: World, sides: readonly string[]): string[] {
  return sides.flatMap((side) => {
    const peer = world.peer(side);
    return [peer, world.superior(peer)].filter((party) => party !== undefined);
  });
}

/** Whether an officer reads a file. */
export function reads(world: World, { party, roles }: ModelOfficer, file: ModelFile): boolean {
  // The platform operator sees nothing but what it may stop and lift.
  if (roles.includes('platform_operator')) return file.kind === 'stops' && file.scope === 'node';
  if (party === file.own) return true;
  switch (file.kind) {
    case 'catalog':
      return file.published !== undefined || (file.submitted && overseers(world, [file.own]).includes(party));
    case 'applications':
      if (!file.filed) return false;
      break;
    case 'consents':
      if (world.peer(file.provider as string) === party) return true;
      // Auditors of a competent department read what all parties below have.
      if (!roles.includes('auditor')) return sidesOf(world, file).includes(party);
      break;
  }
  const sides = sidesOf(world, file);
  return sides.includes(party) || overseers(world, sides).includes(party);
}

/** The state that an officer is shown: beside a published version most see nothing of the newer one. */
export function stateFor(world: World, officer: ModelOfficer, file: ModelFile): string {
  if (file.kind !== 'catalog' || !file.published || file.state === 'withdrawn') return file.state;
  return seesNewer(world, officer, file) ? file.state : restingState(file);
}

/** Whether an officer sees what stands beside a published version. */
export function seesNewer(world: World, { party }: ModelOfficer, file: ModelFile): boolean {
  if (file.kind !== 'catalog' || !file.published || party === file.own) return true;
  return file.textSubmitted && world.peer(file.own) === party;
}

/** The state of a published version by itself. */
export function restingState(file: EntryFile): string {
  const d1 = clockOf(file, 'D1');
  return d1 && !d1.done ? 'update_due' : 'published';
}

/** Whether an officer stands in `relation.role` to a file. */
export function fits(world: World, officer: ModelOfficer, file: ModelFile, who: string): boolean {
  const [relation, role] = who.split('.') as [string, string];
  return officer.roles.includes(role) && partiesOf(world, file, relation).includes(officer.party);
}

function suspenderOf(world: World, file: ModelFile): string | undefined {
  if (file.kind === 'grants') return openCase(world, file.id)?.suspender;
  return file.kind === 'cases' || file.kind === 'stops' ? file.suspender : undefined;
}

function partiesOf(world: World, file: ModelFile, relation: string): (string | undefined)[] {
  switch (relation) {
    case 'own':
      return [file.own];
    case 'provider':
      return [file.provider];
    case 'demand':
      return [file.demand];
    case 'peer':
      return [world.peer(file.kind === 'demands' ? file.own : (file.provider as string))];
    case 'owner':
      return [world.owner];
    case 'handler':
      return [world.handler(file.provider as string, file.demand as string)];
    case 'suspender':
      return [suspenderOf(world, file)];
    case 'asked':
      return [file.kind === 'demands' ? file.asked.at(-1) : undefined];
    default:
      return [];
  }
}

/** Whether an officer is of the party, of its competent department or of the one above. */
export function oversees(world: World, officer: ModelOfficer, party: string): boolean {
  const peer = world.peer(party);
  return [party, peer, world.superior(peer)].includes(officer.party);
}
