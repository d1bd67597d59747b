import type { Bus } from '../bus.js';
import type { Room } from './room.js';

/** Room of the account on an external server, whose disk cannot be seen; undefined for an account without a limit. */
export async function accountRoom(bus: Pick<Bus, 'jsm'>): Promise<Room | undefined> {
  const { storage, limits } = await bus.jsm.getAccountInfo();
  const capacity = limits.max_storage;
  return capacity > 0 ? { capacity, free: Math.max(0, capacity - storage) } : undefined;
}
