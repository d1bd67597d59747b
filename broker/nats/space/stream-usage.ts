import type { StreamUsage } from '../../../proto/http/store-usage.js';
import type { Bus } from '../bus.js';
import { streamInfo } from '../read/log-reader.js';
import { eventStream, STORE_STREAMS } from '../stream-names.js';

/** Bytes and limit of each stream, those of events first. */
export function streamUsage(bus: Bus, partitions: number): Promise<StreamUsage[]> {
  const events = Array.from({ length: partitions }, (_, partition) => eventStream(partition));
  const names = [...events, ...STORE_STREAMS];
  return Promise.all(names.map((name) => usageOf(bus, name)));
}

async function usageOf(bus: Bus, name: string): Promise<StreamUsage> {
  const { state, config } = await streamInfo(bus, name);
  const limitOf = (limit: number): number | null => (limit > 0 ? limit : null);
  return {
    name,
    messages: state.messages,
    used: state.bytes,
    limit: limitOf(config.max_bytes),
    messageLimit: limitOf(config.max_msgs),
  };
}
