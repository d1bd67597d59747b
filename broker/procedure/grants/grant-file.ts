import { type EntryVersion, splitEntryId } from '../../../proto/entry/entry.js';
import type { GrantedItem, GrantStatus } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import { canonicalRows } from '../../grants/canonical-rows.js';
import type { SkippedTime, StoredGrant } from '../../grants/grant.js';
import { boundsOf } from '../../grants/grant-period.js';
import { momentOf } from '../clock/shanghai-days.js';
import type { ActContext } from '../engine/machine.js';
import type { Fields, ProcedureFile, Sides } from '../files/file.js';

/** Body of the act G1, by which a reply, a decision or an order makes a grant. */
export interface GrantOrder {
  /** File that the grant comes from: an application, or a backflow. */
  application: string;
  kind: string;
  reply: { items: GrantedItem[]; conditions?: string[] };
  applied: {
    entry: string;
    version?: number;
    system?: string;
    party: string;
    rows?: Rows;
    scenario?: string;
    basis?: { title: string; article: string }[];
    period?: { from?: string; to?: string };
    history?: string;
  };
  sides: Sides;
}

/** A proof of disposal that the provider has not accepted yet. */
export interface OpenProof {
  seq: number;
  digest: string;
  method: 'destroyed' | 'retained_by_law';
  statement: string;
  attachments: string[];
}

export const grantOf = ({ document }: ProcedureFile): StoredGrant => document as unknown as StoredGrant;

export const entryVersionOf = (
  { world }: ActContext,
  { entry, version }: { entry: string; version?: number | undefined },
): EntryVersion | undefined => world.catalog.version(entry, Number(version));

export const skippedTimesOf = ({ memo }: ProcedureFile): SkippedTime[] => (memo.skipped ?? []) as SkippedTime[];

/** An order of the law has no end; a period needs one. */
const NEVER = '9999-12-31';

const SHOWN: Readonly<Record<string, GrantStatus>> = {
  provisioning: 'provisioning',
  in_force: 'in_force',
  suspended: 'suspended',
  expired: 'expired',
  terminated: 'terminated',
};

/** Writes the grant, and how it is shown: with the status of its state, with a proof that waits. */
export function setGrant(file: ProcedureFile, stored: StoredGrant, state: string): void {
  file.document = { ...stored } as unknown as Fields;
  const { undelivered: _, resumedFrom: _resumed, ...rest } = stored;
  // `disposing` and `closed` show the status in which delivery ended.
  const status = SHOWN[state] ?? file.fields?.status ?? 'terminated';
  const { proof } = file.memo;
  const period = stored.period.to === NEVER ? { from: stored.period.from } : stored.period;
  file.fields = { ...rest, period, status, ...(proof !== undefined && { proof }) };
}

/** G1: the right itself, as the stream reads it. */
export function makeGrant(context: ActContext): void {
  const { file, body } = context;
  const { application, kind, reply, applied, sides } = body as unknown as GrantOrder;
  const entry = entryVersionOf(context, applied);
  const rows = canonicalRows(applied.rows ?? {}, entry);
  const period = { from: String(applied.period?.from), to: applied.period?.to ?? NEVER };
  const stored: StoredGrant = {
    id: file.id,
    application,
    party: applied.party,
    system: String(applied.system),
    entry: applied.entry,
    version: applied.version,
    items: reply.items,
    ...(Object.keys(rows).length > 0 && { rows }),
    purpose: applied.scenario ?? '',
    basis: basisText(applied.basis ?? []),
    period,
    history: applied.history ?? 'none',
    kind,
    status: 'in_force',
    undelivered: true,
    ...(reply.conditions && { conditions: reply.conditions }),
  };
  const { fromMs, toMs } = boundsOf(stored);
  file.sides = { provider: String(sides.provider ?? splitEntryId(applied.entry).party), demand: applied.party };
  const source = kind === 'backflow' ? 'backflows' : 'applications';
  file.about = [`catalog/${applied.entry}`, `${source}/${application}`];
  if (applied.period?.to !== undefined) file.memo = { endsAt: momentOf(toMs) };
  setGrant(file, stored, 'provisioning');
  startDelivery(context, fromMs, entry);
}

const DELIVERY_DAYS = 20;

/** D6 does not start before the period of the grant does. */
function startDelivery({ file, clocks, nowMs }: ActContext, fromMs: number, entry: EntryVersion | undefined): void {
  const { D6 } = (entry?.document.promisedDays ?? {}) as Record<string, number>;
  const startMs = Math.max(nowMs, fromMs);
  const party = String(file.sides.provider);
  clocks.start({ id: 'D6', party, startMs, unit: 'wd', length: DELIVERY_DAYS }, D6);
}

const basisText = (basis: readonly { title: string; article: string }[]): string =>
  basis.map(({ title, article }) => `${title}, article ${article}`).join('; ');
