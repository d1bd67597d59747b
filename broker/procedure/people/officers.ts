import type { LawfulProblem } from '../../../proto/errors.js';
import { newToken } from '../../parties/credentials.js';
import { ROLES, type Role, type StoredOfficer } from '../../parties/officer.js';
import { stands } from '../engine/act-guards.js';
import { GIVEN_ID, ID, listOf, TEXT, TITLE } from '../engine/body-check.js';
import { type ActContext, type Machine, NONE, SELF } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import { isTaken } from './taken-id.js';

/** An administrator may not sign or decide, and a platform operator does nothing else (regulation R36). */
const APART_FROM_ADMINISTRATOR: readonly Role[] = ['body_head', 'department_head', 'competent_reviewer'];

const OFFICER_BODY = { name: TITLE, roles: listOf({ enum: [...ROLES] }, ROLES.length), subject: TEXT, contract: ID };

/** The officer without the digest of its token. */
const shownOfficer = ({ credential: _, ...officer }: StoredOfficer): Fields => ({ ...officer });

/** Gives the officer a token that is shown this once, unless it signs in by its subject. */
function giveToken(context: ActContext, document: StoredOfficer): StoredOfficer {
  const { credential: _, ...officer } = document;
  if (officer.subject !== undefined) return officer;
  const token = newToken();
  context.once.token = token;
  return { ...officer, credential: context.world.credentials.digestOf(token) };
}

function appoint(context: ActContext): void {
  const { file, body, caller, world } = context;
  const roles = body.roles as Role[];
  const isPending = roles.includes('department_head') && caller?.party !== world.settings.owner;
  const stored = giveToken(context, {
    id: file.id,
    party: caller?.party ?? '',
    name: body.name as string,
    roles,
    ...(body.subject !== undefined && { subject: body.subject as string }),
    ...(body.contract !== undefined && { contract: body.contract as string }),
  });
  setOfficer(file, stored, isPending);
  if (body.contract !== undefined) file.about.push(`contracts/${String(body.contract)}`);
  context.once.officer = shownOfficer(stored);
}

/** The token and subject of a pending officer work from the confirmation on, so they stand aside until then. */
function setOfficer(file: ProcedureFile, stored: StoredOfficer, isPending: boolean): void {
  const { credential, subject, ...rest } = stored;
  file.fields = shownOfficer(stored);
  file.document = { ...(isPending ? rest : stored) } as Fields;
  file.memo = { ...file.memo, pending: isPending ? { credential, subject } : undefined };
}

const storedOf = ({ document, memo }: ProcedureFile): StoredOfficer => ({
  ...(document as unknown as StoredOfficer),
  ...((memo.pending as Partial<StoredOfficer> | undefined) ?? {}),
});

function roleProblems({ body }: ActContext): LawfulProblem[] {
  const roles = (body.roles ?? []) as Role[];
  const problems: LawfulProblem[] = [];
  // Whoever is to have none has left.
  if (body.roles !== undefined && roles.length === 0) problems.push(problem('/roles', 'INCOMPLETE', 'names no role'));
  const apart = roles.filter((role) => APART_FROM_ADMINISTRATOR.includes(role));
  if (roles.includes('administrator') && apart.length > 0) {
    problems.push(problem('/roles', 'FOUR_EYES', `administrator cannot be combined with ${apart.join(', ')}`, 'R36'));
  }
  for (const alone of ['platform_operator', 'contractor'] as const) {
    if (roles.includes(alone) && roles.length > 1) {
      problems.push(problem('/roles', 'FOUR_EYES', `${alone} cannot be combined with another role`, 'R36'));
    }
  }
  return problems;
}

function contractProblems({ body, batch, caller }: ActContext): Promise<LawfulProblem[]> | LawfulProblem[] {
  const isContractor = ((body.roles ?? []) as Role[]).includes('contractor');
  if (!isContractor)
    return body.contract === undefined ? [] : [problem('/contract', 'BAD_REQUEST', 'is for contractors')];
  if (body.contract === undefined) return [problem('/contract', 'INCOMPLETE', 'is missing', 'R36')];
  return batch.get({ kind: 'contracts', id: body.contract as string }).then((contract) => {
    const isOurs = contract?.state === 'in_force' && contract.sides.own === caller?.party;
    return isOurs ? [] : [problem('/contract', 'WRONG_STATE', 'is no contract in force of the department')];
  });
}

const COMPETENT_ALONE = {
  name: 'competent_reviewer of a competent department only',
  check: ({ body, world, caller }: ActContext) =>
    ((body.roles ?? []) as Role[]).includes('competent_reviewer') && !world.relations.isCompetent(caller?.party ?? '')
      ? problem('/roles', 'NOT_YOUR_ROLE', 'competent_reviewer acts for a competent department only')
      : undefined,
};

const NO_OPERATOR = {
  name: 'a department appoints no platform operator but the owner',
  check: ({ body, world, caller }: ActContext) =>
    ((body.roles ?? []) as Role[]).includes('platform_operator') && caller?.party !== world.settings.owner
      ? problem('/roles', 'NOT_YOUR_ROLE', 'only the owner of the platform has operators', 'R36')
      : undefined,
};

/** A person of an identity provider is one officer, or it would be open whose roles the token gives. */
function subjectProblem({ body, file, world }: ActContext): LawfulProblem | undefined {
  const subject = body.subject ?? storedOf(file).subject;
  if (subject === undefined) return undefined;
  const other = world.officers.list().some((one) => one.subject === subject && one.id !== file.id);
  return other ? problem('/subject', 'CONFLICT', 'is the subject of an officer already') : undefined;
}

const OWN_SUBJECT = { name: 'a subject of nobody else', check: subjectProblem };

const ROLE_GUARDS = [{ name: 'roles that go together', check: roleProblems }, COMPETENT_ALONE, NO_OPERATOR];

export const OFFICERS: Machine = {
  kind: 'officers',
  available: true,
  states: ['pending', 'in_office', 'left'],
  transitions: [
    {
      number: 'O1',
      from: [NONE],
      act: 'create',
      example: { id: 'wu', name: { zh: '吴' }, roles: ['applicant'] },
      to: 'in_office',
      next: ({ body, caller, world }) =>
        ((body.roles ?? []) as Role[]).includes('department_head') && caller?.party !== world.settings.owner
          ? 'pending'
          : 'in_office',
      orTo: ['pending'],
      who: ['own.administrator'],
      body: { id: GIVEN_ID, ...OFFICER_BODY },
      idOf: ({ body }) => (typeof body.id === 'string' ? body.id : undefined),
      sides: ({ caller }) => ({ own: caller?.party ?? '' }),
      guard: [
        'id',
        'name',
        'roles',
        ...ROLE_GUARDS,
        { name: 'contract', check: contractProblems },
        OWN_SUBJECT,
        {
          name: 'a new id',
          check: async ({ file, world, batch }) =>
            (await isTaken(file, world.officers.get(file.id), batch))
              ? problem('/id', 'CONFLICT', 'is the id of an officer already')
              : undefined,
        },
      ],
      apply: appoint,
      notices: ['own', 'CD'],
      noticeKind: 'appointment',
      article: 'R11',
    },
    {
      number: 'O2',
      from: [NONE],
      act: 'redeem',
      to: 'in_office',
      who: ['bus'],
      apply: (context) => {
        const { file, body } = context;
        file.sides = { own: body.party as string };
        const stored: StoredOfficer = {
          id: file.id,
          party: body.party as string,
          name: body.name as string,
          roles: ['administrator'],
          credential: body.credential as string,
        };
        setOfficer(file, stored, false);
      },
      notices: ['own', 'CD'],
      noticeKind: 'appointment',
      article: 'R11',
    },
    {
      number: 'O3',
      from: ['pending'],
      act: 'confirm',
      to: 'in_office',
      who: ['peer.competent_reviewer'],
      guard: [OWN_SUBJECT],
      apply: ({ file }) => setOfficer(file, storedOf(file), false),
      notices: ['own', 'CD'],
      noticeKind: 'appointment',
      article: 'R13',
    },
    {
      number: 'O4',
      from: ['pending', 'in_office'],
      act: 'change',
      example: { roles: ['applicant', 'correction_handler'] },
      to: SELF,
      next: ({ file, body, caller, world }) => {
        const becomesHead =
          ((body.roles ?? []) as Role[]).includes('department_head') &&
          !storedOf(file).roles.includes('department_head');
        return becomesHead && caller?.party !== world.settings.owner ? 'pending' : SELF;
      },
      orTo: ['pending'],
      who: ['own.administrator'],
      body: { name: TITLE, roles: OFFICER_BODY.roles, subject: TEXT },
      guard: [...ROLE_GUARDS, OWN_SUBJECT],
      apply: ({ file, body }) => {
        const { name, roles, subject } = body as { name?: string; roles?: Role[]; subject?: string };
        const stored: StoredOfficer = {
          ...storedOf(file),
          ...(name !== undefined && { name }),
          ...(roles !== undefined && { roles }),
          ...(subject !== undefined && { subject, credential: undefined }),
        };
        setOfficer(file, stored, file.state === 'pending');
      },
      notices: ['own', 'CD'],
      noticeKind: 'appointment',
      article: 'R11',
      endsRights: true,
    },
    {
      number: 'O5',
      from: ['pending', 'in_office'],
      act: 'leave',
      to: 'left',
      who: ['own.administrator'],
      guard: [
        stands(
          'not the last administrator',
          'the last administrator of a department cannot leave',
          ({ file, world }) => {
            const { party } = storedOf(file);
            const others = world.officers.list().filter((one) => one.party === party && one.id !== file.id);
            const isAdministrator = storedOf(file).roles.includes('administrator');
            return (
              !isAdministrator ||
              others.some((one) => one.roles.includes('administrator') && (one.credential ?? one.subject) !== undefined)
            );
          },
        ),
      ],
      apply: ({ file }) => {
        const { credential: _, subject: _subject, ...rest } = storedOf(file);
        setOfficer(file, rest, false);
      },
      notices: ['own', 'CD'],
      noticeKind: 'appointment',
      article: 'R11',
      endsRights: true,
    },
    {
      number: 'O6',
      from: ['pending', 'in_office'],
      act: 'renew-token',
      to: SELF,
      who: ['own.administrator'],
      guard: [
        stands(
          'an officer with a token',
          'the officer signs in by its subject and has no token',
          ({ file }) => storedOf(file).subject === undefined,
        ),
      ],
      apply: (context) => {
        const { file } = context;
        setOfficer(file, giveToken(context, storedOf(file)), file.state === 'pending');
        context.once.officer = file.id;
      },
      article: 'R11',
      endsRights: true,
    },
  ],
};
