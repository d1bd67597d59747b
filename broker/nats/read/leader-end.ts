import type { StreamInfo } from '@nats-io/jetstream';
import { StoreUnavailableError } from '../store-errors.js';

/** The last sequence of a leader, and the time at which it was certainly still the leader. */
export interface LeaderEnd {
  last: number;
  provenAtMs: number;
}

const NANOS_PER_MS = 1_000_000;
/** Less than the others need to elect a new leader (4 s), more than the interval of its heartbeats (1 s). */
const QUORUM_SILENCE_MS_MAX = 3_000;

/**
 * A leader that is cut off believes in itself for some 15 seconds more, while the others elect another. That there is
 * no other one is proven up to the time when it last heard from a majority.
 */
export function leaderEndOf({ state, cluster }: StreamInfo, askedAtMs: number): LeaderEnd {
  const replicas = cluster?.replicas ?? [];
  const heard = replicas.filter(({ active, current, offline }) => !offline && (current || active > 0));
  const silentMs = heard.map(({ active }) => active / NANOS_PER_MS).sort((a, b) => a - b);
  // Half of the others and the leader itself are a majority.
  const needed = Math.ceil(replicas.length / 2);
  const silence = needed === 0 ? 0 : (silentMs[needed - 1] ?? Number.POSITIVE_INFINITY);
  return { last: state.last_seq, provenAtMs: askedAtMs - Math.ceil(silence) };
}

/** Throws StoreUnavailableError when another leader may have more than this one: then its end proves nothing. */
export function assertProven({ provenAtMs }: LeaderEnd, askedAtMs: number, stream: string): void {
  if (provenAtMs >= askedAtMs - QUORUM_SILENCE_MS_MAX) return;
  throw new StoreUnavailableError(`the leader of ${stream} may have been replaced`, false);
}
