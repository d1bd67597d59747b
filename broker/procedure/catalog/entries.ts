import { dayOfDate, hourOfDay } from '../clock/shanghai-days.js';
import { DIGEST } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, SELF, type Transition } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { REMOVED } from '../files/kinds.js';
import { ENTRY_EXAMPLE } from '../published/example-documents.js';
import {
  assessmentsOf,
  draftOf,
  entryAsSeen,
  inForce,
  memoOf,
  newestText,
  OF_A_NEWER,
  OF_A_PUBLISHED,
  obligationOf,
  openD1,
  providerOf,
  stateBesides,
  stateOf,
  textDigest,
  widenedStates,
} from './entry-file.js';
import * as guards from './entry-guards.js';
import { COMPATIBLE, isSameText, layDown, versionsOf, WELL_FORMED, WITHIN_QUOTA, warningsOf } from './entry-text.js';

const D1_DAYS = 10;
const D2_DAYS = 2;
const DAYS = { days: { type: 'integer', minimum: 1 } };
const NEWEST_TEXT = (context: ActContext): string | undefined => textDigest(context.file);

/** A document that is laid down: the first draft, an edit of what is not submitted, an update of what is published. */
const put = (number: string, from: string[], article: string): Transition => ({
  number,
  from,
  act: 'put',
  example: ENTRY_EXAMPLE,
  to: number === 'E11' ? 'updating' : 'draft',
  next: ({ file }) => (inForce(file) ? 'updating' : 'draft'),
  ...((number === 'E3' || number === 'E6') && { orTo: ['updating'] }),
  who: ['own.catalog_editor'],
  isAnyBody: true,
  ...(number === 'E1' && {
    sides: ({ file }: ActContext) => ({ own: providerOf(file.id), provider: providerOf(file.id) }),
  }),
  guard: [WELL_FORMED, COMPATIBLE, WITHIN_QUOTA],
  changesNothing: async (context) => {
    if (!isSameText(context)) return false;
    Object.assign(context.once, { changed: false, warnings: await warningsOf(context) });
    return true;
  },
  apply: layDown,
  article,
});

function submit({ file, clocks, world, nowMs }: ActContext): void {
  const memo = memoOf(file);
  file.memo = { ...memo, wasSubmitted: true };
  if (!memo.trigger) return;
  const party = world.relations.peerOf(file.sides.own ?? '') ?? '';
  clocks.start({ id: 'D2', party, startMs: nowMs, unit: 'wd', length: D2_DAYS });
}

function publish({ file, world, nowMs, batch }: ActContext): void {
  const draft = draftOf(file);
  if (!draft) throw new TypeError(`entry ${file.id} is under review without a text`);
  file.document = { status: 'published', published: versionsOf(world, nowMs).nextVersion(draft) };
  const { trigger, extension, wasSubmitted } = memoOf(file);
  // A trigger that came while the version was under review asks for another one.
  const isOpen = openD1(file) !== undefined;
  file.memo = { wasSubmitted, publishedBehind: batch.head, ...(isOpen && { trigger, extension }) };
}

/** D1 counts from the day of the change. One that runs already is due earlier, and stays. */
function trigger({ file, body, clocks }: ActContext): void {
  const given = body.trigger as { date: string };
  const hasD1 = openD1(file) !== undefined;
  const { extension, ...memo } = memoOf(file);
  file.memo = { ...memo, trigger: given, ...(hasD1 && extension && { extension }) };
  if (hasD1) return;
  const startMs = hourOfDay(dayOfDate(given.date), 0);
  clocks.start({ id: 'D1', party: file.sides.provider ?? '', startMs, unit: 'wd', length: D1_DAYS });
}

const triggered = (from: readonly string[], to: string, who: string[]): Transition => ({
  number: 'E8',
  from,
  act: 'trigger',
  example: { trigger: { type: 'law', date: '2026-02-28', document: 'Law on Names of Regions' } },
  to,
  who,
  body: guards.TRIGGER_BODY,
  guard: ['trigger', guards.WHOLE_TRIGGER],
  clocks: ['+D1'],
  apply: trigger,
  notices: ['P', 'CD'],
  article: 'R17',
});

const PUBLISHED_STILL: Guard = {
  name: 'a text to publish',
  check: ({ file }) => (draftOf(file) ? undefined : problem('', 'WRONG_STATE', 'there is no text to publish')),
};

const APPROVAL: Transition[] = [
  put('E1', [NONE, 'draft'], 'R13'),
  {
    number: 'E2',
    from: ['draft', 'updating'],
    act: 'approve',
    to: 'approved_internal',
    who: ['own.department_head'],
    fourEyes: ({ file }) => memoOf(file).editors ?? [],
    digest: { needed: true, of: NEWEST_TEXT },
    names: assessmentsOf,
    guard: [guards.COMPLETE],
    article: 'R13',
  },
  put('E3', ['approved_internal'], 'R13'),
  {
    number: 'E4',
    from: ['approved_internal'],
    act: 'submit',
    to: 'under_review',
    who: ['own.body_head'],
    digest: { needed: false, of: NEWEST_TEXT },
    guard: [guards.BODY_WITH_HEAD, guards.NO_OTHER_LEAD, guards.RECEIVED_WITH_CONSENT, guards.ANNOUNCED],
    clocks: ['-D1', '+D2'],
    apply: submit,
    violationOf: guards.violationOfLiveGrants,
    notices: ['CD'],
    article: 'R16',
  },
  {
    number: 'E5',
    from: ['under_review'],
    act: 'return',
    to: 'returned',
    who: ['peer.competent_reviewer'],
    digest: { needed: false, of: NEWEST_TEXT },
    guard: ['reason'],
    clocks: ['-D2', '▷D1'],
    apply: ({ file, clocks }) => {
      if (memoOf(file).trigger) clocks.rerun('D1');
    },
    notices: ['P'],
    article: 'R16',
  },
  put('E6', ['returned'], 'R16'),
  {
    number: 'E7',
    from: ['under_review'],
    act: 'publish',
    to: 'published',
    next: ({ file }) => stateBesides(file),
    orTo: ['update_due'],
    who: ['peer.competent_reviewer'],
    digest: { needed: true, of: NEWEST_TEXT },
    guard: [PUBLISHED_STILL, guards.CHANGE_EXECUTED, guards.STILL_COMPATIBLE],
    clocks: ['-D2'],
    apply: publish,
    notices: ['all'],
    article: 'R16',
  },
];

const UPDATE: Transition[] = [
  triggered(['published'], 'update_due', ['own.body_head', 'peer.competent_reviewer', 'bus']),
  triggered(['update_due', 'updating', 'approved_internal', 'under_review', 'returned'], SELF, ['bus']),
  {
    number: 'E9',
    from: ['update_due', 'updating'],
    act: 'ask-extension',
    to: SELF,
    who: ['own.body_head'],
    body: DAYS,
    guard: ['days', guards.WITHIN_EXTENSION, 'reason', guards.D1_IN_TIME],
    apply: ({ file, body, reason }) => {
      file.memo = { ...file.memo, extension: { days: Number(body.days), reason, isGranted: false } };
    },
    notices: ['CD'],
    article: 'R17',
  },
  {
    number: 'E10',
    from: ['update_due', 'updating'],
    act: 'extend',
    to: SELF,
    who: ['peer.competent_reviewer'],
    body: DAYS,
    guard: [guards.AS_ASKED, 'days', guards.D1_IN_TIME],
    clocks: ['D1 +days'],
    isAwaited: (file) => memoOf(file).extension?.isGranted === false,
    apply: ({ file, body, clocks }) => {
      const { extension } = memoOf(file);
      file.memo = { ...file.memo, extension: { ...extension, isGranted: true } };
      clocks.extend('D1', Number(body.days));
    },
    notices: ['P'],
    article: 'R17',
  },
  put('E11', ['update_due', 'published', 'updating'], 'R17'),
];

const ENDING: Transition[] = [
  {
    number: 'E14',
    from: OF_A_PUBLISHED,
    act: 'request-withdrawal',
    to: SELF,
    who: ['own.body_head'],
    guard: ['reason'],
    apply: ({ file }) => {
      file.memo = { ...file.memo, withdrawalRequested: true };
    },
    notices: ['CD'],
    article: 'R27',
  },
  {
    number: 'E12',
    from: OF_A_PUBLISHED,
    act: 'withdraw',
    to: 'withdrawn',
    who: ['peer.competent_reviewer'],
    isAwaited: (file) => memoOf(file).withdrawalRequested === true,
    guard: [guards.WITHDRAWAL_REQUESTED, guards.NO_LIVE_GRANTS],
    clocks: ['-D1'],
    apply: ({ file }) => {
      file.document = { ...file.document, status: 'withdrawn', draft: undefined };
      file.memo = { wasSubmitted: true };
    },
    violationOf: guards.violationOfLiveGrants,
    notices: ['all'],
    article: 'R27',
    endsRights: true,
  },
  {
    number: 'E13',
    from: ['draft', 'approved_internal', 'returned', 'updating'],
    act: 'discard',
    to: REMOVED,
    next: ({ file }) => (inForce(file) ? stateBesides(file) : REMOVED),
    orTo: ['published', 'update_due'],
    who: ['own.catalog_editor'],
    apply: ({ file }) => {
      const { published } = stateOf(file);
      const status = inForce(file) ? 'published' : 'draft';
      file.document = { status, ...(published && { published }) };
      file.memo = { ...file.memo, editors: undefined };
    },
  },
];

/** Provider's publication is a way of trial buses; here the peer publishes (R16). */
const PUBLISH_BY_PROVIDER = problem('', 'TRIAL_ONLY', 'the competent department publishes, after its review', 'R16');

export const CATALOG: Machine = {
  kind: 'catalog',
  available: true,
  states: [...OF_A_NEWER, ...OF_A_PUBLISHED, 'withdrawn'],
  transitions: [...APPROVAL, ...UPDATE, ...ENDING],
  answer: (file) => {
    const published = inForce(file)?.version;
    const newest = stateOf(file).published?.version;
    const version = draftOf(file) ? (newest ?? 0) + 1 : newest;
    return { ...(published !== undefined && { published }), ...(version !== undefined && { version }) };
  },
  details: obligationOf,
  links: ({ id }) => ({ self: `/v1/catalog/${id}/file`, entry: `/v1/catalog/${id}` }),
  shown: (file) => ({ ...newestText(file) }),
  digested: (file) => ({ ...newestText(file) }),
  isReadable: (file, caller) => {
    if (caller.party === providerOf(file.id) || inForce(file) || file.state === 'withdrawn') return true;
    return memoOf(file).wasSubmitted ? undefined : false;
  },
  isFoundByAll: true,
  asSeen: entryAsSeen,
  widenedStates,
  neverBy: ({ id }, act, caller, relations) => {
    const own = providerOf(id);
    if (act !== 'publish' || caller.party !== own || relations.peerOf(own) === own) return undefined;
    return PUBLISH_BY_PROVIDER;
  },
};

const BULK_ENTRY = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 129 },
    digest: DIGEST,
    seq: { type: 'integer', minimum: 0 },
  },
  required: ['id'],
  additionalProperties: false,
};

/** Form of an act on many entries: the members of the act itself, and the entries with what is signed of each. */
export const BULK_ROW: Pick<Transition, 'body'> = {
  body: { entries: { type: 'array', minItems: 1, maxItems: 1_000, items: BULK_ENTRY }, digest: false as never },
};
