import type { EntryDocument } from '../../../proto/entry/entry.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import type { EntryState, PublishedEntry } from '../../catalog/entry-state.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Clock } from '../clock/clock.js';
import { digestOf } from '../engine/answer.js';
import type { NamedAttachment } from '../engine/machine.js';
import type { Relations } from '../engine/relations.js';
import type { Fields, FileState, HistoryItem, ProcedureFile } from '../files/file.js';

/** States in which a published version without a newer one may be. */
export const OF_A_PUBLISHED = ['published', 'update_due'] as const;
/** States of a version before its publication. */
export const OF_A_NEWER = ['draft', 'approved_internal', 'under_review', 'returned', 'updating'] as const;
/** States of a version that the peer has before it. */
const SUBMITTED: readonly string[] = ['under_review', 'returned'];

/** State of an entry that guards of later acts need. */
export interface EntryMemo extends Fields {
  endsAt?: string | undefined;
  /** Officers who wrote the version that is not published yet. */
  editors?: string[];
  /** The peer has had a version of the entry before it, so that it reads the file. */
  wasSubmitted?: boolean;
  /** The event that obliges to update; open until the publication of a version. */
  trigger?: Fields;
  /** Extension of D1 that was asked for, once for each D1. */
  extension?: { days: number; reason?: string; isGranted: boolean };
  /** A request for withdrawal stands. */
  withdrawalRequested?: boolean;
  /** Record behind which the version in force was published. */
  publishedBehind?: number;
}

type WithDocument = Pick<ProcedureFile, 'document'>;

export const memoOf = ({ memo }: Pick<FileState, 'memo'>): EntryMemo => memo as EntryMemo;
export const stateOf = ({ document }: WithDocument): Partial<EntryState> => document as Partial<EntryState>;
export const draftOf = (file: WithDocument): EntryDocument | undefined => stateOf(file).draft;
export const providerOf = (entry: string): string => splitEntryId(entry).party;

/** The version in force; undefined before the first, and of a withdrawn entry. */
export function inForce(file: WithDocument): PublishedEntry | undefined {
  const { status, published } = stateOf(file);
  return status === 'published' || status === 'updating' ? published : undefined;
}

/** The text of the newest version, published or not. */
export const newestText = (file: WithDocument): EntryDocument | undefined =>
  draftOf(file) ?? stateOf(file).published?.document;

/** A text that is no digest names a paper that is kept elsewhere. */
const DIGEST = /^[0-9a-f]{64}$/;

/** The papers of the assessments, as the newest text names them by digest. */
export function assessmentsOf({ file }: { file: WithDocument }): NamedAttachment[] {
  const text = newestText(file) as Partial<Record<string, { attachment?: unknown }>> | undefined;
  return ['secrecyAssessment', 'piAssessment'].flatMap((member) => {
    const sha256 = text?.[member]?.attachment;
    const isDigest = typeof sha256 === 'string' && DIGEST.test(sha256);
    return isDigest ? [{ path: `/${member}/attachment`, sha256 }] : [];
  });
}

export const textDigest = (file: WithDocument): string | undefined => {
  const text = newestText(file);
  return text && digestOf(text);
};

/** Why the entry must be updated, and the extension that was asked for: the department acts on the one, its peer on the other. */
export function obligationOf(file: Pick<FileState, 'memo'>): Fields {
  const { trigger, extension } = memoOf(file);
  const { days, reason } = extension ?? {};
  return {
    ...(trigger && { trigger }),
    ...(extension && { extension: { days, ...(reason !== undefined && { reason }) } }),
  };
}

/** The newest D1, while the update that it asks for is not submitted. */
export function openD1({ clocks }: Pick<FileState, 'clocks'>): Clock | undefined {
  const newest = clocks.findLast(({ id }) => id === 'D1');
  return newest?.doneAt === undefined ? newest : undefined;
}

/** The state of an entry whose newer version is published or discarded. */
export const stateBesides = (file: Pick<FileState, 'clocks'>): string => (openD1(file) ? 'update_due' : 'published');

/**
 * The file as an officer sees it: the own party whole, the peer from the submission on, everybody else the version in force alone. Before a
 * first version whoever stands above sees what the peer sees.
 */
export function entryAsSeen(
  file: ProcedureFile,
  caller: OfficerCaller,
  relations: Relations,
): { file: ProcedureFile; hides?(item: HistoryItem): boolean } {
  const own = providerOf(file.id);
  const published = inForce(file);
  if (caller.party === own || !draftOf(file)) return { file };
  const isReviewing = published ? relations.peerOf(own) === caller.party : relations.isAbove(caller.party, own);
  if (isReviewing && SUBMITTED.includes(file.state)) return { file };
  if (!published) return { file: { ...file, document: { status: 'draft' } } };
  return {
    file: {
      ...file,
      state: stateBesides(file),
      document: { status: 'published', published },
      clocks: file.clocks.filter(({ id, doneAt }) => id !== 'D2' || doneAt !== undefined),
    },
    hides: ({ to }) => to !== undefined && !['published', 'update_due', 'withdrawn'].includes(to),
  };
}

/** States to look in for files that somebody may see in one of these. */
export const widenedStates = (states: readonly string[]): string[] => [
  ...new Set([...states, ...(states.some((one) => OF_A_PUBLISHED.includes(one as 'published')) ? OF_A_NEWER : [])]),
];
