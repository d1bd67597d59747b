import type { OutMessage } from '../../nats/write/out-message.js';
import type { WaitingEvent, WaitingUnit } from '../queue/waiting-event.js';
import { SourceIds } from '../source-progress/source-ids.js';
import type { SourceProgress } from '../source-progress/source-progress.js';
import type { CommitMode, CommitPolicy } from './commit-policy.js';

/** Byte cap per commit. 1,000 typical events never reach it; with large events it bounds commit latency to about 1 s. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** With halves an event could need more attempts than it has. */
const PARTS = 4;

const NO_FOLLOWERS: readonly WaitingEvent[] = [];

/** The events of one commit in order of arrival. One is in flight per partition, which keeps the order. */
export class CommitBatch {
  readonly events: WaitingEvent[] = [];
  /** It holds one atomic batch of a source and nothing else. */
  isAtomic = false;
  /** Made for the first event that is known by its id. */
  #byId: SourceIds<WaitingEvent> | undefined;
  readonly #followers = new Map<WaitingEvent, WaitingEvent[]>();
  /** Subjects whose progress is kept; the first message of each names the sequence that it expects. */
  readonly #tracked = new Map<string, SourceProgress>();
  #bytes = 0;

  /** `waiting`: events that may become part of it. */
  constructor(
    private readonly eventsMax: number,
    private readonly waiting = 0,
  ) {}

  accepts(unit: WaitingUnit): boolean {
    if (this.isAtomic) return false;
    const first = this.events[0];
    if (!first) return true;
    if (unit.isAtomic || unit.first.commitMax !== first.commitMax) return false;
    return this.events.length < this.#maxBehind(first) && this.#bytes + unit.size <= BATCH_BYTES_MAX;
  }

  /** Events that are sent by themselves share a commit, but for those of a tracked source: see `mode`. */
  #maxBehind({ commitMax }: WaitingEvent): number {
    if (commitMax > 1) return Math.min(this.eventsMax, commitMax);
    return this.#tracked.size > 0 ? 1 : this.eventsMax;
  }

  /**
   * The commit was refused for a duplicate that the store did not name. Sent by itself each event names it, all of them in one commit.
   * Where a source is tracked that would be a commit for each, so the commit is divided until the duplicate is found: some twenty
   * commits for one among a thousand. See docs/decisions/0336.
   */
  divide(): void {
    const commitMax = this.#tracked.size === 0 ? 1 : Math.ceil(this.events.length / PARTS);
    for (const event of this.events) event.commitMax = commitMax;
  }

  add(event: WaitingEvent, source: SourceProgress | undefined): void {
    const { identity, subject } = event;
    this.events.push(event);
    this.#bytes += event.size;
    if (identity !== undefined) {
      this.#byId ??= new SourceIds(Math.min(this.waiting, this.eventsMax));
      this.#byId.set(subject, identity, event);
    }
    if (!source) return;
    this.#tracked.set(subject, source);
    source.taken(event);
  }

  /** The event in this batch that has the same id of the same source. */
  sameIdAs({ identity, subject }: WaitingEvent): WaitingEvent | undefined {
    return identity === undefined ? undefined : this.#byId?.get(subject, identity);
  }

  /** `event` is a duplicate of `leader` if that one gets stored, and fails with it otherwise. */
  follow(leader: WaitingEvent, event: WaitingEvent): void {
    const followers = this.#followers.get(leader);
    if (followers) followers.push(event);
    else this.#followers.set(leader, [event]);
  }

  followersOf(leader: WaitingEvent): readonly WaitingEvent[] {
    return this.#followers.get(leader) ?? NO_FOLLOWERS;
  }

  source(event: WaitingEvent): SourceProgress | undefined {
    return this.#tracked.get(event.fields.route.subject);
  }

  /**
   * The policy decides for events that are independent of each other. Several events of one system go as a batch where a single
   * message in the middle may fail and those behind it not: the watermark would pass an event that is not stored, or,
   * when a replicated stream loses its leader, events would be stored out of order.
   */
  mode(policy: CommitPolicy, isReplicated: boolean): CommitMode {
    const { length } = this.events;
    if (length < 2 || this.events[0]!.commitMax === 1) return 'singles';
    const mayFailInTheMiddle = isReplicated || this.#tracked.size > 0;
    if (this.isAtomic || (mayFailInTheMiddle && this.#hasSeveralOfOneSystem())) return 'batch';
    return policy.choose(length);
  }

  #hasSeveralOfOneSystem(): boolean {
    return new Set(this.events.map((event) => event.fields.route.system)).size < this.events.length;
  }

  /** The events as messages. The first one of each subject whose progress is kept expects that nobody else has written since. */
  messages(): readonly OutMessage[] {
    const expecting = new Set(this.#tracked.keys());
    for (const event of this.events) {
      const isFirst = expecting.delete(event.subject);
      event.expectLastSubject = isFirst ? this.source(event)!.lastOnSubject : undefined;
    }
    return this.events;
  }

  /** The commit is over, whatever came of it. */
  close(): void {
    for (const event of this.events) this.source(event)?.released(event);
  }
}
