import { splitEntryId } from '../../../proto/entry/entry.js';
import { dateAt, yearsLater } from '../clock/shanghai-days.js';
import { ID, TEXT } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, SELF, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { partiesOf } from '../engine/relations.js';
import type { ProcedureFile } from '../files/file.js';
import { REMOVED } from '../files/kinds.js';
import { GRANT } from '../published/example-documents.js';
import { KEPT_YEARS } from './disposal.js';

const KEEPERS = ['demand.applicant', 'demand.security_officer'];
const USES = ['scenario', 'process', 'effect', 'storage', 'destruction'];

/** The last locked day: D8 of the grant, or three years from the record if that is later; null while the grant lives. */
async function lockedUntil({ batch, file }: ActContext): Promise<string | null> {
  const grant = await batch.get({ kind: 'grants', id: String(file.document.grant) });
  const end = grant?.clocks.findLast(({ id }) => id === 'D8')?.due;
  if (end === undefined) return null;
  const ofRecord = yearsLater(dateAt(Date.parse(String(file.document.at))), KEPT_YEARS);
  return [ofRecord, end].sort().at(-1) ?? end;
}

async function lock(context: ActContext): Promise<void> {
  context.file.document = { ...context.file.document, lockedUntil: await lockedUntil(context) };
}

const unlocked: Guard = {
  name: 'the lock is over',
  check: async (context) => {
    const until = await lockedUntil(context);
    if (until !== null && until < todayOf(context)) return undefined;
    return problem('', 'RECORD_LOCKED', `is locked ${until === null ? 'while the grant lives' : `until ${until}`}`);
  },
};

const isReadBy = (file: ProcedureFile, party: string, peer: string | undefined): boolean =>
  partiesOf(file.sides).includes(party) || peer === party;

/** Records of a department's use of granted data, kept for at least three years after the grant. */
export const USE_RECORDS: Machine = {
  kind: 'use-records',
  available: true,
  states: ['kept', REMOVED],
  recordsReads: true,
  links: ({ document }) => ({ grant: `/v1/grants/${String(document.grant)}` }),
  isReadable: (file, caller, relations) =>
    isReadBy(file, caller.party, relations.peerOf(file.sides.provider ?? '')) ? true : undefined,
  transitions: [
    {
      number: 'U1',
      from: [NONE],
      act: 'create',
      example: { grant: GRANT, kind: 'effect', text: '12,400 reminders sent' },
      to: 'kept',
      who: KEEPERS,
      body: { grant: ID, kind: { enum: USES }, text: TEXT },
      // A grant that does not exist is refused like one of another department: it has no sides.
      sides: ({ body, world, caller }) => {
        if (body.grant === undefined) return { demand: caller?.party ?? '' };
        const grant = world.grants.get(String(body.grant));
        return grant ? { demand: grant.party, provider: splitEntryId(grant.entry).party } : {};
      },
      guard: ['grant', 'kind', 'text'],
      apply: async (context) => {
        const { file, body, nowMs, attachments, world } = context;
        const { grant, kind, text } = body;
        file.document = {
          id: file.id,
          grant,
          kind,
          text,
          at: new Date(nowMs).toISOString(),
          ...(attachments.length > 0 && { attachments }),
        };
        file.about = [`grants/${String(grant)}`, `catalog/${world.grants.get(String(grant))?.entry}`];
        await lock(context);
      },
      article: 'R29',
    },
    {
      number: 'U2',
      from: ['kept'],
      act: 'grant-ended',
      to: SELF,
      who: ['bus'],
      apply: lock,
      article: 'R29',
    },
    {
      number: 'U3',
      from: ['kept'],
      act: 'remove',
      to: REMOVED,
      who: KEEPERS,
      guard: [unlocked],
      article: 'R29',
    },
  ],
};
