import type { LawfulProblem } from '../../../proto/errors.js';
import type { OfficerCaller } from '../../parties/caller.js';
import { asSeen, shownDocument } from '../engine/answer.js';
import type { ActContext, Machine, NamedAttachment } from '../engine/machine.js';
import { isReadable } from '../engine/reads/readable.js';
import { problem } from '../engine/refusals.js';
import type { Relations } from '../engine/relations.js';
import type { ProcedureFile } from '../files/file.js';
import type { AttachmentFacts, FileReader } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';

export interface VisibilityDeps {
  reader: Pick<FileReader, 'attachment' | 'getMany' | 'history'>;
  machines: ReadonlyMap<Kind, Machine>;
  relations: Relations;
}

/**
 * An attachment that the officer's department stored, or that stands in a file as the officer reads it; undefined for every
 * other, which is answered like one that is not stored.
 */
export async function visibleAttachment(
  deps: VisibilityDeps,
  caller: OfficerCaller,
  sha256: string,
): Promise<AttachmentFacts | undefined> {
  const facts = await deps.reader.attachment(sha256);
  if (!facts || facts.parties.includes(caller.party)) return facts;
  for (const file of await deps.reader.getMany(facts.files)) {
    if (file && (await isNamedIn(file, deps, caller, sha256))) return facts;
  }
  return undefined;
}

/** Whether the file, as the officer reads it, names the attachment: some readers see less of a file than others. */
async function isNamedIn(
  file: ProcedureFile,
  { reader, machines, relations }: VisibilityDeps,
  caller: OfficerCaller,
  sha256: string,
): Promise<boolean> {
  const machine = machines.get(file.kind);
  if (!machine?.available || !isReadable(machine, file, caller, relations)) return false;
  const seen = asSeen(machine, file, caller, relations);
  if (JSON.stringify(shownDocument(machine, seen.file)).includes(`"${sha256}"`)) return true;
  const history = await reader.history(file);
  return history.some((item) => item.attachments.includes(sha256) && !seen.hides?.(item));
}

/** A problem for each attachment that an act names and its actor cannot see. */
export async function unknownAttachments(
  context: ActContext,
  machines: VisibilityDeps['machines'],
): Promise<LawfulProblem[]> {
  const { caller, attachments, transition, batch, world } = context;
  if (!caller) return [];
  const deps = { reader: batch.reader, machines, relations: world.relations };
  const given = attachments.map((sha256, index): NamedAttachment => ({ path: `/attachments/${index}`, sha256 }));
  const problems: LawfulProblem[] = [];
  for (const { path, sha256 } of [...given, ...(transition.names?.(context) ?? [])]) {
    if (await visibleAttachment(deps, caller, sha256)) continue;
    problems.push(problem(path, 'ATTACHMENT_UNKNOWN', 'is not stored by the department, and in no file that it reads'));
  }
  return problems;
}
