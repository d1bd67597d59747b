import type { FastifyInstance } from 'fastify';
import { actorOf, type Caller } from '../../parties/caller.js';
import { momentOf } from '../../procedure/clock/shanghai-days.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { SMALL_JSON } from '../server/route-rule.js';

export interface ClockRoutesDeps {
  clock: () => number;
  isTestClock: boolean;
  calendarVersions(): string[];
  /** Resolves when everything that fell due on the way was acted on. */
  setClock(nowMs: number, by: { actor: string; role: string }): Promise<void>;
}

type SetRoute = { Body: { now: string } };

/** The time of the bus; the platform operator sets it on a bus with a test clock. */
export function clockRoutes(app: FastifyInstance, deps: ClockRoutesDeps): void {
  const read = () => ({
    now: momentOf(deps.clock()),
    test: deps.isTestClock,
    calendarVersions: deps.calendarVersions(),
  });
  app.get('/v1/clock', { schema: READ, config: { access: 'anybody' } }, async () => read());
  app.post<SetRoute>(
    '/v1/clock',
    { schema: SET, config: { access: 'anybody', body: SMALL_JSON, outsiders: ['platform_operator'] } },
    async (request) => {
      const caller = callerOf(request);
      requireOperator(caller);
      await deps.setClock(Date.parse(request.body.now), { actor: actorOf(caller), role: 'platform_operator' });
      return read();
    },
  );
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
