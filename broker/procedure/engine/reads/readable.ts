import type { OfficerCaller } from '../../../parties/caller.js';
import type { ProcedureFile } from '../../files/file.js';
import type { FileQuery, FileReader } from '../../files/file-reader.js';
import type { Machine } from '../machine.js';
import { partiesOf, type Relations } from '../relations.js';

/** Whether an officer reads a file: of its sides, of their peer, of the superior, or an auditor above. */
export function isReadable(
  machine: Machine,
  file: ProcedureFile,
  caller: OfficerCaller,
  relations: Relations,
): boolean {
  if (machine.isReadByAll) return true;
  const own = machine.isReadable?.(file, caller, relations);
  if (own !== undefined) return own;
  const sides = partiesOf(file.sides);
  if (sides.some((party) => relations.reads(caller.party, party))) return true;
  const isAuditorAbove = caller.roles.includes('auditor') && relations.isCompetent(caller.party);
  return isAuditorAbove && sides.some((party) => relations.isAbove(caller.party, party));
}

/** Stored pages that one answer looks through: somebody who sees few of many files gets a shorter page with a `next`. */
const PAGES_MAX = 20;
/** Files of each stored page behind the first, so that a short page looks as far as a long one. */
const MORE_FILES_MIN = 200;

/**
 * A page of the files for which `see` answers something, filled up from as many stored pages as it takes, at most
 * `PAGES_MAX` and as its bytes allow. `next` is the first record of the file behind which the next page begins: its id may be of a file that the
 * reader may not know of.
 */
export async function readablePage<Seen>(
  reader: Pick<FileReader, 'list'>,
  query: FileQuery,
  see: (file: ProcedureFile) => Seen | undefined,
): Promise<{ found: Seen[]; next?: number }> {
  const found: Seen[] = [];
  let { after, limit } = query;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await reader.list({ ...query, limit, ...(after !== undefined && { after }) });
    for (const [index, file] of page.files.entries()) {
      const seen = see(file);
      if (seen === undefined) continue;
      found.push(seen);
      const isLast = index === page.files.length - 1 && page.next === undefined;
      if (found.length === query.limit) return { found, ...(!isLast && { next: page.firstSeqs[index] as number }) };
    }
    if (page.next === undefined) return { found };
    after = page.next;
    // Full by its bytes: with those of more stored pages the answer would be a multiple of them.
    if (page.files.length < limit && found.length > 0) break;
    limit = Math.max(query.limit, MORE_FILES_MIN);
  }
  return { found, ...(after !== undefined && { next: after }) };
}
