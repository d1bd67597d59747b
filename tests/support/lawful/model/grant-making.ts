import { plusDays, plusYears } from './calendar.js';
import { endClocks, findLate, startClock, startUntil } from './clocks.js';
import type { CaseFile, GrantFile } from './files.js';
import { notify } from './notices.js';
import type { World } from './world.js';

type Given = Pick<GrantFile, 'id' | 'grantKind' | 'entry' | 'version' | 'system' | 'text' | 'items' | 'period'> & {
  application?: string;
  demand: string;
};

const OPEN_CASE = ['suspected', 'suspended', 'rectifying'];

/** G1: a grant with D6, from its making on or from the first day of its period. */
export function makeGrant(world: World, given: Given): GrantFile {
  const provider = given.entry.split('.')[0] as string;
  const grant: GrantFile = {
    ...given,
    kind: 'grants',
    state: 'provisioning',
    status: 'provisioning',
    own: given.demand,
    provider,
    clocks: [],
    deliveries: { due: [], over: new Set(), isAcknowledged: false },
    history: [{ act: 'create', actor: 'bus', from: undefined, to: 'provisioning' }],
  };
  world.put(grant);
  const { from } = given.period;
  const start = [from, world.today].sort().at(-1) as string;
  startClock(world, grant, 'D6', { party: provider, start, promised: given.text.promised });
  notify(world, grant, 'G1', 'create');
  return grant;
}

export const openCase = (world: World, grant: string): CaseFile | undefined =>
  [...world.of('cases')].find((file) => file.grant === grant && OPEN_CASE.includes(file.state));

/** Clocks of disposal, and the end of an open case with its grant. */
export function beginDisposal(world: World, grant: GrantFile): void {
  const demand = grant.demand as string;
  grant.endedOn = world.today;
  endClocks(grant, 'D6');
  startUntil(world, grant, 'D8', demand, plusYears(world.today, 3));
  const { withinDays } = grant.text;
  if (withinDays !== undefined) startUntil(world, grant, 'T27', demand, plusDays(world.today, withinDays));
  const open = openCase(world, grant.id);
  if (!open) return;
  open.history.push({ act: 'grant-ended', actor: 'bus', from: open.state, to: 'terminated' });
  open.state = 'terminated';
  notify(world, open, 'S8', 'grant-ended');
  findLate(world, open, 'D9');
  endClocks(open, 'D9');
}

/** G7 or G6, and G9 at once. */
export function endGrant(world: World, grant: GrantFile, act: 'expire' | 'terminate', state: string): void {
  grant.history.push({ act, actor: 'bus', from: grant.state, to: state });
  grant.history.push({ act: 'begin-disposal', actor: 'bus', from: state, to: 'disposing' });
  Object.assign(grant, { status: state, state: 'disposing' });
  notify(world, grant, act === 'expire' ? 'G7' : 'G6', act);
  notify(world, grant, 'G9', 'begin-disposal');
  beginDisposal(world, grant);
}

/** Numbers of what the bus does to a grant. */
const MOVES = { suspend: 'G4', restore: 'G5', 'first-delivery': 'G2' };

/** G4, G5 or G2: what the bus does to a grant with its case. */
export function moveGrant(world: World, grant: GrantFile, act: keyof typeof MOVES, state: string): void {
  grant.history.push({ act, actor: 'bus', from: grant.state, to: state });
  Object.assign(grant, { state, status: state });
  notify(world, grant, MOVES[act], act);
}
