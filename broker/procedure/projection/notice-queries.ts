import { SluiceError } from '../../../proto/errors.js';
import { momentOf } from '../clock/shanghai-days.js';
import type { Notice } from '../files/file.js';
import type { NoticeQuery } from '../files/file-reader.js';
import type { ProjectionDatabase, Row } from './database.js';
import { EVERYBODY, noticeId, parseNoticeId } from './notice-writer.js';

const COLUMNS = 'n.*, r.at AS read_at, r.actor AS read_by';
const JOINED = 'notices n LEFT JOIN readings r ON r.party = ? AND r.seq = n.seq AND r.ordinal = n.ordinal';

/** Oldest first; those to everybody from the party's own registration on. Throws BAD_REQUEST when `after` is no id. */
export function listNotices(
  db: ProjectionDatabase,
  { party, after, unread, limit }: NoticeQuery,
): { notices: Notice[]; next?: string } {
  const position = after === undefined ? ([0, 0] as const) : parseNoticeId(after);
  if (!position) throw new SluiceError('BAD_REQUEST', `after: ${after} is no id of a notice`);
  const rows = [party, EVERYBODY].flatMap((to) => {
    const [seq, ordinal] = to === EVERYBODY ? laterOf(position, registeredAt(db, party)) : position;
    return db.all(
      `SELECT ${COLUMNS} FROM ${JOINED} WHERE n.party = ? AND (n.seq, n.ordinal) > (?, ?)
       ${unread ? 'AND r.at IS NULL' : ''} ORDER BY n.seq, n.ordinal LIMIT ?`,
      party,
      to,
      seq,
      ordinal,
      limit + 1,
    );
  });
  const notices = rows.map((row) => notice(row, party));
  notices.sort((a, b) => a.seq - b.seq || ordinalOf(a) - ordinalOf(b));
  const page = notices.slice(0, limit);
  return { notices: page, ...(notices.length > limit && { next: (page.at(-1) as Notice).id }) };
}

export function noticeOf(db: ProjectionDatabase, id: string, party: string): Notice | undefined {
  const position = parseNoticeId(id);
  if (!position) return undefined;
  const row = db.get(
    `SELECT ${COLUMNS} FROM ${JOINED} WHERE n.seq = ? AND n.ordinal = ? AND n.party IN (?, ?)`,
    party,
    ...position,
    party,
    EVERYBODY,
  );
  if (!row || (row.party === EVERYBODY && position[0] < registeredAt(db, party))) return undefined;
  return notice(row, party);
}

/** Sequence of the record that registered a party; beyond every record for none. */
const registeredAt = (db: ProjectionDatabase, party: string): number =>
  (db.get(`SELECT n FROM files WHERE kind = 'parties' AND id = ?`, party)?.n as number | undefined) ??
  Number.MAX_SAFE_INTEGER;

const laterOf = (position: readonly [number, number], registered: number): readonly [number, number] =>
  position[0] >= registered ? position : [registered, 0];

const ordinalOf = ({ id }: Notice): number => Number(id.slice(id.lastIndexOf('-') + 1));

/** The subject of an alarm is a member of its own; other details stand together, since they have a `to` too. */
const shownDetails = (details: { alarm?: string }): object =>
  details.alarm === undefined ? { details } : { alarm: details.alarm };

function notice(row: Row, to: string): Notice {
  const { about_kind: kind, about_id: id, article, clock, details, read_at: readAt, read_by: readBy } = row;
  return {
    id: noticeId(row.seq as number, row.ordinal as number),
    to,
    kind: row.kind,
    about: { kind, id },
    seq: row.seq,
    at: momentOf(row.at as number),
    ...(article !== null && { article }),
    ...(clock !== null && { clock }),
    ...(details !== null && shownDetails(JSON.parse(details as string))),
    readAt: readAt === null ? null : momentOf(readAt as number),
    ...(readBy !== null && { readBy }),
  } as Notice;
}
