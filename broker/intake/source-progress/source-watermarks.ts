import { compareSourcePositions } from '../../../proto/values/source-position.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import type { SourcePosition } from './source-position.js';
import { SourceWatermark } from './source-watermark.js';

/** Epochs cost memory here and a subject in CURSORS for ever: ten thousand log files, or slots, of one source. */
export const EPOCHS_PER_SOURCE_MAX = 10_000;

/** A checkpoint as it stands in CURSORS: its sequence there, 0 for none, and how far it reaches. */
export interface CheckpointHead {
  sequence: number;
  through: number;
  quarantineThrough: number;
}

/** What may be done with a positioned event. `follow`: it is a duplicate if the given event gets stored. */
export type PositionCheck =
  | { kind: 'new' }
  | { kind: 'duplicate'; position: number }
  | { kind: 'blocked' }
  | { kind: 'too_many_epochs' }
  | { kind: 'follow'; event: WaitingEvent };

const NEW: PositionCheck = { kind: 'new' };
const BLOCKED: PositionCheck = { kind: 'blocked' };
const TOO_MANY_EPOCHS: PositionCheck = { kind: 'too_many_epochs' };

/**
 * What one system has published on one entry, as this broker knows it.
 * `isCurrent`: the marks are complete; false after a start, an uncertain commit, or when another broker wrote too.
 * `lastOnSubject`: newest log position of the subject; a commit expects it, so it fails when another broker was faster.
 * `through`: the marks hold everything of the subject up to this log position.
 * `quarantineThrough`: the same for the quarantine subject.
 * `head`: the newest checkpoint in CURSORS, which the next one builds upon; undefined when it has to be read (again).
 */
export class SourceWatermarks {
  isCurrent = false;
  lastOnSubject = 0;
  through = 0;
  quarantineThrough = 0;
  head: CheckpointHead | undefined;
  /** Set once the checkpoint was read; after that memory knows more than CURSORS. */
  isLoaded = false;
  readonly #epochs = new Map<string, SourceWatermark>();

  constructor(
    readonly entry: string,
    readonly system: string,
    readonly stream: string,
    readonly subject: string,
  ) {}

  get epochs(): ReadonlyMap<string, SourceWatermark> {
    return this.#epochs;
  }

  epoch(name: string): SourceWatermark {
    let mark = this.#epochs.get(name);
    if (!mark) {
      mark = new SourceWatermark();
      this.#epochs.set(name, mark);
    }
    return mark;
  }

  /** Judges against what is handled and what is in the commit under way. */
  judge(event: WaitingEvent, place: SourcePosition): PositionCheck {
    const mark = this.#epochs.get(place.epoch);
    if (!mark) return this.#epochs.size < EPOCHS_PER_SOURCE_MAX ? NEW : TOO_MANY_EPOCHS;
    if (mark.covers(place.position)) return { kind: 'duplicate', position: mark.position };
    if (mark.isBlocked(event)) return BLOCKED;
    const pending = mark.pending;
    if (pending && compareSourcePositions(place.position, pending.fields.place!.position) <= 0) {
      return { kind: 'follow', event: pending };
    }
    return NEW;
  }

  /** An event was not taken for the moment. Not kept for an epoch that would be one too many: none of its events is taken. */
  refuse(event: WaitingEvent, place: SourcePosition): void {
    if (!this.#epochs.has(place.epoch) && this.#epochs.size >= EPOCHS_PER_SOURCE_MAX) return;
    this.epoch(place.epoch).refuse(event);
  }

  /** The subject has a new newest message, written by this broker right behind the one it knew. */
  advance(logPosition: number): void {
    this.lastOnSubject = logPosition;
    this.through = logPosition;
  }
}
