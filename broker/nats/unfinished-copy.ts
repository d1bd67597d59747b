import type { Bus } from './bus.js';
import { LEDGER_STREAM, UNFINISHED_COPY_STREAM } from './stream-names.js';
import { findStream } from './streams.js';

/** The store is not that of a bus which could be served; the message says what to do. */
export class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError';
}

/** Marks the target of a copy until it is whole: before, it looks like a store and lacks events, acts or receipts. Throws StoreUnusableError. */
export async function markUnfinished({ jsm }: Bus, replicas: number): Promise<void> {
  try {
    await jsm.streams.add({ name: UNFINISHED_COPY_STREAM, subjects: ['copy-unfinished'], num_replicas: replicas });
  } catch (error) {
    throw new StoreUnusableError(`the target takes no copy: ${(error as Error).message}`, { cause: error });
  }
}

export async function markFinished({ jsm }: Bus): Promise<void> {
  await jsm.streams.delete(UNFINISHED_COPY_STREAM);
}

/** Throws StoreUnusableError for a copy that was interrupted and, where a copy must be there, for a server without a bus. */
export async function refuseUnusableStore(bus: Bus, { restored }: { restored: boolean }): Promise<void> {
  if (await findStream(bus, UNFINISHED_COPY_STREAM)) {
    throw new StoreUnusableError(
      'the store is a copy that was interrupted: streams of the bus are missing. Repeat sluice store copy to the same target, which ' +
        'begins it anew, or restore another copy',
    );
  }
  if (restored && !(await findStream(bus, LEDGER_STREAM))) {
    throw new StoreUnusableError(
      'SLUICE_RESTORED=1 is set, and there is no copy of a bus in the store: put it into the data folder, or copy it to the NATS, of this ' +
        'broker first. For a new bus start without SLUICE_RESTORED',
    );
  }
}
