import { clockOf, endClocks, extendClocks, reopenClock, startClock } from '../clocks.js';
import type { EntryFile, EntryText, GrantFile } from '../files.js';
import { restingState } from '../reading.js';
import { type Performing, type Problem, problem, type Rule, rulesOf } from '../rules.js';
import type { World } from '../world.js';

type Entry = Performing<EntryFile>;

const LIVE = ['provisioning', 'in_force', 'suspended'];
/** Article of a field that approval asks for, where it is not R13. */
const ARTICLES: Readonly<Record<string, string>> = { catalogLevel: 'R12' };

/** What `PUT` refuses, by the fault that the walk put into the document. */
const FAULTS: Readonly<Record<string, Problem>> = {
  secret: problem('', 'SECRET_ITEM', 'R3'),
  core: problem('', 'CORE_DATA', 'R34'),
  standards: problem('', 'ENTRY_INVALID', 'R6'),
  promise: problem('', 'ENTRY_INVALID', 'R23'),
};

export const liveGrants = (world: World, entry: string): GrantFile[] =>
  [...world.of('grants')].filter((grant) => grant.entry === entry && LIVE.includes(grant.state));

function putGuard({ world, file, act }: Entry): Problem[] {
  const fault = FAULTS[act.plan?.fault ?? ''];
  if (fault) return [fault];
  const filters = liveGrants(world, file.id).some(({ grantKind }) => grantKind === 'backflow');
  const breaks = act.plan?.fault === 'type' || (filters && !act.plan?.text?.items.includes('region'));
  return file.published && breaks ? [problem('', 'INCOMPATIBLE_VERSION', 'R27')] : [];
}

function put({ file, act, officer }: Entry): void {
  file.text = act.plan?.text as EntryText;
  file.editors.add(officer.id);
  Object.assign(file, { withdrawal: false, textSubmitted: false });
  file.state = file.published ? 'updating' : 'draft';
}

function approveGuard({ file: { text } }: Entry): Problem[] {
  const lacking = text.lacks.map((field) => problem(`/${field}`, 'INCOMPLETE', ARTICLES[field] ?? 'R13'));
  const low = text.attribute === 'not_shared' && text.rank !== 'law';
  return low ? [...lacking, problem('/legalBasis/0/rank', 'RANK_TOO_LOW', 'R14')] : lacking;
}

/** Whether the newer text takes items or the rows from a live grant. What an earlier version took is not taken again. */
const takesAway = (world: World, { id, text: { items }, published }: EntryFile): boolean =>
  liveGrants(world, id).some(
    (grant) =>
      grant.items.some((item) => published?.text.items.includes(item) && !items.includes(item)) ||
      (grant.grantKind === 'backflow' && !items.includes('region')),
  );

function submitGuard({ world, file }: Entry): Problem[] {
  const problems: Problem[] = [];
  if (!world.bodies.has(file.own)) problems.push(problem('', 'NO_BODY_HEAD', 'R11'));
  const { derivedFrom } = file.text;
  if (derivedFrom && !consented(world, derivedFrom)) {
    problems.push(problem('/derivedFrom/0', 'CONSENT_MISSING', 'R25'));
  }
  if (takesAway(world, file)) problems.push(problem('', 'LIVE_GRANTS', 'R27'));
  return problems;
}

const consented = (world: World, { grant, items }: { grant: string; items: readonly string[] }): boolean =>
  [...world.of('consents')].some(
    (consent) =>
      consent.grant === grant && consent.state === 'in_force' && items.every((i) => consent.items?.includes(i)),
  );

function submit({ world, file }: Entry): void {
  Object.assign(file, { submitted: true, textSubmitted: true });
  if (!file.triggered) return;
  endClocks(file, 'D1');
  startClock(world, file, 'D2', { party: world.peer(file.own) });
}

function askGuard({ file, act }: Entry): Problem[] {
  const problems: Problem[] = [];
  if (act.body.days > 5) problems.push(problem('/days', 'EXTENSION_SPENT', 'R17'));
  const d1 = clockOf(file, 'D1');
  if (d1 && !d1.done && file.extension) problems.push(problem('', 'EXTENSION_SPENT', 'R17'));
  return problems;
}

const openRequest = ({ file }: Entry): Problem[] => (file.extension?.open ? [] : [problem('', 'WRONG_STATE')]);

const withinRequest = ({ file, act }: Entry): Problem[] =>
  file.extension?.open && act.body.days > file.extension.asked ? [problem('/days', 'EXTENSION_SPENT', 'R17')] : [];

function untilD1(file: EntryFile): Problem[] {
  const d1 = clockOf(file, 'D1');
  if (!d1 || d1.done) return [problem('', 'WRONG_STATE')];
  return d1.state === 'late' ? [problem('', 'OVERDUE', 'R17')] : [];
}

/** A grant may have come since the submission; no change is filed in the walk. */
const publishGuard = ({ world, file }: Entry): Problem[] =>
  takesAway(world, file) ? [problem('', 'NOT_FILED', 'R27')] : [];

function publish({ file }: Entry): void {
  file.published = { version: (file.published?.version ?? 0) + 1, text: file.text };
  endClocks(file, 'D2');
  // A request for more time ends with the update that it was for.
  Object.assign(file, { triggered: false, extension: undefined, withdrawal: false, editors: new Set() });
}

function discard({ world, file }: Entry): void {
  if (!file.published) {
    world.remove(file);
    return;
  }
  Object.assign(file, { text: file.published.text, editors: new Set(), textSubmitted: false });
  file.state = restingState(file);
}

function withdrawGuard({ world, file }: Entry): Problem[] {
  const asked = file.withdrawal ? [] : [problem('', 'WRONG_STATE')];
  return liveGrants(world, file.id).length > 0 ? [...asked, problem('', 'LIVE_GRANTS', 'R27')] : asked;
}

const asked = (article: string): Pick<Rule, 'article' | 'reason'> => ({ article, reason: true });

export const catalogRules = rulesOf<EntryFile>([
  {
    number: 'E1',
    from: ['–', 'draft'],
    act: 'put',
    to: 'draft',
    who: ['own.catalog_editor'],
    article: 'R13',
    guard: putGuard,
    effect: put,
  },
  {
    number: 'E2',
    from: ['draft', 'updating'],
    act: 'approve',
    to: 'approved_internal',
    article: 'R13',
    who: ['own.department_head'],
    digest: 'needed',
    guard: approveGuard,
    fourEyes: ({ file, officer }) => file.editors.has(officer.id),
  },
  {
    number: 'E3',
    from: ['approved_internal'],
    act: 'put',
    to: 'updating, draft',
    article: 'R13',
    who: ['own.catalog_editor'],
    guard: putGuard,
    effect: put,
  },
  {
    number: 'E4',
    from: ['approved_internal'],
    act: 'submit',
    to: 'under_review',
    article: 'R16',
    who: ['own.body_head'],
    guard: submitGuard,
    effect: submit,
  },
  {
    number: 'E5',
    from: ['under_review'],
    act: 'return',
    to: 'returned',
    ...asked('R16'),
    who: ['peer.competent_reviewer'],
    effect: ({ world, file }) => {
      endClocks(file, 'D2');
      if (file.triggered) reopenClock(world, file, 'D1');
    },
  },
  {
    number: 'E6',
    from: ['returned'],
    act: 'put',
    to: 'updating, draft',
    who: ['own.catalog_editor'],
    article: 'R16',
    guard: putGuard,
    effect: put,
  },
  {
    number: 'E7',
    from: ['under_review'],
    act: 'publish',
    to: 'published',
    article: 'R16',
    who: ['peer.competent_reviewer'],
    digest: 'needed',
    guard: publishGuard,
    effect: publish,
  },
  {
    number: 'E8',
    from: ['published'],
    act: 'trigger',
    to: 'update_due',
    article: 'R17',
    who: ['own.body_head', 'peer.competent_reviewer', 'bus'],
    fields: { trigger: 'object' },
    needs: ['trigger'],
    guard: ({ world, act }) => (act.body.trigger?.date > world.today ? [problem('/trigger/date', 'BAD_REQUEST')] : []),
    effect: ({ world, file, act }) => {
      Object.assign(file, { triggered: true, extension: undefined });
      startClock(world, file, 'D1', { party: file.own, start: act.body.trigger.date });
    },
  },
  {
    number: 'E9',
    from: ['update_due', 'updating'],
    act: 'ask-extension',
    to: 'self',
    article: 'R17',
    who: ['own.body_head'],
    fields: { days: 'count' },
    checks: ['days', askGuard, 'reason', ({ file }) => untilD1(file)],
    effect: ({ file, act }) => {
      file.extension = { asked: act.body.days, open: true };
    },
  },
  {
    number: 'E10',
    from: ['update_due', 'updating'],
    act: 'extend',
    to: 'self',
    article: 'R17',
    who: ['peer.competent_reviewer'],
    fields: { days: 'count' },
    checks: [openRequest, 'days', withinRequest, ({ file }) => untilD1(file)],
    effect: ({ world, file, act }) => {
      if (file.extension) file.extension.open = false;
      extendClocks(world, file, act.body.days, 'D1');
    },
  },
  {
    number: 'E11',
    from: ['update_due', 'published', 'updating'],
    act: 'put',
    to: 'updating',
    article: 'R17',
    who: ['own.catalog_editor'],
    guard: putGuard,
    effect: put,
  },
  {
    number: 'E12',
    from: ['published', 'update_due'],
    act: 'withdraw',
    to: 'withdrawn',
    article: 'R27',
    who: ['peer.competent_reviewer'],
    guard: withdrawGuard,
    effect: ({ file }) => endClocks(file, 'D1'),
  },
  {
    number: 'E13',
    from: ['draft', 'approved_internal', 'returned', 'updating'],
    act: 'discard',
    to: 'removed, update_due, published',
    who: ['own.catalog_editor'],
    effect: discard,
  },
  {
    number: 'E14',
    from: ['published', 'update_due'],
    act: 'request-withdrawal',
    to: 'self',
    ...asked('R27'),
    who: ['own.body_head'],
    effect: ({ file }) => {
      file.withdrawal = true;
    },
  },
]);
