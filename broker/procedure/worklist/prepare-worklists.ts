import type { OfficerCaller } from '../../parties/caller.js';
import type { StoredOfficer } from '../../parties/officer.js';
import type { Worklist } from './worklist.js';

export interface PreparedWorklistsDeps {
  worklist: Pick<Worklist, 'of'>;
  officers: { list(): StoredOfficer[] };
  /** Party that owns the platform. */
  owner: string;
  /** From the call to the first list. */
  afterMs?: number;
}

/** The bus serves by then. */
const AFTER_MS = 5_000;
/** Lists that are made, one for officers with the same roles. */
const LISTS_MAX = 3;

/**
 * Makes the worklists of the owner's reviewers after a start, before anybody asks. They show the most urgent files of the whole bus, and the
 * first list of a process takes ten times as long as later ones, since its code is not compiled yet and nothing is known of any
 * file (docs/decisions/0242). Returns the function that ends it.
 */
export function prepareWorklists({ worklist, officers, owner, afterMs = AFTER_MS }: PreparedWorklistsDeps): () => void {
  let isStopped = false;
  const prepare = async (): Promise<void> => {
    const byRoles = new Map<string, OfficerCaller>();
    for (const { id, party, roles, contract } of officers.list()) {
      if (party !== owner || !roles.includes('competent_reviewer') || byRoles.size >= LISTS_MAX) continue;
      byRoles.set(roles.join(), { kind: 'officer', id, party, roles, ...(contract !== undefined && { contract }) });
    }
    for (const officer of byRoles.values()) {
      if (isStopped) return;
      await worklist.of(officer, false);
    }
  };
  // A list that cannot be read now is made when somebody asks.
  const timer = setTimeout(() => void prepare().catch(() => {}), afterMs).unref();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
