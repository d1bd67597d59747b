import { isSameEpoch } from '../../../proto/log-position.js';
import { cursorSubject } from '../../../proto/subject.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StartPositions } from '../../event-log/start-position.js';
import { requireEpoch } from '../../event-log/truncation.js';
import type { LeaseCondition } from '../../parties/leases/leases.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { CursorTraffic } from '../subscriptions/cursor-traffic.js';
import { type GrantAccess, narrowingDigest } from '../subscriptions/grant-access.js';
import { startQuery } from '../subscriptions/start-query.js';
import { View, viewKey } from '../views/view.js';
import type { Page, PageRequest } from './page.js';
import type { PageEvents } from './page-events.js';
import type { PageReceipts } from './page-receipts.js';

export interface PageReaderDeps {
  access: GrantAccess;
  cursors: Pick<CursorStore, 'load' | 'startEpoch'>;
  starts: StartPositions;
  readers: PartitionReaders;
  events: PageEvents;
  receipts: PageReceipts;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  onPulled(request: PageRequest, events: number): void;
  traffic: Pick<CursorTraffic, 'pulled'>;
}

/** Grants read over plain HTTP, a page at a time. */
export class PageReader {
  constructor(private readonly deps: PageReaderDeps) {}

  /** Reads one page; the next one starts at its `through`. The page's receipt is stored before this resolves. */
  async pull(request: PageRequest): Promise<Page> {
    const { access, cursors, starts, readers, logOf } = this.deps;
    const open = access.open(request.system, request.grant);
    const source = access.viewSource(open, request.narrow);
    const { partition } = open.version;
    const log = logOf(partition);
    const stored = await cursors.load(request.grant, request.cursor, narrowingDigest(source.narrow));
    const from = await starts.resolve(startQuery(open, source, log, request.from, stored));
    if (stored && !isSameEpoch(stored.record.log, log))
      await cursors.startEpoch(request.grant, request.cursor, log, stored);
    const view = new View(viewKey(source), open.grant.entry, source);
    const page = await this.deps.events.read(view, source, partition, {
      after: from,
      limit: request.limit,
      bytesMax: request.bytesMax,
    });
    await this.deps.receipts.record(request, open, source, { from, log, ...page }, () => {
      // The grant may have been changed, or the log truncated, while the page was read: then nothing goes out.
      access.check(request.system, open, view);
      requireEpoch(request.grant, log, logOf(partition));
    });
    this.deps.onPulled(request, page.events.length);
    this.deps.traffic.pulled(cursorSubject(request.grant, request.cursor), page.events.length);
    return { ...page, codec: view.codec, log, caughtUp: page.through >= readers.at(partition).head };
  }

  /** The right to read these pages, as a condition of a lease. Throws when it is not there. */
  condition({ system, grant, narrow }: Pick<PageRequest, 'system' | 'grant' | 'narrow'>): LeaseCondition {
    const { access } = this.deps;
    const open = access.open(system, grant);
    const source = access.viewSource(open, narrow);
    return access.condition(system, open, new View(viewKey(source), open.grant.entry, source));
  }

  /** Resolves when the log has moved past a position, or after the timeout. */
  async waitForMore(
    { system, grant }: Pick<PageRequest, 'system' | 'grant'>,
    after: number,
    ms: number,
  ): Promise<void> {
    const { version } = this.deps.access.open(system, grant);
    await this.deps.readers.at(version.partition).waitPast(after, ms);
  }
}
