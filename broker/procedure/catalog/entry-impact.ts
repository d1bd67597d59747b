import type { EntryDocument, Item } from '../../../proto/entry/entry.js';
import type { Grant } from '../../grants/grant.js';
import { shownOf } from '../../stream/views/transform.js';
import { digestOf } from '../engine/answer.js';
import type { ActContext } from '../engine/machine.js';
import type { ProcedureFile } from '../files/file.js';
import { inForce, memoOf } from './entry-file.js';

/** Changes that a newer text of an entry would bring to one live grant. */
export interface Impact {
  grant: string;
  /** Granted items that the text does not have any more. */
  loses: string[];
  /** An item of the grant's rows is gone, or not filterable any more. */
  rowsBroken: boolean;
  /** Granted items of which the text would show more: a mask that hides less. */
  newlyDisclosed: string[];
  /** Sharing modes before and after, where one of them is taken away; else null. */
  mode: { from: string[]; to: string[] } | null;
}

const listOf = (modes: unknown): string[] =>
  modes === undefined ? [] : Array.isArray(modes) ? modes : [String(modes)];

export function impactOf(current: EntryDocument, newer: EntryDocument, grants: readonly Grant[]): Impact[] {
  const before = new Map(current.items.map((item) => [item.name, item]));
  const after = new Map((newer.items ?? []).map((item) => [item.name, item]));
  const [from, to] = [listOf(current.sharingModes), listOf(newer.sharingModes)];
  const mode = from.some((one) => !to.includes(one)) ? { from, to } : null;
  return grants.map((grant) => ({
    grant: grant.id,
    loses: grant.items.map(({ name }) => name).filter((name) => before.has(name) && !after.has(name)),
    rowsBroken: Object.keys(grant.rows ?? {}).some((name) => !after.get(name)?.filterable),
    newlyDisclosed: grant.items
      .filter(({ name, transform }) => transform === 'mask' && showsMore(before.get(name), after.get(name)))
      .map(({ name }) => name),
    mode,
  }));
}

/** Lengths of values for which two masks are compared: beyond, they differ as they do here. */
const LENGTH_MAX = 256;

/** A character that the mask before hid: what one end shows less, the other one may show more. */
function showsMore(before: Item | undefined, after: Item | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  for (let length = 1; length <= LENGTH_MAX; length++) {
    const [was, is] = [shownOf(before.maskRule, length), shownOf(after.maskRule, length)];
    if (is.first > was.first || is.last > was.last) return true;
  }
  return false;
}

const takesAway = ({ loses, rowsBroken, mode }: Impact): boolean => loses.length > 0 || rowsBroken || mode !== null;

/** Live grants from which the newer text of the file takes something. */
function deprivedGrants({ world, nowMs, file }: ActContext, newer: EntryDocument): Impact[] {
  const current = inForce(file)?.document;
  return current ? impactOf(current, newer, world.grants.liveOn(file.id, nowMs)).filter(takesAway) : [];
}

/** Changes of one entry are few: an open one of each `what`, and those that were executed. */
const CHANGES_MAX = 1_000;

async function changesOf({ batch, file }: ActContext, states: string[]): Promise<ProcedureFile[]> {
  return batch.list({ kind: 'changes', about: `catalog/${file.id}`, states, limit: CHANGES_MAX });
}

const shown = ({ fields, document }: ProcedureFile) => (fields ?? document) as ShownChange;
interface ShownChange {
  what?: string;
  version?: string;
  grants?: (string | { id?: string; grant?: string })[];
}

/** Whether a change in one of these states announces that text to the grants that lose something (R27). */
export async function isAnnounced(context: ActContext, newer: EntryDocument, states: string[]): Promise<boolean> {
  const deprived = deprivedGrants(context, newer);
  if (deprived.length === 0) return true;
  const onlyModes = deprived.every(({ loses, rowsBroken }) => loses.length === 0 && !rowsBroken);
  const digest = digestOf(newer);
  const since = memoOf(context.file).publishedBehind ?? 0;
  return (await changesOf(context, states)).some((change) => {
    const { what, version } = shown(change);
    if (what === 'version') return version === digest;
    return what === 'mode' && onlyModes && change.seq > since;
  });
}

/** Live grants that no executed change of withdrawal covers. */
export async function uncoveredGrants(context: ActContext): Promise<string[]> {
  const { world, file, nowMs } = context;
  const live = world.grants.liveOn(file.id, nowMs).map(({ id }) => id);
  if (live.length === 0) return [];
  const executed = (await changesOf(context, ['executed'])).map(shown).filter(({ what }) => what === 'withdraw');
  const covered = new Set(
    executed.flatMap(({ grants = [] }) => grants.map((one) => (typeof one === 'string' ? one : (one.id ?? one.grant)))),
  );
  return live.filter((id) => !covered.has(id));
}
