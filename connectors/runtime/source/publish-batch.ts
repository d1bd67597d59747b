import type { BatchPart, EncodedBatch } from './encoded-batch.js';

/** What one round publishes on one entry, in order. */
export interface EntryGroup {
  entry: string;
  parts: BatchPart[];
  events: number;
  bytes: number;
}

/** What an atomic batch of the bus holds. */
export const GROUP_EVENTS_MAX = 1_000;
/** Of a group of several batches: what a frame of the bus holds, by default, with room for what is around the events. */
const GROUP_BYTES_MAX = 1_000_000;
/** More would only make the confirmation later. */
const BATCH_PARTS_MAX = 4_000;

/** A run of batches, in order, that is published at a time: those of their events that are on one entry in one request. */
export class PublishBatch {
  readonly sourceBatches: EncodedBatch[] = [];
  readonly #groups = new Map<string, EntryGroup>();

  get groups(): EntryGroup[] {
    return [...this.#groups.values()];
  }

  /** Another event of one of its entries would find no room. */
  get isFull(): boolean {
    for (const { events, bytes } of this.#groups.values()) {
      if (events >= GROUP_EVENTS_MAX || bytes >= GROUP_BYTES_MAX) return true;
    }
    return this.sourceBatches.length >= BATCH_PARTS_MAX;
  }

  /** False when it has no room. A batch that is alone always has: if it fits no request it is sent in several. */
  add(batch: EncodedBatch): boolean {
    if (this.sourceBatches.length >= BATCH_PARTS_MAX) return false;
    for (const part of batch.parts) if (!this.#hasCapacity(part)) return false;
    for (const part of batch.parts) this.#addPart(part);
    this.sourceBatches.push(batch);
    return true;
  }

  #hasCapacity(part: BatchPart): boolean {
    const group = this.#groups.get(part.entry);
    if (!group) return true;
    return group.events + part.events.length <= GROUP_EVENTS_MAX && group.bytes + part.bytes <= GROUP_BYTES_MAX;
  }

  #addPart(part: BatchPart): void {
    let group = this.#groups.get(part.entry);
    if (!group) {
      group = { entry: part.entry, parts: [], events: 0, bytes: 0 };
      this.#groups.set(part.entry, group);
    }
    group.parts.push(part);
    group.events += part.events.length;
    group.bytes += part.bytes;
  }
}
