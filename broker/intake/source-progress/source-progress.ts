import type { WaitingEvent } from '../queue/waiting-event.js';
import { EpochProgress, type InFlight, NEW, type PositionVerdict } from './epoch-progress.js';
import type { RecentPositions } from './recent-positions.js';

/** Epochs cost memory here and a subject in CURSORS for ever: ten thousand log files, or slots, of one source. */
export const EPOCHS_PER_SOURCE_MAX = 10_000;

const TOO_MANY_EPOCHS: PositionVerdict = { kind: 'too_many_epochs' };

/** A checkpoint as it stands in CURSORS: its sequence there, 0 for none, and how far it reaches. */
export interface CheckpointHead {
  sequence: number;
  through: number;
  quarantineThrough: number;
}

/**
 * Progress of one system on one entry, as this broker knows it.
 *
 * An event touches a watermark, failed positions and the end of its NATS subject. Were its callers to update each of them, the
 * invariants would live in the order of their calls. So there is one method per outcome, which leaves all of them
 * consistent, and judging changes nothing. Invariants: a watermark never passes an event that is neither stored nor
 * quarantined; a commit expects `lastOnSubject`, so it fails when another broker wrote in between; while `isCurrent` is
 * false no event of the source is judged. See docs/decisions/0035.
 */
export class SourceProgress {
  /** The watermarks are complete; false after a start, an uncertain commit, or when another broker wrote too. */
  isCurrent = false;
  /** Newest log position of the subject. */
  lastOnSubject = 0;
  /** The watermarks include everything of the subject up to this log position. */
  through = 0;
  /** The same for the quarantine subject. */
  quarantineThrough = 0;
  /** The newest checkpoint in CURSORS, which the next one replaces; undefined when it has to be read again. */
  head: CheckpointHead | undefined;
  /** The checkpoint was read once; from then on memory knows more than CURSORS. */
  isLoaded = false;
  readonly #epochs = new Map<string, EpochProgress>();

  constructor(
    readonly entry: string,
    readonly system: string,
    readonly stream: string,
    readonly subject: string,
    private readonly recent: RecentPositions,
  ) {}

  get epochs(): ReadonlyMap<string, EpochProgress> {
    return this.#epochs;
  }

  /** Only for recovery, which reads watermarks back from the store. */
  epoch(name: string): EpochProgress {
    let epoch = this.#epochs.get(name);
    if (!epoch) {
      epoch = this.#newEpoch(name);
      this.#epochs.set(name, epoch);
    }
    return epoch;
  }

  judge(event: WaitingEvent): PositionVerdict {
    const epoch = this.#epochs.get(event.fields.sourcePosition!.epoch);
    if (epoch) return epoch.judge(event);
    return this.#epochs.size < EPOCHS_PER_SOURCE_MAX ? NEW : TOO_MANY_EPOCHS;
  }

  /** Judges the events of an atomic batch, each as if those before it were in flight. */
  judgeAll(events: readonly WaitingEvent[]): PositionVerdict[] {
    const ahead = new Map<string, { epoch: EpochProgress; inFlight: InFlight | undefined }>();
    let unknownEpochs = 0;
    return events.map((event) => {
      const { sourcePosition } = event.fields;
      if (!sourcePosition) return NEW;
      let state = ahead.get(sourcePosition.epoch);
      if (!state) {
        const known = this.#epochs.get(sourcePosition.epoch);
        if (!known && this.#epochs.size + unknownEpochs >= EPOCHS_PER_SOURCE_MAX) return TOO_MANY_EPOCHS;
        if (!known) unknownEpochs++;
        state = { epoch: known ?? this.#newEpoch(sourcePosition.epoch), inFlight: undefined };
        ahead.set(sourcePosition.epoch, state);
      }
      const verdict = state.epoch.judge(event, state.inFlight);
      const isTaken = verdict.kind === 'new';
      if (isTaken || verdict.kind === 'duplicate')
        state.inFlight = state.epoch.inFlightWith(event, state.inFlight, isTaken);
      return verdict;
    });
  }

  /** The event became part of a commit, or of a batch on its way to quarantine. */
  taken(event: WaitingEvent): void {
    this.#epochOf(event)?.taken(event);
  }

  /** That commit is over, whatever came of it. */
  released(event: WaitingEvent): void {
    const { sourcePosition } = event.fields;
    if (sourcePosition) this.#epochs.get(sourcePosition.epoch)?.released();
  }

  /** This broker wrote the event right behind `lastOnSubject`. */
  stored(event: WaitingEvent, logPosition: number): void {
    this.reached(logPosition);
    this.foundInStore(event, logPosition);
  }

  /** The store had the event already, at this position. */
  foundInStore(event: WaitingEvent, logPosition: number): void {
    const { sourcePosition } = event.fields;
    if (sourcePosition) this.epoch(sourcePosition.epoch).advance(sourcePosition.position, logPosition);
  }

  quarantined(event: WaitingEvent): void {
    const { sourcePosition } = event.fields;
    if (sourcePosition) this.epoch(sourcePosition.epoch).advance(sourcePosition.position, undefined);
  }

  /** Answered as a duplicate: a source that goes back often begins with events that are stored. */
  duplicate(event: WaitingEvent): void {
    this.#epochOf(event)?.seen(event);
  }

  /**
   * The event was not stored for the moment: what follows it must not pass it. An epoch that would be one too many is not made
   * for it, because none of its events is taken.
   */
  failed(event: WaitingEvent): void {
    const { sourcePosition } = event.fields;
    if (!sourcePosition) return;
    if (!this.#epochs.has(sourcePosition.epoch) && this.#epochs.size >= EPOCHS_PER_SOURCE_MAX) return;
    this.epoch(sourcePosition.epoch).failed(event);
  }

  /** The progress that is known may no longer hold: the store is read before the next event is judged. */
  doubt(): void {
    this.isCurrent = false;
  }

  /** The subject ends at this log position, and the watermarks include everything up to it. */
  reached(logPosition: number): void {
    this.lastOnSubject = logPosition;
    this.through = logPosition;
  }

  #newEpoch(name: string): EpochProgress {
    return new EpochProgress(this.recent, this.recent.seedOf(this.subject, name));
  }

  #epochOf({ fields: { sourcePosition } }: WaitingEvent): EpochProgress | undefined {
    return sourcePosition && this.epoch(sourcePosition.epoch);
  }
}
