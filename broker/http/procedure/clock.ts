import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { instantMs } from '../../../proto/values/rfc3339.js';
import { actorOf, type Caller } from '../../parties/caller.js';
import { momentOf } from '../../procedure/clock/shanghai-days.js';
import type { SetOnce } from '../../procedure/due/test-clock.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import type { KeptAnswers } from '../../procedure/engine/kept-answers.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { SMALL_JSON } from '../server/route-rule.js';
import { keyOf } from './act-call.js';

export interface ClockReadingDeps {
  clock: () => number;
  isTestClock: boolean;
  calendarVersions(): string[];
}

export interface ClockRoutesDeps extends ClockReadingDeps {
  /** Resolves when everything that fell due on the way was acted on. */
  setClock(nowMs: number, by: { actor: string; role: string }, once?: SetOnce): Promise<ActAnswer>;
  kept: KeptAnswers;
}

const READ_RULE: FastifyContextConfig = { access: 'department', outsiders: ['platform_operator', 'contractor'] };

type SetRoute = { Body: { now: string } };

/** The time of the bus, which a trial bus has too. Returns the function that reads it. */
export function clockReadRoute(app: FastifyInstance, deps: ClockReadingDeps) {
  const read = () => ({
    now: momentOf(deps.clock()),
    test: deps.isTestClock,
    calendarVersions: deps.calendarVersions(),
  });
  app.get('/v1/clock', { schema: READ, config: READ_RULE }, async () => read());
  return read;
}

/** The time of the bus; the platform operator sets it on a bus with a test clock. */
export function clockRoutes(app: FastifyInstance, deps: ClockRoutesDeps): void {
  const read = clockReadRoute(app, deps);
  app.post<SetRoute>(
    '/v1/clock',
    {
      schema: SET,
      config: { access: 'anybody', body: SMALL_JSON, digestsBody: true, outsiders: ['platform_operator'] },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireOperator(caller);
      const nowMs = momentToSet(request.body.now);
      const by = { actor: actorOf(caller), role: 'platform_operator' };
      const key = keyOf(request);
      if (!key) {
        await deps.setClock(nowMs, by);
        return read();
      }
      // The time that was set, so that the call has one answer however often it comes.
      const set = { ...read(), now: momentOf(nowMs) };
      const { body, isReplayed } = await deps.setClock(nowMs, by, { kept: deps.kept, key, body: set });
      if (isReplayed) reply.header('idempotent-replayed', 'true');
      return body;
    },
  );
}

/** RFC 3339 writes no year beyond 9999, and answers are in +08:00. Throws BAD_REQUEST. */
function momentToSet(text: string): number {
  const nowMs = instantMs(text) as number;
  if (/^\d{4}-/.test(momentOf(nowMs))) return nowMs;
  throw refuseOne('BAD_REQUEST', 'must be a moment of the years 0000 to 9999 in +08:00', '/now');
}

function requireOperator(caller: Caller): void {
  if (caller.kind === 'officer' && caller.roles.includes('platform_operator')) return;
  throw refuseOne('NOT_YOUR_ROLE', 'the clock is set by the platform operator');
}

const clockSchema = {
  type: 'object',
  properties: {
    now: { type: 'string', format: 'date-time' },
    test: { type: 'boolean' },
    calendarVersions: { type: 'array', items: { type: 'string' } },
  },
};
const READ = {
  tags: ['procedure'],
  operationId: 'readClock',
  'x-answer': 'BusTime',
  summary: 'The time of the bus',
  response: { 200: clockSchema, ...PROBLEMS },
};
const SET = {
  tags: ['procedure'],
  operationId: 'setClock',
  'x-body': { example: { now: '2026-02-06T10:00:00+08:00' } },
  'x-answer': 'BusTime',
  summary: 'Set the time of a bus with a test clock',
  body: {
    type: 'object',
    properties: { now: { type: 'string', format: 'date-time' } },
    required: ['now'],
    additionalProperties: false,
  },
  response: { 200: clockSchema, ...PROBLEMS },
};
