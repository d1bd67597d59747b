import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Metrics } from '../../metrics/metrics.js';
import { isCertainlyNotStored, storeProblem } from '../commit/store-problem.js';
import type { RecentIds } from '../source-progress/recent-ids.js';
import { duplicateOf } from '../source-progress/screen-event.js';
import type { SourceProgress } from '../source-progress/source-progress.js';
import type { SourceTable } from '../source-progress/source-table.js';
import type { WatermarkCheckpoint } from '../source-progress/watermark-checkpoint.js';
import type { Backlog } from './backlog.js';
import type { WaitingEvent } from './waiting-event.js';

export interface EventOutcomesDeps {
  backlog: Backlog;
  sources: SourceTable;
  recent: RecentIds;
  checkpoint: WatermarkCheckpoint;
  metrics: Metrics;
  /** Gets errors that nobody foresaw; they are answered as INTERNAL, which says nothing. */
  onUnexpected: (error: unknown) => void;
}

/** The ends that an event of one partition can come to: each updates its source's progress, the backlog and the metrics. */
export class EventOutcomes {
  readonly #deps: EventOutcomesDeps;
  /** Sources with an event refused as PRECEDING_FAILED: another broker may have taken what this one is waiting for. */
  readonly #blocked = new Set<SourceProgress>();

  constructor(deps: EventOutcomesDeps) {
    this.#deps = deps;
  }

  /** `source` is undefined where no watermark is kept. */
  stored(event: WaitingEvent, logPosition: number, source: SourceProgress | undefined): void {
    const { id } = event.fields;
    this.#remember(event, logPosition);
    if (source) {
      source.stored(event, logPosition);
      this.#deps.checkpoint.touch(source);
    }
    this.answered(event, { id, position: logPosition });
  }

  /** JetStream named the event as a duplicate, with the position of the first. */
  foundInStore(event: WaitingEvent, logPosition: number, source: SourceProgress | undefined): void {
    this.#remember(event, logPosition);
    if (source) {
      source.foundInStore(event, logPosition);
      this.#deps.checkpoint.touch(source);
    }
    this.answered(event, duplicateOf(event, logPosition));
  }

  quarantined(event: WaitingEvent, source: SourceProgress): void {
    const { id, refusal } = event.fields;
    source.quarantined(event);
    this.#deps.checkpoint.touch(source);
    this.answered(event, { id, problem: refusal!.problem });
  }

  /** The commit, or the reading of the watermarks, failed for good. */
  failed(event: WaitingEvent, error: unknown): void {
    if (!isCertainlyNotStored(error)) this.#deps.sources.of(event)?.doubt();
    this.notTaken(event);
    const problem = storeProblem(error);
    if (problem.code === 'INTERNAL') this.#deps.onUnexpected(error);
    const { id, route } = event.fields;
    this.answered(event, { id, problem: { ...problem, event: id, entry: route.entry } });
  }

  /** Not taken for the moment: events that follow it in its source must not pass it. */
  notTaken(event: WaitingEvent): void {
    if (event.fields.sourcePosition) this.#deps.sources.of(event)?.failed(event);
  }

  answered(event: WaitingEvent, result: PublishResult): void {
    this.#deps.backlog.remove(event.size);
    if (result.duplicate) this.#noteDuplicate(event);
    else if (result.problem?.code === 'PRECEDING_FAILED') this.#noteBlocked(event);
    if (result.problem) this.#deps.metrics.intake.eventRefused(result.problem.code);
    else if (result.duplicate) this.#deps.metrics.intake.eventDuplicate();
    event.settle(result);
  }

  /** Has the sources of refused events read again from the store before their next event. */
  doubtBlocked(): void {
    for (const source of this.#blocked) source.doubt();
    this.#blocked.clear();
  }

  #remember({ identity, subject }: WaitingEvent, logPosition: number): void {
    if (identity !== undefined) this.#deps.recent.add(subject, identity, logPosition);
  }

  #noteDuplicate(event: WaitingEvent): void {
    if (event.fields.sourcePosition) this.#deps.sources.of(event)?.duplicate(event);
  }

  #noteBlocked(event: WaitingEvent): void {
    this.notTaken(event);
    const source = this.#deps.sources.of(event);
    if (source) this.#blocked.add(source);
  }
}
