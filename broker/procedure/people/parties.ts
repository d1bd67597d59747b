import { CANARY_PARTY, isCanaryName } from '../../../proto/canary.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { peerCompetentDepartment } from '../../parties/competent-department.js';
import { PARTY_TYPES, type PartyDocument } from '../../parties/party.js';
import { partyProblems } from '../../parties/party-problems.js';
import { GIVEN_ID, TEXT, TITLE } from '../engine/body-check.js';
import { type ActContext, type Machine, NONE, SELF } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';

/** Codes of companies in the register of social credit codes. */
const COMPANY_CODE = '9';
const CREDIT_CODE_CHARACTERS = 18;

/** Only departments and empowered organisations are parties (regulation R2). */
function standingProblems({ body }: ActContext): LawfulProblem[] {
  const { type, creditCode, empoweringProvision } = body as Partial<PartyDocument>;
  const problems: LawfulProblem[] = [];
  if (type === undefined) problems.push(problem('/type', 'INCOMPLETE', 'is missing', 'R43'));
  if (creditCode === undefined) problems.push(problem('/creditCode', 'INCOMPLETE', 'is missing', 'R2'));
  else if (creditCode.startsWith(COMPANY_CODE)) {
    problems.push(problem('/creditCode', 'NOT_A_PARTY', 'is the code of a company'));
  } else if (creditCode.length !== CREDIT_CODE_CHARACTERS) {
    problems.push(problem('/creditCode', 'BAD_REQUEST', `must have ${CREDIT_CODE_CHARACTERS} characters`));
  }
  if (type === 'authorised_org' && !empoweringProvision?.trim()) {
    problems.push(problem('/empoweringProvision', 'NOT_A_PARTY', 'is missing: no law empowers the organisation'));
  }
  return problems;
}

function treeProblems({ body, world, batch }: ActContext): LawfulProblem[] {
  const { level, competent, type } = body as Partial<PartyDocument>;
  if (level === 'township' && competent) {
    return [problem('/competent', 'BUNDLE_INVALID', 'a township has no competent department', 'R30')];
  }
  if (type === undefined || body.id === undefined) return [];
  // A bundle registers a superior in the same batch, before those below it.
  const made = batch.changed('parties').map(({ document }) => document as unknown as PartyDocument);
  const find = (id: string): PartyDocument | undefined => world.parties.get(id) ?? made.find((one) => one.id === id);
  return [
    ...partyProblems(body, find, { isTrial: false }),
    ...secondDepartment(body, [...world.parties.list(), ...made]),
  ]
    .filter((text) => !/^(?:empoweringProvision|type|creditCode|competent: a township)/.test(text))
    .map((text) => {
      const [field = '', ...rest] = text.split(': ');
      return problem(
        `/${field.replaceAll('.', '/')}`,
        text.endsWith('is missing') ? 'INCOMPLETE' : 'BAD_REQUEST',
        rest.join(': '),
        'R8',
      );
    });
}

/** A government has one competent department: of two, nobody could compute who reviews a file. */
function secondDepartment(body: Partial<PartyDocument>, parties: readonly PartyDocument[]): string[] {
  if (body.competent !== true || body.level === 'township') return [];
  const others = parties.filter(({ id }) => id !== body.id);
  const first = peerCompetentDepartment(others, body as PartyDocument);
  return first ? [`competent: ${first.id} is the competent department of this level and region`] : [];
}

const MEMBERS = {
  name: TITLE,
  level: { enum: ['national', 'province', 'city', 'county', 'township'] },
  regionCode: { type: 'string', pattern: '^\\d{6}$' },
  superior: TEXT,
  type: { enum: [...PARTY_TYPES, 'company', 'person'] },
  empoweringProvision: TEXT,
  lineMinistry: TEXT,
  creditCode: { type: 'string', maxLength: 64 },
  competent: { type: 'boolean' },
  description: TEXT,
};

const NO_COMPANY = {
  name: 'no company and no person',
  check: ({ body }: ActContext) =>
    body.type === 'company' || body.type === 'person'
      ? problem('/type', 'NOT_A_PARTY', 'only a government department or an empowered organisation is a party')
      : undefined,
};

/** The party of the canary is made by the bus alone, and stands above nobody. */
const NO_CANARY = {
  name: 'not the canary of the bus',
  check: ({ body, file }: ActContext) =>
    [body.id, body.superior, body.lineMinistry, file.id].some((id) => typeof id === 'string' && isCanaryName(id))
      ? problem(
          '/id',
          'BAD_REQUEST',
          `what begins with ${CANARY_PARTY} is kept for the canary that the bus makes itself`,
        )
      : undefined,
};

const OUTSIDE = {
  name: 'an https address outside',
  check: ({ body, world }: ActContext) => {
    const why = typeof body.url === 'string' ? world.webhooks.urlProblem(body.url) : undefined;
    return why === undefined ? undefined : problem('/url', 'BAD_REQUEST', why);
  },
};

/** Members that say what a party is like. The others decide who stands over whom, and stay as they were registered. */
const DESCRIBING: readonly string[] = ['name', 'description', 'empoweringProvision', 'lineMinistry'];

/** A trial registers parties without what a registered bus asks for; the operator completes them. */
const isIncomplete = ({ type, creditCode }: Partial<PartyDocument>): boolean =>
  type === undefined || creditCode === undefined;

const CHANGEABLE = {
  name: 'members that describe it; of a party of a trial whatever it lacks',
  check: (context: ActContext) => {
    const { file, body } = context;
    if (isIncomplete(file.document)) {
      const completed = { ...context, body: { ...file.document, ...body } };
      return [...standingProblems(completed), ...treeProblems(completed)];
    }
    return Object.keys(MEMBERS)
      .filter((member) => body[member] !== undefined && !DESCRIBING.includes(member))
      .map((member) => problem(`/${member}`, 'BAD_REQUEST', 'stays as it was registered'));
  },
};

export const PARTIES: Machine = {
  kind: 'parties',
  available: true,
  isReadByAll: true,
  // Departments are listed, and the canary is none.
  isListed: (id) => id !== CANARY_PARTY,
  states: ['registered'],
  transitions: [
    {
      number: 'Y1',
      from: [NONE],
      act: 'create',
      example: {
        id: 'fujian-health',
        name: { zh: '卫生健康委员会' },
        level: 'province',
        regionCode: '350000',
        superior: 'fujian-data-bureau',
        type: 'gov_dept',
        creditCode: '11350000MB00000003',
      },
      to: 'registered',
      who: ['owner.platform_operator'],
      body: { id: GIVEN_ID, ...MEMBERS },
      idOf: ({ body }) => (typeof body.id === 'string' ? body.id : undefined),
      sides: ({ body }) => ({ own: String(body.id ?? '') }),
      guard: [
        'id',
        'name',
        'level',
        NO_CANARY,
        NO_COMPANY,
        { name: 'department or empowered organisation', check: standingProblems },
        { name: 'party tree', check: treeProblems },
        {
          name: 'a new id',
          check: ({ file, world }) =>
            world.parties.get(file.id) ? problem('/id', 'CONFLICT', 'is the id of a party already') : undefined,
        },
      ],
      apply: ({ file, body }) => {
        file.document = { ...body };
      },
      article: 'R2',
    },
    {
      number: 'Y2',
      from: ['registered'],
      act: 'change',
      example: { description: 'seat in Fuzhou' },
      to: SELF,
      who: ['owner.platform_operator'],
      guard: [NO_CANARY, NO_COMPANY, CHANGEABLE],
      body: MEMBERS,
      apply: ({ file, body }) => {
        file.document = { ...file.document, ...body };
      },
      article: 'R2',
    },
    {
      number: 'Y3',
      from: ['registered'],
      act: 'put',
      example: { url: 'https://oa.health.example/sluice', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      to: SELF,
      who: ['own.administrator'],
      body: { url: { type: 'string', maxLength: 2_000 }, secret: { type: 'string', minLength: 32, maxLength: 512 } },
      guard: ['url', 'secret', OUTSIDE],
      apply: ({ file, body, batch, world }) => {
        const target = { url: String(body.url), secret: String(body.secret) };
        file.memo = { ...file.memo, webhook: world.webhooks.keep(file.memo, target, batch.head) };
      },
    },
  ],
};
