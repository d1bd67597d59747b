import { endClocks } from './clocks.js';
import type { GrantFile } from './files.js';
import { moveGrant } from './grant-making.js';
import { stopsOn } from './stops.js';
import type { World } from './world.js';

const LIVE = ['provisioning', 'in_force', 'suspended'];

const isBegun = (world: World, { period }: GrantFile): boolean => period.from <= world.today;

/** Whether a grant delivers now. One of a withdrawn entry delivers nothing. */
export function delivers(world: World, grant: GrantFile): boolean {
  const isLive = ['provisioning', 'in_force'].includes(grant.state) && isBegun(world, grant);
  return isLive && isServed(world, grant) && stopsOn(world, grant).length === 0;
}

/** An entry that was withdrawn before an application was approved has grants all the same. */
function isServed(world: World, { entry }: GrantFile): boolean {
  const file = world.find('catalog', entry);
  return file?.published !== undefined && file.state !== 'withdrawn';
}

/** An event of an entry was accepted; a backflow has it only where it says its region. */
export function accept(world: World, entry: string, { key, hasRegion }: { key: string; hasRegion: boolean }): void {
  for (const grant of world.of('grants')) {
    const isGranted = grant.entry === entry && (hasRegion || grant.grantKind !== 'backflow');
    if (!isGranted || !LIVE.includes(grant.state) || !isBegun(world, grant)) continue;
    grant.deliveries.due.push({ key, whileSuspended: grant.state === 'suspended' });
  }
}

/** Events were delivered and acknowledged: the first ones are the proof of delivery (G2). */
export function acknowledge(world: World, grant: GrantFile, keys: readonly string[]): void {
  const { deliveries } = grant;
  deliveries.due = deliveries.due.filter(({ key }) => !keys.includes(key));
  for (const key of keys) deliveries.over.add(key);
  deliveries.isAcknowledged = true;
  if (grant.state !== 'provisioning') return;
  moveGrant(world, grant, 'first-delivery', 'in_force');
  endClocks(grant, 'D6');
}

/** A stored cursor moves to the restoring; without one only what was accepted meanwhile is never delivered. */
export function skipMissed({ deliveries }: GrantFile): void {
  for (const { key, whileSuspended } of deliveries.due) {
    if (whileSuspended || deliveries.isAcknowledged) deliveries.over.add(key);
  }
  deliveries.due = [];
}
