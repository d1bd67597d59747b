import Fastify from 'fastify';
import t, { type Test } from 'tap';
import type { SluiceError } from '../../../proto/errors.js';
import type { Caller } from '../../parties/caller.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import type { ActCall } from '../../procedure/engine/perform-call.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { grantShortcutRoutes } from './grant-shortcuts.js';

interface Given {
  state: string;
  /** Answers of `answered`, call by call. */
  answered?: (ActAnswer | undefined)[];
}

/** The routes on a procedure that knows one grant without an open case, and what reaches it. */
async function routesOn(t: Test, { state, answered = [] }: Given) {
  const performed: ActCall[] = [];
  const procedure = {
    caughtUp: async () => {},
    answered: async () => answered.shift(),
    files: {
      read: async () => ({ file: { seq: 7 }, answer: { state } }),
      list: async () => ({ files: [] }),
    },
    perform: async (_caller: Caller, call: ActCall): Promise<ActAnswer> => {
      performed.push(call);
      return { body: { state: 'suspended' }, isNew: false, isReplayed: false };
    },
  } as unknown as Procedure;
  const app = Fastify();
  app.addSchema({ $id: 'problem', type: 'object', additionalProperties: true });
  app.addHook('onRequest', async (request) => {
    request.caller = { kind: 'officer', id: 'su', party: 'civil', roles: ['security_officer'] } as unknown as Caller;
  });
  app.setErrorHandler((error, _request, reply) => reply.code(409).send({ code: (error as SluiceError).code }));
  grantShortcutRoutes(app, { procedure });
  t.teardown(() => app.close());
  const suspend = () => app.inject({ method: 'POST', url: '/v1/grants/g/suspend', payload: { reason: 'a leak' } });
  return { performed, suspend };
}

t.test('a suspension that makes its case is answered when the right has ended everywhere', async (t) => {
  const { performed, suspend } = await routesOn(t, { state: 'in_force' });
  t.equal((await suspend()).statusCode, 200);
  t.match(performed, [{ kind: 'cases', act: 'create', endsRights: true, answersAbout: { kind: 'grants', id: 'g' } }]);
});

t.test('a grant that is not in force is refused by its state, whoever asks', async (t) => {
  const { performed, suspend } = await routesOn(t, { state: 'disposing' });
  t.match((await suspend()).json(), { code: 'WRONG_STATE' });
  t.strictSame(performed, []);
});

t.test('a request that comes again while the first is in flight gets the answer of the first', async (t) => {
  const body = { state: 'suspended' };
  const first = { body, isNew: false, isReplayed: true };
  const { performed, suspend } = await routesOn(t, { state: 'suspended', answered: [undefined, first] });
  const again = await suspend();
  t.strictSame([again.statusCode, again.json()], [200, body]);
  t.equal(again.headers['idempotent-replayed'], 'true');
  t.strictSame(performed, []);
});
