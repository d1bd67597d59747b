import { clockOf, endClocks, extendClocks, pauseClocks, resumeClocks, startClock } from '../clocks.js';
import type { ApplicationBody, ApplicationFile, EntryText } from '../files.js';
import { makeGrant } from '../grant-making.js';
import { notify } from '../notices.js';
import { type Performing, type Problem, problem, type Rule, rulesOf, type Shape } from '../rules.js';
import type { World } from '../world.js';
import { type Reply, refusalProblems, replyProblems } from './reply.js';

type Application = Performing<ApplicationFile>;

/** Article of a field that signing asks for, where it is not R20. */
const ARTICLES: Readonly<Record<string, string>> = { piGround: 'R37', piAssessment: 'R37' };
const REPLY_CLOCKS = ['D3', 'D4'];

function draftGuard({ world, act, officer }: Application): Problem[] {
  const application = act.plan?.application;
  const version = world.find('catalog', application?.entry);
  const own = world.systems.get(act.body.system) === officer.party;
  const foreign = own || act.body.system === undefined ? [] : [problem('/system', 'BAD_REQUEST')];
  if (!version?.published || version.state === 'withdrawn') {
    return [problem('/entry', 'NOT_IN_CATALOG', 'R20'), ...foreign];
  }
  return [...foreign, ...unknownItems(application?.items ?? [], version.published.text)];
}

/** "Items that the version does not have are BAD_REQUEST": of A1, and of A4, which freezes a version that may be a later one. */
const unknownItems = (items: readonly string[], version: EntryText): Problem[] =>
  items.flatMap((name, index) =>
    version.items.includes(name) ? [] : [problem(`/items/${index}/name`, 'BAD_REQUEST')],
  );

function draft({ file, act, officer }: Application): void {
  file.body = act.plan?.application as ApplicationBody;
  file.provider = file.body.entry.split('.')[0] as string;
  file.drafters.add(officer.id);
}

const signGuard = ({ file }: Application): Problem[] =>
  file.body.lacks.map((field) => problem(`/${field}`, 'INCOMPLETE', ARTICLES[field] ?? 'R20'));

function fileGuard({ world, file }: Application): Problem[] {
  const entry = world.find('catalog', file.body.entry);
  const problems: Problem[] = [];
  if (!entry?.published || entry.state === 'withdrawn') problems.push(problem('/entry', 'NOT_IN_CATALOG', 'R20'));
  else {
    const { text } = entry.published;
    if (text.attribute === 'not_shared') problems.push(problem('/entry', 'NOT_SHARED', 'R14'));
    problems.push(...unknownItems(file.body.items, text));
  }
  for (const party of [file.own, file.provider as string]) {
    if (!world.bodies.has(party)) problems.push(problem('', 'NO_BODY_HEAD', 'R11'));
  }
  return problems;
}

function fileIt(performing: Application): void {
  const { world, file } = performing;
  const { text, version } = world.get('catalog', file.body.entry).published!;
  Object.assign(file, { filed: true, frozen: text, version });
  startClock(world, file, text.attribute === 'unconditional' ? 'D3' : 'D4', {
    party: file.provider as string,
    promised: text.promised,
  });
  if (text.attribute !== 'unconditional' || !standingConsent(world, file.body.entry)) return;
  file.state = 'approved';
  file.history.push({ act: 'approve', actor: 'bus', from: 'filed', to: 'approved' });
  notify(world, file, 'A13', 'approve');
  approve(performing, file.body.items, 'standing');
}

const standingConsent = (world: World, entry: string) =>
  [...world.of('consents')].find(
    (consent) => consent.consent === 'standing' && consent.entry === entry && consent.state === 'in_force',
  );

function approve({ world, file, made }: Application, items: Reply['items'], kind: 'applied' | 'standing'): void {
  endClocks(file, ...REPLY_CLOCKS);
  file.grant = made.grant as string;
  makeGrant(world, {
    id: file.grant,
    grantKind: kind,
    application: file.id,
    entry: file.body.entry,
    system: file.body.system,
    text: file.frozen as EntryText,
    version: file.version as number,
    period: file.body.period,
    demand: file.own,
    items: (items ?? []).map((item) => (typeof item === 'string' ? item : item.name)),
  });
}

function inTime(file: ApplicationFile): Problem[] {
  const statutory = REPLY_CLOCKS.map((id) => clockOf(file, id)).find((clock) => clock !== undefined);
  return statutory?.state === 'late' ? [problem('', 'OVERDUE', 'R21')] : [];
}

function askGuard({ file, act }: Application): Problem[] {
  const beyond = act.body.days > 10 ? [problem('/days', 'EXTENSION_SPENT', 'R21')] : [];
  return file.extension ? [...beyond, problem('', 'EXTENSION_SPENT', 'R21')] : beyond;
}

const openRequest = ({ file }: Application): Problem[] => (file.extension?.open ? [] : [problem('', 'WRONG_STATE')]);

const withinRequest = ({ file, act }: Application): Problem[] =>
  file.extension?.open && act.body.days > file.extension.asked ? [problem('/days', 'EXTENSION_SPENT', 'R21')] : [];

function supplementGuard({ file, act }: Application): Problem[] {
  const parts: { missing: string; text?: string }[] = act.body.parts ?? [];
  const lacking = file.missing?.filter((missing) => !parts.some((part) => part.missing === missing && part.text));
  return (lacking ?? []).map(() => problem('/parts', 'INCOMPLETE', 'R21'));
}

function prepareGuard({ file, act }: Application): Problem[] {
  const { reply } = act.body;
  if (reply === undefined) return [];
  if ('code' in reply) return refusalProblems(file, reply, '/reply');
  // Conditions are judged in the reply that is given.
  return replyProblems(file, reply, '/reply').filter(({ code }) => code !== 'LATE_CONDITION');
}

const preparedBy = ({ file, officer }: Application): boolean => file.preparer === officer.id;
const provider = ['provider.reviewer', 'provider.body_head'];

const BODY: Readonly<Record<string, Shape>> = {
  entry: 'text',
  system: 'text',
  items: 'list',
  basis: 'list',
  scenario: 'text',
  range: 'text',
  mode: 'text',
  period: 'object',
  dutyBasis: 'text',
  piGround: 'text',
  piAssessment: 'text',
  securityMeasures: 'text',
  truthStatement: 'flag',
};

export const applicationRules = rulesOf<ApplicationFile>([
  {
    number: 'A1',
    from: ['–'],
    act: 'create',
    to: 'draft',
    who: ['own.applicant'],
    article: 'R20',
    fields: BODY,
    needs: ['entry'],
    guard: draftGuard,
    effect: draft,
  },
  {
    number: 'A2',
    from: ['draft', 'signed'],
    act: 'edit',
    to: 'draft',
    who: ['own.applicant'],
    article: 'R20',
    fields: BODY,
    needs: ['entry'],
    guard: draftGuard,
    effect: draft,
  },
  {
    number: 'A3',
    from: ['draft'],
    act: 'sign',
    to: 'signed',
    who: ['demand.body_head'],
    article: 'R20',
    digest: 'optional',
    guard: signGuard,
    fourEyes: ({ file, officer }) => file.drafters.has(officer.id),
  },
  {
    number: 'A4',
    from: ['signed'],
    act: 'file',
    to: 'filed',
    who: ['demand.applicant', 'demand.body_head'],
    article: 'R20',
    guard: fileGuard,
    effect: fileIt,
  },
  {
    number: 'A5',
    from: ['filed'],
    act: 'ask-supplement',
    to: 'supplement_asked',
    who: provider,
    article: 'R21',
    fields: { missing: 'texts' },
    needs: ['missing'],
    guard: ({ file }) => [...(file.missing ? [problem('', 'SECOND_SUPPLEMENT', 'R21')] : []), ...inTime(file)],
    effect: ({ world, file, act }) => {
      file.missing = act.body.missing;
      pauseClocks(world, file, ...REPLY_CLOCKS);
    },
  },
  {
    number: 'A6',
    from: ['supplement_asked'],
    act: 'supplement',
    to: 'filed',
    who: ['demand.applicant'],
    article: 'R21',
    fields: { parts: 'list' },
    guard: supplementGuard,
    effect: ({ world, file }) => resumeClocks(world, file, ...REPLY_CLOCKS),
  },
  {
    number: 'A7',
    from: ['filed', 'extended'],
    act: 'ask-extension',
    to: 'self',
    who: ['provider.body_head'],
    article: 'R21',
    fields: { days: 'count' },
    checks: ['days', askGuard, 'reason', ({ file }) => inTime(file)],
    effect: ({ file, act }) => {
      file.extension = { asked: act.body.days, open: true };
    },
  },
  {
    number: 'A8',
    from: ['filed'],
    act: 'extend',
    to: 'extended',
    who: ['peer.competent_reviewer'],
    article: 'R21',
    fields: { days: 'count' },
    checks: [openRequest, 'days', withinRequest, ({ file }) => inTime(file)],
    effect: ({ world, file, act }) => {
      if (file.extension) file.extension.open = false;
      extendClocks(world, file, act.body.days, ...REPLY_CLOCKS);
    },
  },
  {
    number: 'A9',
    from: ['filed', 'extended'],
    act: 'prepare',
    to: 'self',
    who: ['provider.reviewer'],
    article: 'R20',
    fields: { reply: 'object' },
    needs: ['reply'],
    guard: prepareGuard,
    effect: ({ file, officer }) => {
      file.preparer = officer.id;
    },
  },
  {
    number: 'A10',
    from: ['filed', 'extended'],
    act: 'approve',
    to: 'approved',
    who: ['provider.body_head'],
    article: 'R20',
    digest: 'optional',
    fourEyes: preparedBy,
    fields: { items: 'list', leftOut: 'list', conditions: 'texts' },
    guard: ({ file, act }) => replyProblems(file, act.body as Reply),
    effect: (performing) => approve(performing, performing.act.body.items, 'applied'),
  },
  {
    number: 'A11',
    from: ['filed', 'extended'],
    act: 'refuse',
    to: 'refused',
    who: ['provider.body_head'],
    article: 'R21',
    digest: 'optional',
    fourEyes: preparedBy,
    fields: { code: 'text' },
    guard: ({ file, act }) => refusalProblems(file, act.body),
    effect: ({ file }) => endClocks(file, ...REPLY_CLOCKS),
  },
  {
    number: 'A12',
    from: ['draft', 'signed', 'filed', 'supplement_asked', 'extended'],
    act: 'cancel',
    to: 'cancelled',
    who: ['demand.applicant', 'demand.body_head'],
    effect: ({ file }) => endClocks(file, ...REPLY_CLOCKS),
  },
  { number: 'A13', from: ['filed'], act: 'approve', to: 'approved', who: ['bus'], article: 'R20' },
  { number: 'A14', from: ['refused'], act: 'approve', to: 'approved', who: ['bus'], article: 'R28' },
] satisfies Rule<ApplicationFile>[]);
