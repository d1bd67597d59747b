import { messageId } from '../../../proto/subject.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import { type Unit, WaitingBatch, type WaitingEvent } from '../queue/waiting-event.js';
import { SourceIds } from '../source-progress/source-ids.js';
import type { SourceWatermarks } from '../source-progress/source-watermarks.js';
import type { CommitMode, CommitPolicy } from './commit-policy.js';

/** Of one commit: with a thousand events of usual size far away; with large ones it keeps the answer within a second. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** The events of one commit in order of arrival. One is under way per partition: that is what keeps the order. */
export class CommitBatch {
  readonly events: WaitingEvent[] = [];
  /** Set when the round is one atomic batch of a source and nothing else. */
  batch: WaitingBatch | undefined;
  readonly #byId = new SourceIds<WaitingEvent>();
  readonly #followers = new Map<WaitingEvent, WaitingEvent[]>();
  /** Subjects whose marks are kept; their first message says what it expects. */
  readonly #tracked = new Map<string, SourceWatermarks>();
  #bytes = 0;

  constructor(private readonly eventsMax: number) {}

  accepts(unit: Unit): boolean {
    if (this.batch) return false;
    const first = this.events[0];
    if (!first) return true;
    if (unit instanceof WaitingBatch || unit.goesAlone !== first.goesAlone) return false;
    if (first.goesAlone && this.#tracked.size > 0) return false;
    return this.events.length < this.eventsMax && this.#bytes + unit.size <= BATCH_BYTES_MAX;
  }

  add(event: WaitingEvent, source: SourceWatermarks | undefined): void {
    const { id = '', route, place } = event.fields;
    this.events.push(event);
    this.#bytes += event.size;
    this.#byId.set(route.subject, id, event);
    if (!source) return;
    this.#tracked.set(route.subject, source);
    if (place) source.epoch(place.epoch).begin(event);
  }

  /** The event of the round with the same id of the same source. */
  ordinalOf({ fields: { id = '', route } }: WaitingEvent): WaitingEvent | undefined {
    return this.#byId.get(route.subject, id);
  }

  /** `event` is a duplicate of `leader` if that one gets stored, and fails with it otherwise. */
  follow(leader: WaitingEvent, event: WaitingEvent): void {
    const followers = this.#followers.get(leader);
    if (followers) followers.push(event);
    else this.#followers.set(leader, [event]);
  }

  followersOf(leader: WaitingEvent): readonly WaitingEvent[] {
    return this.#followers.get(leader) ?? [];
  }

  source(subject: string): SourceWatermarks | undefined {
    return this.#tracked.get(subject);
  }

  /**
   * The policy decides for events that are independent. Several of one system go as a batch where a single message in the middle may
   * fail and those behind it not: the mark of a kept source would pass over an event that is not stored, and where the
   * leader of a replicated stream is lost under way, events would be stored out of order.
   */
  way(policy: CommitPolicy, isReplicated: boolean): CommitMode {
    const { length } = this.events;
    if (length < 2 || this.events[0]!.goesAlone) return 'singles';
    const mayFailInTheMiddle = isReplicated || this.#tracked.size > 0;
    if (this.batch || (mayFailInTheMiddle && this.#hasSeveralOfOneSystem())) return 'batch';
    return policy.choose(length);
  }

  #hasSeveralOfOneSystem(): boolean {
    return new Set(this.events.map((event) => event.fields.route.system)).size < this.events.length;
  }

  messages(): OutMessage[] {
    const expecting = new Set(this.#tracked.keys());
    return this.events.map((event) => {
      const { id = '', route, bytes } = event.fields;
      const { system, entry, subject, ttlSeconds } = route;
      const message: OutMessage = { subject, data: bytes!, id: messageId(system, entry, id), ttlSeconds };
      if (expecting.delete(subject)) message.expectLastSubject = this.#tracked.get(subject)!.lastOnSubject;
      return message;
    });
  }

  /** The commit is over, whatever came of it. */
  close(): void {
    for (const { fields } of this.events) {
      const source = fields.place && this.#tracked.get(fields.route.subject);
      if (source) source.epoch(fields.place!.epoch).end();
    }
  }
}
