import { atLeastOne } from '../engine/act-guards.js';
import { ID, listOf, TEXT, TITLE } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, nowOf, type Transition } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Fields } from '../files/file.js';

const ARTICLE = 'R20';
/** Texts that name the data that is needed. */
const ITEMS_MAX = 1_000;

/** A list in the document of the file that an act adds to. */
const added = ({ file }: ActContext, member: string, one: Fields): Fields => ({
  ...file.document,
  [member]: [...((file.document[member] as Fields[] | undefined) ?? []), one],
});

const REGISTERED: Guard = {
  name: 'a registered party',
  check: ({ body, world }) =>
    body.party === undefined || world.parties.get(String(body.party))
      ? undefined
      : problem('/party', 'BAD_REQUEST', 'is no registered party'),
};

const PUBLISHED: Guard = {
  name: 'a published entry',
  check: ({ body, world }) =>
    body.entry === undefined || world.catalog.isPublished(String(body.entry))
      ? undefined
      : problem('/entry', 'WRONG_STATE', 'is not published'),
};

const REASON_IF_IMPOSSIBLE: Guard = {
  name: 'reason if not possible',
  check: ({ body, reason, transition }) =>
    body.possible === false && reason === undefined
      ? problem('/reason', 'NO_REASON', 'is missing', transition.article)
      : undefined,
};

const RAISED: Transition[] = [
  {
    number: 'W1',
    from: [NONE],
    act: 'create',
    example: {
      title: { zh: '新生儿筛查结果' },
      items: ['result', 'date'],
      dutyBasis: 'health care of newborns',
      scenario: 'early treatment',
    },
    to: 'raised',
    who: ['own.applicant'],
    body: { title: TITLE, items: listOf(TEXT, ITEMS_MAX), dutyBasis: TEXT, scenario: TEXT, frequency: TEXT },
    guard: ['title', 'items', atLeastOne('items', 'item'), 'dutyBasis', 'scenario'],
    apply: ({ file, body, caller }) => {
      const { reason: _, attachments: _attached, ...document } = body;
      file.document = { id: file.id, party: caller?.party, ...document };
    },
    notices: ['CD'],
    article: ARTICLE,
  },
  {
    number: 'W2',
    from: ['raised'],
    act: 'ask-provider',
    example: { party: 'fujian-health', text: 'do you hold results of screenings?' },
    to: 'asked',
    who: ['peer.competent_reviewer'],
    body: { party: ID, text: TEXT },
    guard: ['party', REGISTERED, 'text'],
    apply: (context) => {
      const { file, body } = context;
      const party = String(body.party);
      file.document = added(context, 'asked', { party, text: body.text, at: nowOf(context) });
      // The party that is asked now stands last; one that was asked before stays a party of the demand.
      const others = (file.sides.others ?? []).filter((one) => one !== party);
      file.sides = { ...file.sides, others: [...others, party] };
    },
    notices: ['asked'],
    article: ARTICLE,
  },
  {
    number: 'W3',
    from: ['asked'],
    act: 'answer',
    example: { possible: true, text: 'in the screening register' },
    to: 'raised',
    who: ['asked.body_head'],
    body: { possible: { type: 'boolean' }, text: TEXT },
    guard: ['possible', 'text', REASON_IF_IMPOSSIBLE],
    apply: (context) => {
      const { file, body, caller, reason } = context;
      const answer = { party: caller?.party, possible: body.possible, text: body.text, at: nowOf(context) };
      file.document = added(context, 'answers', { ...answer, ...(reason !== undefined && { reason }) });
    },
    notices: ['CD'],
    article: ARTICLE,
  },
];

const ANSWERED: Transition[] = [
  {
    number: 'W4',
    from: ['raised', 'asked'],
    act: 'point',
    to: 'pointed',
    who: ['peer.competent_reviewer'],
    body: { entry: ID },
    guard: ['entry', PUBLISHED],
    apply: ({ file, body }) => {
      file.document = { ...file.document, entry: body.entry };
      file.about = [`catalog/${String(body.entry)}`];
    },
    notices: ['own'],
    article: ARTICLE,
  },
  {
    number: 'W5',
    from: ['raised', 'asked', 'pointed'],
    act: 'close',
    to: 'closed',
    who: ['own.applicant', 'peer.competent_reviewer'],
    guard: ['reason'],
    apply: ({ file, reason }) => {
      file.document = { ...file.document, closedFor: reason };
    },
    notices: ['own'],
    article: ARTICLE,
  },
];

export const DEMANDS: Machine = {
  kind: 'demands',
  available: true,
  states: ['raised', 'asked', 'pointed', 'closed'],
  links: ({ document }) =>
    typeof document.entry === 'string' ? { entry: `/v1/catalog/${document.entry}` } : ({} as Record<string, string>),
  transitions: [...RAISED, ...ANSWERED],
};
