import type { BatchPart, EncodedBatch } from './encoded-batch.js';

/** The events of one publish batch on one entry, in order. */
export interface EntryGroup {
  entry: string;
  parts: BatchPart[];
  events: number;
  bytes: number;
}

/** Limit of an atomic batch at the bus. */
export const GROUP_EVENTS_MAX = 1_000;
/** Limit of a group of several source batches: the default frame limit of the bus, less the frame around the events. */
const GROUP_BYTES_MAX = 1_000_000;
/** A longer run would only delay its confirmation. */
const BATCH_PARTS_MAX = 4_000;

/** Consecutive source batches that are published at a time, with one request per entry. */
export class PublishBatch {
  readonly sourceBatches: EncodedBatch[] = [];
  readonly #groups = new Map<string, EntryGroup>();

  get groups(): EntryGroup[] {
    return [...this.#groups.values()];
  }

  /** True when one more event of one of its entries would exceed a limit. */
  get isFull(): boolean {
    for (const { events, bytes } of this.#groups.values()) {
      if (events >= GROUP_EVENTS_MAX || bytes >= GROUP_BYTES_MAX) return true;
    }
    return this.sourceBatches.length >= BATCH_PARTS_MAX;
  }

  /** False when a limit would be exceeded. The first source batch is always accepted; if necessary it is sent in several requests. */
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
