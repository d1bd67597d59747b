import type { ItemField } from '../../../proto/entry/item-field.js';
import type { Rows } from '../../../proto/entry/rows.js';
import { SluiceError } from '../../../proto/errors.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { cursorSubject, partyOf } from '../../../proto/subject.js';
import { positionBeyondEnd } from '../../event-log/truncation.js';
import { LogSegment } from '../segments/log-segment.js';
import type { StreamEngine } from '../stream-engine.js';
import type { DeliveredShape } from '../subscriber.js';
import { narrowingDigest, type OpenGrant } from '../subscriptions/grant-access.js';
import { startQuery } from '../subscriptions/start-query.js';
import { type EntryLookup, fieldsOf } from '../views/entry-fields.js';
import { View, type ViewSource, viewKey } from '../views/view.js';
import type { DeadLetter } from './dead-letters.js';
import type { Page, PageRequest } from './page.js';

export interface AcknowledgeRequest {
  system: string;
  grant: string;
  cursor: string;
  position: number;
  /** The life of the log that the position is of; undefined when the reader does not say. */
  log: string | undefined;
  /** The narrowing of the pages; undefined leaves the cursor bound to what it is. */
  narrow: Rows | undefined;
}

/** Segments looked through for one page: a filter that matches little must not hold a request for long. */
const SEGMENTS_PER_PAGE = 16;

/** Grants read over plain HTTP: pages of the same subset, acknowledgements, dead letters, and what is delivered. */
export class PageReader {
  constructor(
    private readonly engine: StreamEngine,
    private readonly entries: EntryLookup,
    private readonly onPulled: (events: number) => void,
  ) {}

  /** One page; `through` is where the next one starts. Its receipt is stored before it is handed out. */
  async pull(request: PageRequest): Promise<Page> {
    const open = this.engine.access.open(request.system, request.grant);
    const source = this.engine.access.viewSource(open, request.narrow);
    const { partition } = open.version;
    const log = this.engine.logOf(partition);
    const stored = await this.engine.cursors.load(request.grant, request.cursor, narrowingDigest(source.narrow));
    const from = await this.engine.starts.resolve(startQuery(open, log, request.from, stored));
    if (stored && stored.record.log !== log)
      await this.engine.cursors.startEpoch(request.grant, request.cursor, log, stored);
    const view = new View(viewKey(source), open.grant.entry, source);
    const page = await this.#read(view, open, from, request.limit);
    await this.#giveReceipt(request, open, source, { from, log, ...page });
    // Revoked while we read, or in a log that is no more: nothing goes out.
    this.engine.access.open(request.system, request.grant);
    if (this.engine.logOf(partition) !== log) throw positionBeyondEnd(request.grant);
    this.onPulled(page.events.length);
    return { ...page, codec: view.codec, log, caughtUp: page.through >= this.engine.readers.at(partition).head };
  }

  /** Resolves when the log has moved past a position, when the grant has changed or ended, or after the timeout. */
  async waitForMore(system: string, grant: string, after: number, timeoutMs: number): Promise<void> {
    const { access, readers } = this.engine;
    const open = access.open(system, grant);
    const change = access.nextChange(grant);
    const waitMs = Math.min(timeoutMs, access.msUntilEnd(open));
    await Promise.race([readers.at(open.version.partition).waitPast(after, waitMs), change.happened]);
    change.forget();
  }

  /** Resolves with the cursor's position when it is durable; a lower position than that is ignored. */
  async acknowledge(request: AcknowledgeRequest): Promise<number> {
    const { system, grant, cursor, position, narrow } = request;
    const open = this.engine.access.open(system, grant);
    const { version } = open;
    const narrowing = narrow && narrowingDigest(this.engine.access.viewSource(open, narrow).narrow);
    const log = this.engine.logOf(version.partition);
    if (request.log !== undefined && request.log !== log) throw positionBeyondEnd(grant);
    if (!(await this.engine.readers.at(version.partition).hasPosition(position))) {
      throw new SluiceError('ACK_BEYOND_SENT', `the log does not have position ${position}`, { grant });
    }
    const holder = this.engine.holderOf(cursorSubject(grant, cursor));
    if (holder) {
      holder.ack(position);
      await this.engine.cursors.flush(holder.parts.cursor);
      return holder.parts.cursor.position ?? position;
    }
    return this.engine.cursors.acknowledge({ grant, name: cursor, log, narrowing }, position);
  }

  deadLetters(system: string, grant: string): Promise<DeadLetter[]> {
    this.engine.access.open(system, grant);
    return this.engine.deadLetters.list(grant);
  }

  /** The event again, as the grant delivers it now, and off the list. Throws NOT_FOUND and POSITION_GONE. */
  async redrive(system: string, grant: string, position: number): Promise<{ event: ProjectedEvent; view: View }> {
    const open = this.engine.access.open(system, grant);
    const source = this.engine.access.viewSource(open, undefined);
    const letter = await this.engine.deadLetters.find(grant, position);
    const log = this.engine.logOf(open.version.partition);
    if (letter.log !== log)
      throw new SluiceError('POSITION_GONE', `position ${position} is of another life of the log`, { grant });
    const view = new View(viewKey(source), open.grant.entry, source);
    const page = await this.#read(view, open, position - 1, 1);
    const event = page.events.find((one) => one.position === position);
    if (!event)
      throw new SluiceError('POSITION_GONE', `position ${position} is not there for grant ${grant}`, { grant });
    if (this.engine.logOf(open.version.partition) !== log) throw positionBeyondEnd(grant);
    const reader = { system, grant, cursor: letter.cursor };
    await this.#giveReceipt(reader, open, source, { from: position - 1, through: position, events: [event], log });
    await this.engine.deadLetters.takeOff(grant, letter);
    return { event, view };
  }

  /** What a grant delivers, for its schema and proto. */
  shape(system: string, grant: string): DeliveredShape & { fields: ItemField[] } {
    const open = this.engine.access.open(system, grant);
    const source = this.engine.access.viewSource(open, undefined);
    const view = new View(viewKey(source), open.grant.entry, source);
    return { entry: open.grant.entry, version: open.version.version, items: view.items, fields: view.fields };
  }

  async #read(
    view: View,
    { grant: { historyFromMs }, version: { partition } }: OpenGrant,
    from: number,
    limit: number,
  ): Promise<{ events: ProjectedEvent[]; through: number }> {
    const events: ProjectedEvent[] = [];
    let through = from;
    for (let i = 0; i < SEGMENTS_PER_PAGE; i++) {
      const segment = await this.#segment(view, partition, through);
      const allowed = segment.since(historyFromMs);
      const projected = projectAfter(allowed, view, through, fieldsOf(this.entries, view.entry));
      const room = limit - events.length;
      events.push(...projected.slice(0, room));
      if (projected.length > room) return { events, through: events.at(-1)?.position ?? through };
      if (segment.through <= through) break;
      through = segment.through;
      if (events.length === limit) break;
    }
    return { events, through };
  }

  /** What was dispatched a moment ago is still in memory. */
  async #segment(view: View, partition: number, after: number): Promise<LogSegment> {
    const { recent, head } = this.engine.readers.at(partition);
    const events = recent.eventsAfter(after, view.entry);
    if (events) return new LogSegment(view.entry, after, head, events);
    return this.engine.segments.next({ entry: view.entry, partition, after });
  }

  async #giveReceipt(
    request: Pick<PageRequest, 'system' | 'grant' | 'cursor'>,
    { grant, version }: OpenGrant,
    source: ViewSource,
    page: { from: number; through: number; events: ProjectedEvent[]; log: string },
  ): Promise<void> {
    if (page.events.length === 0) return;
    const receipt = await this.engine.receipts.open({
      grant: grant.id,
      party: grant.party ?? partyOf(grant.entry),
      system: request.system,
      entry: grant.entry,
      partition: version.partition,
      log: page.log,
      session: 'http',
      cursor: request.cursor,
      encoding: 'http',
      grantSeq: grant.ledgerSeq,
      narrow: source.narrow,
      from: page.from,
    });
    if (!receipt.covers(page.through)) await receipt.extendTo(page.through);
    receipt.sent(page.through, page.events.length);
    // The totals may come later: until then the receipt counts as possibly delivered.
    this.engine.receipts.close(receipt, 'PULLED').catch(() => undefined);
  }
}

/** A cached segment may begin before the place that was asked for. */
function projectAfter(
  segment: LogSegment,
  view: View,
  after: number,
  field: (name: string) => ItemField,
): ProjectedEvent[] {
  const events = segment.events.filter((event) => event.position > after);
  return [...new LogSegment(segment.entry, after, segment.through, events).projected(view, field)];
}
