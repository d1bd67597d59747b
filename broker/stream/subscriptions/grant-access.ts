import { createHash } from 'node:crypto';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { GrantStatus } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import { SluiceError } from '../../../proto/errors.js';
import { canonicalRows } from '../../grants/canonical-rows.js';
import { type DeliveryStops, type StoppedTarget, stopText } from '../../grants/delivery-stops.js';
import { type Grant, statusAt } from '../../grants/grant.js';
import { checkRows } from '../../grants/rows-check.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { LeaseCondition } from '../../parties/leases/leases.js';
import { type EntryLookup, requireItem, versionsOf } from '../views/entry-fields.js';
import { type FilterHistory, filterHistory } from '../views/filter-history.js';
import { type KeyedSource, type View, type ViewSource, viewKey } from '../views/view.js';

/** The part of the grants that delivery needs. */
export interface GrantLookup {
  get(id: string): Grant | undefined;
  onChange(fn: (grant: Grant) => void): () => void;
  readonly stops: Pick<DeliveryStops, 'of' | 'ofEntry' | 'onStop'>;
}

export interface GrantAccessDeps {
  grants: GrantLookup;
  entries: EntryLookup;
  ledger: Pick<Ledger, 'isFresh'>;
  secret: string;
  clock(): number;
}

/** A grant that is in force for the caller, with the published version of its entry. */
export interface OpenGrant {
  grant: Grant;
  version: EntryVersion;
}

/** The view that a grant and a narrowing make, and the part of the log that it may and can be applied to. */
export interface GrantSource extends ViewSource {
  history: FilterHistory;
}

export interface KeyedGrantSource extends GrantSource, KeyedSource {}

/** Records of every stop, for a lease: whether one is of the right is not to be seen by its id. */
export const ANY_STOP = 'stop:*';

/** The source of a grant without a narrowing, as one version of its entry makes it. */
interface KnownSource {
  version: number;
  source: KeyedGrantSource;
}

/** Decides whether a system may use a grant now, and which part of the entry. What is not granted is refused. */
export class GrantAccess {
  /** A session that comes back follows the same grants: compiling their rows and keys anew was a part of each reconnect storm. */
  readonly #known = new WeakMap<Grant, KnownSource>();

  constructor(private readonly deps: GrantAccessDeps) {}

  /** Throws UNKNOWN_GRANT (also for somebody else's), GRANT_NOT_IN_FORCE, ENTRY_WITHDRAWN or LEDGER_OUT_OF_SIGHT. */
  open(system: string, id: string): OpenGrant {
    // With a stale ledger the grant could have been revoked already.
    if (!this.deps.ledger.isFresh)
      throw new SluiceError('LEDGER_OUT_OF_SIGHT', 'the ledger is stale: grants cannot be checked, try again');
    const grant = this.deps.grants.get(id);
    if (!grant || grant.system !== system)
      throw new SluiceError('UNKNOWN_GRANT', `no grant ${id} for this system`, { grant: id });
    const status = statusAt(grant, this.deps.clock());
    if (status !== 'in_force') throw notInForce(grant, status);
    const stop = this.deps.grants.stops.of(grant);
    if (stop) throw stopped(stop, id);
    const version = this.deps.entries.published(grant.entry);
    if (!version) throw new SluiceError('ENTRY_WITHDRAWN', `entry ${grant.entry} is not published`, { grant: id });
    return { grant, version };
  }

  /**
   * Throws when the right under which a grant was opened has ended or changed since: what was read for it must not be
   * handed out, although the system may have another right by now.
   */
  check(system: string, open: OpenGrant, view?: Pick<View, 'isCurrent'>): void {
    const now = this.open(system, open.grant.id);
    if (now.grant.ledgerSeq !== open.grant.ledgerSeq)
      throw new SluiceError('GRANT_CHANGED', `grant ${open.grant.id} was changed, ask again`, { grant: open.grant.id });
    if (view && !view.isCurrent(now.version)) throw entryChanged(open.grant.entry, open.grant.id);
  }

  /** The right that was opened as a condition of a lease. */
  condition(system: string, open: OpenGrant, view: Pick<View, 'isCurrent'>): LeaseCondition {
    const { id, entry } = open.grant;
    return {
      records: [`grant:${id}`, `entry:${entry}`, ANY_STOP],
      endsByTime: true,
      ended: () => {
        try {
          this.check(system, open, view);
          return undefined;
        } catch (error) {
          return error as SluiceError;
        }
      },
    };
  }

  /** Throws UNKNOWN_PREDICATE when the narrowing tests an item that is not granted, is transformed or not filterable. */
  viewSource(open: OpenGrant, narrow: Rows | undefined): KeyedGrantSource {
    const { grant, version } = open;
    if (narrow) {
      const plain = new Set(grant.items.filter((item) => !item.transform).map((item) => item.name));
      checkRows(narrow, version, { grantedPlain: plain });
      return this.#sourceOf(open, narrow);
    }
    const known = this.#known.get(grant);
    if (known?.version === version.version) return known.source;
    const source = this.#sourceOf(open, {});
    this.#known.set(grant, { version: version.version, source });
    return source;
  }

  #sourceOf({ grant, version }: OpenGrant, narrow: Rows): KeyedGrantSource {
    const filtered = new Set([...Object.keys(grant.rows ?? {}), ...Object.keys(narrow)]);
    const history = filterHistory(filtered.size > 0 ? versionsOf(this.deps.entries, grant.entry) : [], filtered);
    const granted: FilterHistory = { fromMs: grant.historyFromMs, reason: '' };
    let key: string | undefined;
    return {
      grant,
      rows: canonicalRows(grant.rows ?? {}, version),
      narrow: canonicalRows(narrow, version),
      history: history.fromMs > granted.fromMs ? history : granted,
      item: requireItem(this.deps.entries, grant.entry),
      secret: this.deps.secret,
      get key() {
        key ??= viewKey(this);
        return key;
      },
    };
  }
}

/** Digest of the narrowing that a cursor is bound to; '' without a narrowing. */
export function narrowingDigest(narrow: Rows): string {
  if (Object.keys(narrow).length === 0) return '';
  return createHash('sha256').update(JSON.stringify(narrow)).digest('base64url').slice(0, 22);
}

/** For subscribers of a grant that would deliver something else under the new version of its entry. */
export function entryChanged(entry: string, grant: string): SluiceError {
  return new SluiceError('ENTRY_CHANGED', `entry ${entry} has a new version, ask again`, { grant });
}

/** A read under a stop is refused as under a suspension; `id` is that of the grant, or of the access to an entry. */
export function stopped(stop: StoppedTarget, id: string): SluiceError {
  return new SluiceError('GRANT_NOT_IN_FORCE', `${id} delivers nothing: ${stopText(stop)}`, { grant: id });
}

function notInForce({ id, period }: Grant, status: GrantStatus): SluiceError {
  const how = status === 'provisioning' ? `begins on ${period.from}` : `is ${status}`;
  return new SluiceError('GRANT_NOT_IN_FORCE', `grant ${id} ${how}`, { grant: id });
}
