import type { From } from '../../../proto/frames.js';
import type { StoredCursor } from '../cursors/cursor-record.js';
import type { OpenGrant } from '../grant-access.js';
import type { StartQuery } from './start-position.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The question where a grant is read from, for a request and the cursor that is stored. */
export function startQuery(open: OpenGrant, log: string, from: From, stored: StoredCursor | undefined): StartQuery {
  const { grant, version } = open;
  const { retentionDays } = version.document;
  return {
    grant: grant.id,
    partition: version.partition,
    log,
    from,
    cursor: stored?.record.position ?? null,
    // A claim that nothing was acknowledged under holds no position, of whatever life.
    cursorLog: stored?.record.position == null ? undefined : stored.record.log,
    historyFromMs: grant.historyFromMs,
    retentionMs: retentionDays === undefined ? undefined : retentionDays * DAY_MS,
  };
}
