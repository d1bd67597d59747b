import type { Grants } from '../../grants/grants.js';
import type { Procedure } from '../engine/procedure.js';

export interface FirstDeliveriesDeps {
  procedure: Pick<Procedure, 'byBus'>;
  grants: Pick<Grants, 'get'>;
}

/**
 * Puts a grant in force with the first acknowledgement of a delivered event (G2). Every broker asks for it, and the append
 * lets one through. An attempt that fails is made again with the next acknowledgement, so none has to be remembered.
 */
export class FirstDeliveries {
  readonly #running = new Map<string, Promise<void>>();

  constructor(private readonly deps: FirstDeliveriesDeps) {}

  /** Resolves when the grant is in force, or is past that. Rejects with STORE_UNAVAILABLE. */
  async note(grant: string): Promise<void> {
    if (this.deps.grants.get(grant)?.undelivered !== true) return;
    const running = this.#running.get(grant) ?? this.#record(grant).finally(() => this.#running.delete(grant));
    this.#running.set(grant, running);
    await running;
  }

  async #record(grant: string): Promise<void> {
    const ref = { kind: 'grants', id: grant } as const;
    await this.deps.procedure.byBus(async (runner) => {
      const file = await runner.batch.get(ref);
      if (file?.state === 'provisioning') await runner.followByBus({ ref, act: 'first-delivery' });
    });
  }
}
