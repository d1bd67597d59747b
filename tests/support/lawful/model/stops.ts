import type { GrantFile, StopFile, StopScope } from './files.js';
import type { ModelOfficer, World } from './world.js';

export const SCOPES: readonly StopScope[] = ['entry', 'system', 'party', 'node'];

export interface StopTarget {
  scope: StopScope;
  target: string;
}

/** Scope and target that a body names. The node needs no name; a body without scope names what its officer may stop. */
export function stopTargetOf(
  world: World,
  { roles }: ModelOfficer,
  // biome-ignore lint/suspicious/noExplicitAny: bodies are generated, right and wrong ones
  body: any,
): { scope: StopScope; target: string | undefined } {
  const scope = body.scope ?? (roles.includes('platform_operator') ? 'node' : 'entry');
  return { scope, target: body.target ?? (scope === 'node' ? world.owner : undefined) };
}

/** The party that a target belongs to; undefined where there is none that the officer sees. */
export function stoppedParty(world: World, { party }: ModelOfficer, { scope, target }: StopTarget): string | undefined {
  switch (scope) {
    case 'entry': {
      const entry = world.find('catalog', target);
      return entry?.published && entry.state !== 'withdrawn' ? entry.own : undefined;
    }
    case 'system': {
      const own = world.systems.get(target) ?? world.sources.get(target);
      const seenBy = own === undefined ? [] : [own, world.peer(own), world.superior(world.peer(own)), world.owner];
      return seenBy.includes(party) ? own : undefined;
    }
    case 'party':
      return world.parties.has(target) ? target : undefined;
    case 'node':
      return target === world.owner ? target : undefined;
  }
}

/** The standing stops by which a grant delivers nothing. */
export function stopsOn(world: World, { entry, system, provider, demand }: GrantFile): StopFile[] {
  const concerned: Readonly<Record<StopScope, readonly (string | undefined)[]>> = {
    entry: [entry],
    system: [system],
    party: [provider, demand],
    node: [world.owner],
  };
  return [...world.of('stops')].filter(
    ({ state, scope, target }) => state === 'standing' && concerned[scope].includes(target),
  );
}
