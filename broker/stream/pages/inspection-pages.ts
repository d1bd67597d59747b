import { SluiceError } from '../../../proto/errors.js';
import type { From } from '../../../proto/frames/frames.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StartPositions } from '../../event-log/start-position.js';
import { requireEpoch } from '../../event-log/truncation.js';
import type { LeaseCondition } from '../../parties/leases/leases.js';
import {
  ANY_STOP,
  type GrantAccess,
  type GrantLookup,
  type GrantSource,
  type OpenGrant,
  stopped,
} from '../subscriptions/grant-access.js';
import { startQuery } from '../subscriptions/start-query.js';
import { type EntryLookup, requireItem, versionsOf } from '../views/entry-fields.js';
import { View, viewKey } from '../views/view.js';
import type { Page } from './page.js';
import type { PageEvents } from './page-events.js';

export interface InspectionPagesDeps {
  access: Pick<GrantAccess, 'open' | 'check' | 'condition' | 'viewSource'>;
  grants: Pick<GrantLookup, 'get' | 'stops'>;
  entries: EntryLookup;
  starts: StartPositions;
  readers: PartitionReaders;
  events: PageEvents;
  secret: string;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
}

/** A person looks at the view of a grant, or at an entry whole. */
export interface InspectionRequest {
  /** Id of the access, which errors name. */
  id: string;
  grant: string | undefined;
  entry: string;
}

/** An opened inspection, to be read while `condition` holds. */
export interface Inspection {
  condition: LeaseCondition;
  /** Reads the events behind a position; `from` of the answer is the position that the page begins behind. */
  read(from: From, limit: number): Promise<Page & { from: number }>;
}

/**
 * Pages for a person and not for a subscriber: they move no cursor and leave no receipt, since whoever lets the person
 * look records each page. A grant's view is read under the conditions of the grant.
 */
export class InspectionPages {
  constructor(private readonly deps: InspectionPagesDeps) {}

  /** Throws like `GrantAccess.open`, and ENTRY_WITHDRAWN. A stop holds for an entry that is read whole as for grants on it. */
  open(request: InspectionRequest): Inspection {
    return request.grant === undefined ? this.#openEntry(request) : this.#openGrant(request.grant);
  }

  #openGrant(id: string): Inspection {
    const { access, grants } = this.deps;
    const system = grants.get(id)?.system ?? '';
    const open = access.open(system, id);
    const source = access.viewSource(open, undefined);
    const view = new View(viewKey(source), open.grant.entry, source);
    const condition = access.condition(system, open, view);
    return { condition, read: (from, limit) => this.#read(open, source, view, condition, from, limit) };
  }

  /** Every item that a version of the entry has had, in every row. */
  #openEntry({ id, entry }: InspectionRequest): Inspection {
    const { entries, grants, secret } = this.deps;
    const stop = grants.stops.ofEntry(entry);
    if (stop) throw stopped(stop, id);
    const version = entries.published(entry);
    if (!version) throw new SluiceError('ENTRY_WITHDRAWN', `entry ${entry} is not published`, { entry });
    const names = new Set(versionsOf(entries, entry).flatMap(({ items }) => items.map(({ name }) => name)));
    const grant = {
      id,
      entry,
      system: '',
      purpose: '',
      basis: '',
      period: { from: '', to: '' },
      items: [...names].map((name) => ({ name })),
    } as OpenGrant['grant'];
    const history = { fromMs: 0, reason: '' };
    const item = requireItem(entries, entry);
    const source: GrantSource = { grant, rows: {}, narrow: {}, history, item, secret };
    const view = new View(viewKey(source), entry, source);
    const condition: LeaseCondition = {
      records: [`entry:${entry}`, ANY_STOP],
      endsByTime: false,
      ended: () => {
        const standing = grants.stops.ofEntry(entry);
        if (standing) return stopped(standing, id);
        const now = entries.published(entry);
        if (now && view.isCurrent(now)) return undefined;
        return new SluiceError('ENTRY_CHANGED', `entry ${entry} was changed, ask again`, { entry });
      },
    };
    return { condition, read: (from, limit) => this.#read({ grant, version }, source, view, condition, from, limit) };
  }

  async #read(
    open: OpenGrant,
    source: GrantSource,
    view: View,
    condition: LeaseCondition,
    wanted: From,
    limit: number,
  ): Promise<Page & { from: number }> {
    const { starts, readers, events, logOf } = this.deps;
    const { partition } = open.version;
    const log = logOf(partition);
    const from = await starts.resolve(startQuery(open, source, log, wanted, undefined));
    const page = await events.read(view, source, partition, { after: from, limit });
    requireEpoch(open.grant.id, log, logOf(partition));
    const error = condition.ended();
    if (error) throw error;
    return { ...page, from, codec: view.codec, log, caughtUp: page.through >= readers.at(partition).head };
  }
}
