import type { Problem } from '../../../proto/errors.js';
import type { SourceOp } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { EventResult } from '../event-results.js';
import type { QuarantineEntry } from '../quarantine/quarantine-record.js';
import type { SourcePosition } from '../source-progress/source-position.js';
import type { EventRoute } from '../validate/event-route.js';

/** What is known of an event when it takes its place in the queue of its partition. */
export interface WaitingFields {
  id: string | undefined;
  op: SourceOp;
  route: EventRoute;
  place: SourcePosition | undefined;
  /** Counts all events that intake took: tells what came before and after a failure. */
  arrival: number;
  /** What it came over: events of one flow come in the order in which they were sent. */
  flow: object;
  /** The stored form; undefined for a refused event that waits for its turn to be quarantined. */
  bytes: Uint8Array | undefined;
  refusal: { problem: Problem; record: QuarantineEntry } | undefined;
}

/** One event between its arrival and its answer. */
export class WaitingEvent {
  readonly size: number;
  /** Commits that were refused for a reason that can be removed. */
  attempts = 0;
  /** Set after its batch was refused for a duplicate: it goes by itself, which names the duplicate. */
  goesAlone = false;
  /** Since when the store does not take it, though it is connected. */
  waitsSinceMs: number | undefined;

  constructor(
    readonly fields: WaitingFields,
    private readonly answer: EventResult,
  ) {
    this.size = fields.bytes?.length ?? fields.refusal?.record.bytes.length ?? 0;
  }

  settle(result: PublishResult): void {
    this.answer(result);
  }
}

/** Events that are stored all or none; what turns out to be a duplicate leaves it. */
export class WaitingBatch {
  attempts = 0;
  constructor(public events: WaitingEvent[]) {}

  get system(): string {
    return this.events[0]?.fields.route.system ?? '';
  }
}

export type Unit = WaitingEvent | WaitingBatch;
