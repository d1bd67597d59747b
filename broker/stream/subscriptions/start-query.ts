import type { From } from '../../../proto/frames/frames.js';
import type { StartQuery } from '../../event-log/start-position.js';
import { acknowledgedPosition, type StoredCursor } from '../cursors/cursor-record.js';
import type { GrantSource, OpenGrant } from './grant-access.js';

/** Makes the query that finds the start position from a request and the stored cursor. */
export function startQuery(
  open: OpenGrant,
  { history }: Pick<GrantSource, 'history'>,
  log: string,
  from: From,
  stored: StoredCursor | undefined,
): StartQuery {
  const { grant, version } = open;
  return {
    grant: grant.id,
    entry: grant.entry,
    partition: version.partition,
    log,
    from,
    cursor: stored && acknowledgedPosition(stored.record),
    historyFromMs: history.fromMs,
    historyReason: history.reason,
    isBorderSkipped: grant.resumedFrom !== undefined && history.reason === '',
  };
}
