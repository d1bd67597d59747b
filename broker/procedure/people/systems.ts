import { newToken } from '../../parties/credentials.js';
import { type StoredSystem, SYSTEM_RIGHTS } from '../../parties/system.js';
import { GIVEN_ID, listOf, TITLE } from '../engine/body-check.js';
import { type ActContext, type Machine, NONE, SELF } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import { isTaken } from './taken-id.js';

const MAY = listOf({ enum: [...SYSTEM_RIGHTS] }, SYSTEM_RIGHTS.length);

const storedOf = ({ document }: ProcedureFile): StoredSystem => document as unknown as StoredSystem;

function setSystem(file: ProcedureFile, stored: StoredSystem): void {
  const { credential: _, ...shown } = stored;
  file.document = { ...stored } as unknown as Fields;
  file.fields = { ...shown };
}

function withToken(context: ActContext, stored: StoredSystem): StoredSystem {
  const token = newToken();
  context.once.token = token;
  return { ...stored, credential: context.world.credentials.digestOf(token) };
}

/** Systems of a department, with their tokens, which only its security officer makes. */
export const SYSTEMS: Machine = {
  kind: 'systems',
  available: true,
  states: ['in_use', 'withdrawn'],
  transitions: [
    {
      number: 'Z1',
      from: [NONE],
      act: 'create',
      example: { id: 'maternal-health', name: { zh: '妇幼健康系统' }, may: ['subscribe'] },
      to: 'in_use',
      who: ['own.security_officer'],
      body: { id: GIVEN_ID, name: TITLE, may: MAY },
      idOf: ({ body }) => (typeof body.id === 'string' ? body.id : undefined),
      sides: ({ caller }) => ({ own: caller?.party ?? '' }),
      guard: [
        'id',
        'name',
        'may',
        {
          name: 'a new id',
          check: async ({ file, world, batch }) =>
            (await isTaken(file, world.systems.get(file.id), batch))
              ? problem('/id', 'CONFLICT', 'is the id of a system already')
              : undefined,
        },
      ],
      apply: (context) => {
        const { file, body, caller } = context;
        const { name, may } = body as unknown as StoredSystem;
        const stored = withToken(context, { id: file.id, party: caller?.party ?? '', name, may });
        setSystem(file, stored);
        context.once.system = { ...file.fields };
      },
      article: 'R11',
    },
    {
      number: 'Z2',
      from: ['in_use', 'withdrawn'],
      act: 'renew-token',
      to: 'in_use',
      who: ['own.security_officer'],
      apply: (context) => {
        setSystem(context.file, withToken(context, storedOf(context.file)));
        context.once.system = context.file.id;
      },
      article: 'R11',
      endsRights: true,
    },
    {
      number: 'Z3',
      from: ['in_use'],
      act: 'withdraw-token',
      to: 'withdrawn',
      who: ['own.security_officer'],
      apply: ({ file }) => {
        const { credential: _, ...rest } = storedOf(file);
        setSystem(file, rest);
      },
      article: 'R11',
      endsRights: true,
    },
    {
      number: 'Z4',
      from: ['in_use', 'withdrawn'],
      act: 'change',
      example: { may: ['subscribe', 'publish'] },
      to: SELF,
      who: ['own.security_officer'],
      body: { name: TITLE, may: MAY },
      apply: ({ file, body }) => setSystem(file, { ...storedOf(file), ...(body as Partial<StoredSystem>) }),
      article: 'R11',
      endsRights: true,
    },
  ],
};
