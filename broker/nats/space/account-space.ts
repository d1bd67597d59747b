import type { Bus } from '../bus.js';
import type { FreeSpace } from './free-space.js';

/** Space of the account on an external server, whose disk cannot be seen; undefined for an account without a limit. */
export async function accountSpace(bus: Pick<Bus, 'jsm'>): Promise<FreeSpace | undefined> {
  const { storage, limits } = await bus.jsm.getAccountInfo();
  const capacity = limits.max_storage;
  return capacity > 0 ? { capacity, free: Math.max(0, capacity - storage) } : undefined;
}
