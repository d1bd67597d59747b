import { createHash } from 'node:crypto';
import { ledgerSubject } from '../../../proto/subject.js';
import { hashOf } from '../../ledger/chain.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import { decodeRecord } from '../../ledger/record.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { LEDGER_STREAM } from '../../nats/streams.js';
import { ConfigurationConflictError } from '../../parties/bus-facts.js';
import { type RightState, takesAway } from './right-state.js';
import type { RightsJournal } from './rights-journal.js';

export interface RestoreDeps {
  bus: Bus;
  ledger: Ledger;
  journal: RightsJournal;
  /** The operator says that the store was restored. */
  restored: boolean;
  /** Code that the operator copied from the list to confirm it. */
  confirmed: string | undefined;
  log: { warn(fields: object, message: string): void };
}

/** Ledger record that settles a restore for the journals of all brokers. */
const SETTLED = { kind: 'bus', id: 'restore', act: 'restored' } as const;
const CODE_CHARACTERS = 12;
const REASON_CHARACTERS_MAX = 2_000;

/**
 * Refuses to serve a ledger that was put back to before rights ended, until an operator has confirmed the list of them; then
 * repeats those acts. To be called before this broker appends anything. Throws ConfigurationConflictError with the list.
 */
export async function repeatEndedRights(deps: RestoreDeps): Promise<void> {
  const { ledger, journal, restored, confirmed, log } = deps;
  const lost = await lostStates(deps);
  if (lost.length === 0) {
    // A file that says nothing is no journal either.
    if (restored && journal.seen === 0) refuseWithoutJournal(deps);
    return;
  }
  const settled = await settledBy(deps, lost);
  if (settled !== undefined) {
    journal.settle(settled.seq, afterOf(settled));
    return;
  }
  if (!restored) throw new ConfigurationConflictError(putBack(lost[0] as RightState, journal.path));
  const ended = await endedSince(deps, lost);
  const code = codeOf(ended);
  if (ended.length > 0 && confirmed !== code) throw new ConfigurationConflictError(listOf(ended, code, confirmed));
  const after = ledger.head;
  const document = { after, repeated: ended.length };
  const records = await ledger.appendAll(() => [...ended.map(repeated), { ...SETTLED, actor: 'bus', document }], {
    endsRights: true,
  });
  journal.settle((records.at(-1) as LedgerRecord).seq, after);
  log.warn(
    { repeated: ended.length },
    'acts that ended rights since the copy of the store was made are in force again',
  );
}

/** Given by an operator in place of a code where there is no journal, and so no list. */
const WITHOUT_JOURNAL = 'no-journal';

/** Without a journal nothing can be listed: somebody must have seen that, and not only read of it in a log. */
function refuseWithoutJournal({ journal, confirmed, log }: RestoreDeps): void {
  if (confirmed !== WITHOUT_JOURNAL) throw new ConfigurationConflictError(noJournal(journal.path));
  log.warn(
    { journal: journal.path },
    'the store was restored without a journal of rights: acts that ended rights since the copy was made are undone, repeat them by hand',
  );
}

const noJournal = (path: string): string =>
  `the store was restored, and there is no journal of rights at ${path}: what was suspended, ended or withdrawn since the copy was ` +
  'made would be in force again, and nothing here can list it. Name the journal that this broker wrote before (rightsJournal, ' +
  'SLUICE_RIGHTS_JOURNAL), or start first the broker that has one. If it is lost, start without network to the departments with ' +
  `SLUICE_RESTORED=1 SLUICE_CONFIRM_ENDED=${WITHOUT_JOURNAL}, and repeat those acts by hand`;

/** States that the ledger does not hold, newest first. A restored ledger is a beginning of the lost one, so the first that it holds ends the search. */
async function lostStates({ ledger, journal }: RestoreDeps): Promise<RightState[]> {
  const lost: RightState[] = [];
  for await (const state of journal.states()) {
    if (await holds(ledger, state)) break;
    lost.push(state);
  }
  return lost;
}

async function holds(ledger: Ledger, { seq, hash }: RightState): Promise<boolean> {
  if (seq > ledger.head) return false;
  const [bytes] = await ledger.bytesAfter(seq - 1, 1);
  return bytes !== undefined && hashOf(bytes) === hash;
}

/** Another broker has settled the restore that this one sees: its record follows the end of the copy. */
async function settledBy(
  { bus, journal }: RestoreDeps,
  lost: readonly RightState[],
): Promise<LedgerRecord | undefined> {
  const record = await newestOf(bus, SETTLED);
  if (!record || record.seq <= journal.settled) return undefined;
  const oldest = (lost.at(-1) as RightState).seq;
  return afterOf(record) < oldest ? record : undefined;
}

/** Sequence of the last record of the copy. */
const afterOf = ({ document }: LedgerRecord): number => (document as { after: number }).after;

async function newestOf(bus: Bus, { kind, id }: Pick<Act, 'kind' | 'id'>): Promise<LedgerRecord | undefined> {
  const subject = ledgerSubject(kind, id);
  const message = await lastOf(bus, LEDGER_STREAM, subject);
  return message && decodeRecord(message.position, subject, message.data);
}

/** Oldest first. */
async function endedSince({ bus }: RestoreDeps, lost: readonly RightState[]): Promise<RightState[]> {
  const ended: RightState[] = [];
  for (const state of lost) {
    if (state.kind === 'case') continue;
    if (takesAway(state, await newestOf(bus, state))) ended.push(state);
  }
  const grants = new Set(ended.filter(({ kind }) => kind === 'grant').map(({ id }) => id));
  const cases = lost.filter(({ kind, document }) => kind === 'case' && grants.has(grantOf(document)));
  return [...ended, ...cases].sort((a, b) => a.seq - b.seq);
}

const grantOf = (document: unknown): string => (document as { grant: string }).grant;

function repeated({ kind, id, act, actor, reason, time, document, step }: RightState): Act {
  const why = `repeated after a restore: ${actor} at ${time}${reason === undefined ? '' : `, ${reason}`}`;
  return { kind, id, act, actor: 'bus', reason: why.slice(0, REASON_CHARACTERS_MAX), document, step };
}

/** Another list has another code, so an old confirmation confirms nothing else. */
const codeOf = (ended: readonly RightState[]): string =>
  createHash('sha256')
    .update(ended.map(({ seq, hash }) => `${seq} ${hash}\n`).join(''))
    .digest('hex')
    .slice(0, CODE_CHARACTERS);

const lineOf = ({ time, kind, id, act, actor, reason }: RightState): string =>
  `  ${time}  ${kind} ${id}: ${act} by ${actor}${reason === undefined ? '' : ` (${reason})`}`;

function listOf(ended: readonly RightState[], code: string, confirmed: string | undefined): string {
  const wrong = confirmed === undefined ? '' : ' The confirmation that was given belongs to another list.';
  return [
    `the store was restored, and ${ended.length} act(s) that ended rights since the copy was made are not on its ledger:`,
    ...ended.map(lineOf),
    `Nothing is served before they are in force again.${wrong} Read the list; to repeat these acts and serve, start with ` +
      `SLUICE_RESTORED=1 SLUICE_CONFIRM_ENDED=${code}`,
  ].join('\n');
}

const putBack = ({ seq, time, kind, id }: RightState, path: string): string =>
  `the store was put back to an older state: ${path} knows record ${seq} of the ledger (${kind} ${id}, ${time}), and the ledger does not. ` +
  'Rights that ended since would be in force again. If a copy was restored on purpose, start with SLUICE_RESTORED=1';
