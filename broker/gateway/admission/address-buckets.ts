import { isIP } from 'node:net';
import { LruMap } from '../../../proto/collections/lru-map.js';

export interface BucketOptions {
  /** Attempts that are free before the pace counts. */
  burst: number;
  perSecond: number;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

/** Addresses that are remembered; the one that was quiet for longest is forgotten first. */
const ADDRESSES_MAX = 10_000;

/** One token bucket per client address. IPv6 addresses count by their /64, which is what one subscriber gets. */
export class AddressBuckets {
  readonly #buckets = new LruMap<string, { tokens: number; atMs: number }>(ADDRESSES_MAX);
  readonly #nowMs: () => number;

  constructor(private readonly options: BucketOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** False when the address has used up its bucket. */
  take(address: string): boolean {
    const { burst, perSecond } = this.options;
    const key = networkOf(address);
    const nowMs = this.#nowMs();
    const { tokens, atMs } = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const filled = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond);
    this.#buckets.set(key, { tokens: Math.max(0, filled - 1), atMs: nowMs });
    return filled >= 1;
  }
}

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
