import { isCanaryName } from '../../../proto/canary.js';
import type { Batch } from '../engine/batch.js';
import type { FileRef } from '../files/file.js';

/** An officer or system as the ledger holds it. */
interface Stored {
  credential?: string | undefined;
  subject?: string | undefined;
}

/**
 * Whether an id stands for an officer or system already: for one with a file, also one who has left, for the first operator, or
 * for the canary. The id of somebody whom the registration of a trial has ended may be given anew.
 */
export async function isTaken(ref: FileRef, stored: Stored | undefined, batch: Batch): Promise<boolean> {
  if (isCanaryName(ref.id)) return true;
  if (!stored) return false;
  const { credential, subject } = stored;
  if (credential !== undefined || subject !== undefined) return true;
  return (await batch.get({ kind: ref.kind, id: ref.id })) !== undefined;
}
