import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../proto/values/canonical-json.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Fields, HistoryItem, ProcedureFile } from '../files/file.js';
import { isPossible, type Machine } from './machine.js';
import type { Relations } from './relations.js';

/** SHA-256, in hex, of the document in the form of RFC 8785. */
export const digestOf = (document: unknown): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** The document of a file as `GET` shows it. */
export const shownDocument = (machine: Pick<Machine, 'shown'>, file: ProcedureFile): Fields =>
  machine.shown?.(file) ?? file.fields ?? file.document;

export interface NextAct {
  act: string;
  who: string;
}

/** The acts that the caller may perform now by state, role and relation; the guard of each may still refuse. */
function nextActs(
  machine: Machine,
  file: ProcedureFile,
  caller: OfficerCaller | undefined,
  relations: Relations,
): NextAct[] {
  if (!caller) return [];
  return machine.transitions
    .filter((row) => isPossible(row, file))
    .flatMap((row) => {
      const who = roleFor(row.who, file, caller, relations);
      return who === undefined ? [] : [{ act: row.act, who }];
    })
    .filter((one, index, all) => all.findIndex(({ act }) => act === one.act) === index);
}

/** The first of the relations and roles that the caller has; undefined for none. */
export function roleFor(
  who: readonly string[],
  { sides }: Pick<ProcedureFile, 'sides'>,
  caller: OfficerCaller,
  relations: Relations,
): string | undefined {
  return who.find((one) => {
    const dot = one.indexOf('.');
    if (dot < 0) return false;
    const [relation, role] = [one.slice(0, dot), one.slice(dot + 1)];
    if (role !== 'any' && !caller.roles.includes(role)) return false;
    if (role === 'competent_reviewer' && !relations.isCompetent(caller.party)) return false;
    return relations.holds(relation, sides, caller.party);
  });
}

/** The answer of every act, and the element of every list. */
export function describeFile(
  machine: Machine,
  file: ProcedureFile,
  caller: OfficerCaller | undefined,
  relations: Relations,
): Fields {
  const seen = asSeen(machine, file, caller, relations).file;
  const { kind, id, state, seq, clocks } = seen;
  const shown = clocks.map(({ pausedAt: _, resumedAt: _resumed, ...clock }) => clock);
  return {
    id,
    kind,
    file: { kind, id },
    state,
    seq,
    digest: digestOf(digested(machine, seen)),
    clocks: shown,
    next: nextActs(machine, file, caller, relations),
    links: { self: `/v1/${kind}/${id}`, ...machine.links?.(seen) },
    ...machine.answer?.(seen),
  };
}

/** The answer with the whole document and history, and what officers have put down for the next one to act. */
export function describeWhole(
  answer: Fields,
  machine: Machine,
  file: ProcedureFile,
  history: readonly HistoryItem[],
  { caller, relations }: { caller: OfficerCaller; relations: Relations },
): Fields {
  const seen = asSeen(machine, file, caller, relations);
  // An act may have come since the file was read, and an answer is of one moment.
  const shown = history.filter((item) => item.seq <= file.seq && !seen.hides?.(item));
  const details = machine.details?.(seen.file, caller);
  return { ...answer, ...details, document: shownDocument(machine, seen.file), history: shown };
}

/** The file as the caller sees it; the bus sees it whole. */
export function asSeen(
  machine: Machine,
  file: ProcedureFile,
  caller: OfficerCaller | undefined,
  relations: Relations,
): ReturnType<NonNullable<Machine['asSeen']>> {
  return (caller && machine.asSeen?.(file, caller, relations)) ?? { file };
}

const digested = (machine: Machine, file: ProcedureFile): Fields =>
  machine.digested?.(file) ?? shownDocument(machine, file);
