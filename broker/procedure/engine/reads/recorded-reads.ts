import type { Ledger } from '../../../ledger/ledger.js';
import { actorOf, type OfficerCaller } from '../../../parties/caller.js';
import type { FileRef } from '../../files/file.js';
import type { FileReader } from '../../files/file-reader.js';
import { KINDS } from '../../files/kinds.js';

/** Puts on record that an officer has read these files, which then shows in their history (regulation R29). */
export async function recordReads(
  { ledger, reader }: { ledger: Pick<Ledger, 'appendAll'>; reader: Pick<FileReader, 'getMany'> },
  caller: OfficerCaller,
  refs: readonly FileRef[],
): Promise<void> {
  if (refs.length === 0) return;
  const actor = actorOf(caller);
  const [role] = caller.roles;
  await ledger.appendAll(
    async (head) => {
      const files = (await reader.getMany(refs, head)).filter((file) => file !== undefined);
      return files.map(({ kind, id, document }) => ({
        kind: KINDS[kind].ledger,
        id,
        act: 'read',
        actor,
        role,
        document,
      }));
    },
    { actor, atomic: true },
  );
}
