import type { Problem } from '../../proto/errors.js';
import type { SourceOp } from '../../proto/event.js';
import type { PublishResult } from '../../proto/frames.js';
import type { QuarantineEntry } from './quarantine-record.js';
import type { SourcePlace } from './source-place.js';

/** What is known of an event when it takes its place in the queue of its partition. */
export interface WaitingFields {
  id: string | undefined;
  op: SourceOp;
  system: string;
  entry: string;
  /** NATS subject: one per system and entry. */
  subject: string;
  /** JetStream's message id. */
  messageId: string;
  place: SourcePlace | undefined;
  /** Counts all events that intake took: tells what came before and after a failure. */
  arrival: number;
  /** The stored form; undefined for a refused event that waits for its turn to be quarantined. */
  bytes: Uint8Array | undefined;
  ttlSeconds: number | undefined;
  refusal: { problem: Problem; record: QuarantineEntry } | undefined;
}

/** One event between its arrival and its answer. */
export class WaitingEvent {
  readonly answer: Promise<PublishResult>;
  readonly size: number;
  /** Commits that were refused for a reason that can be removed. */
  attempts = 0;
  /** Set after its batch was refused for a duplicate: it goes by itself, which names the duplicate. */
  goesAlone = false;
  /** Since when the store does not take it, though it is connected. */
  waitsSinceMs: number | undefined;
  #resolve!: (result: PublishResult) => void;

  constructor(readonly fields: WaitingFields) {
    this.size = fields.bytes?.length ?? fields.refusal?.record.bytes.length ?? 0;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(result: PublishResult): void {
    this.#resolve(result);
  }
}

/** Events that are stored all or none; what turns out to be a duplicate leaves it. */
export class WaitingBatch {
  attempts = 0;
  constructor(public events: WaitingEvent[]) {}

  get system(): string {
    return this.events[0]?.fields.system ?? '';
  }
}

export type Unit = WaitingEvent | WaitingBatch;
