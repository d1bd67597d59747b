import type { From } from '../../../proto/frames/frames.js';
import type { StartQuery } from '../../event-log/start-position.js';
import type { StoredCursor } from '../cursors/cursor-record.js';
import type { OpenGrant } from './grant-access.js';

/** The question where a grant is read from, for a request and the cursor that is stored. */
export function startQuery(open: OpenGrant, log: string, from: From, stored: StoredCursor | undefined): StartQuery {
  const { grant, version } = open;
  return {
    grant: grant.id,
    entry: grant.entry,
    partition: version.partition,
    log,
    from,
    cursor: stored?.record.position ?? null,
    // A claim that nothing was acknowledged under holds no position, of whatever life.
    cursorLog: stored?.record.position == null ? undefined : stored.record.log,
    historyFromMs: grant.historyFromMs,
  };
}
