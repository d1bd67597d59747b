import { compareSourcePositions } from '../../../proto/values/source-position.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import { FailedPositions, type PositionArrival, type Rewind } from './failed-positions.js';
import type { EpochSeed, RecentPositions } from './recent-positions.js';

/** The decision on a positioned event. `follow`: it is a duplicate if the given event gets stored. */
export type PositionVerdict =
  | { kind: 'new' }
  | { kind: 'duplicate'; position: number }
  | { kind: 'blocked' }
  | { kind: 'too_many_epochs' }
  | { kind: 'follow'; event: WaitingEvent };

export const NEW: PositionVerdict = { kind: 'new' };
const BLOCKED: PositionVerdict = { kind: 'blocked' };

/** Changes by the events of a commit that is in flight: the last of them, and where its flow went back to. */
export interface InFlight {
  last: WaitingEvent | undefined;
  rewind: Rewind | undefined;
}

/** Progress of one source in one of its epochs: its watermark, the last event in flight and the positions that failed. */
export class EpochProgress {
  /** The watermark: greatest source position that is stored or quarantined. At or below it every event is a duplicate. */
  processed: string | undefined;
  /** Log position of the event at the watermark, or of one before it when that one was quarantined. */
  logPosition = 0;
  /** The watermark has advanced since the last checkpoint. */
  isDirty = false;
  #last: WaitingEvent | undefined;
  readonly #failed = new FailedPositions();

  constructor(
    private readonly recent: RecentPositions,
    private readonly seed: EpochSeed,
  ) {}

  covers(position: string): boolean {
    return this.processed !== undefined && compareSourcePositions(position, this.processed) <= 0;
  }

  /** Judges against what is processed, what has failed and what is in flight; changes nothing. */
  judge(event: WaitingEvent, inFlight?: InFlight): PositionVerdict {
    const arrival = arrivalOf(event);
    if (this.covers(arrival.position)) return { kind: 'duplicate', position: this.#logPositionOf(arrival.position) };
    if (this.#failed.blocks(arrival, inFlight?.rewind)) return BLOCKED;
    const last = inFlight?.last ?? this.#last;
    if (last && compareSourcePositions(arrival.position, arrivalOf(last).position) <= 0) {
      return { kind: 'follow', event: last };
    }
    return NEW;
  }

  /** The flight as it would be once the event was seen, and taken unless it is a duplicate; changes nothing. */
  inFlightWith(event: WaitingEvent, before: InFlight | undefined, isTaken: boolean): InFlight {
    const rewind = this.#failed.rewindAfter(arrivalOf(event), before?.rewind);
    return { last: isTaken ? event : before?.last, rewind };
  }

  /** The event became part of a commit, which stores all events of a source or none. */
  taken(event: WaitingEvent): void {
    this.#last = event;
    this.seen(event);
  }

  /** The commit is over, whatever came of it. */
  released(): void {
    this.#last = undefined;
  }

  /** The event arrived and is not blocked; as a duplicate too it shows that its flow may have gone back. */
  seen(event: WaitingEvent): void {
    this.#failed.seen(arrivalOf(event));
  }

  /** `logPosition` is undefined for a quarantined event, which has none. */
  advance(sourcePosition: string, logPosition: number | undefined): void {
    if (this.covers(sourcePosition)) return;
    this.processed = sourcePosition;
    if (logPosition !== undefined) this.#storedAt(sourcePosition, logPosition);
    this.isDirty = true;
    this.#failed.processed(sourcePosition);
  }

  #storedAt(sourcePosition: string, logPosition: number): void {
    this.logPosition = logPosition;
    this.recent.add(this.seed, sourcePosition, logPosition);
  }

  /** Returns the log position of an event at or below the watermark while it is known, else that of the watermark. */
  #logPositionOf(sourcePosition: string): number {
    return this.recent.get(this.seed, sourcePosition) ?? this.logPosition;
  }

  /** Below the watermark nothing is missing: such a position would be answered as a duplicate and block for ever. */
  failed(event: WaitingEvent): void {
    const { position, arrival } = arrivalOf(event);
    if (!this.covers(position)) this.#failed.add(position, arrival);
  }
}

/** Only positioned events come here. */
function arrivalOf({ fields: { sourcePosition, arrival, flow } }: WaitingEvent): PositionArrival {
  return { position: sourcePosition!.position, arrival, flow };
}
