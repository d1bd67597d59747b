import { Readable } from 'node:stream';
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sharedTurn } from '../../../proto/async/shared-turns.js';
import { FAULTS_OF_THE_BUS, SluiceError } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { StreamSlots } from '../../gateway/admission/stream-slots.js';
import type { Intake } from '../../intake/intake.js';
import { nameElements } from '../../intake/validate/element-names.js';
import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';
import { type SystemCaller, turnShareOf } from '../../parties/caller.js';
import type { Leases } from '../../parties/leases/leases.js';
import { mediaType } from '../bodies/body-parsers.js';
import { credentialOf, systemOf } from '../server/authenticate.js';
import { sendProblem } from '../server/error-handler.js';
import { holdLease } from '../server/hold-lease.js';
import { onClosed } from '../server/on-closed.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, NDJSON_TYPE } from '../server/route-rule.js';
import { binaryEvent } from './binary-event.js';
import { coalescedChunks } from './coalesced-chunks.js';
import { parseLine } from './event-line.js';
import { eventBytesMax } from './event-size.js';
import { publishStream } from './event-stream-input.js';
import { LineCutter, ndjsonLines } from './ndjson-lines.js';
import { unfinishedLines } from './unfinished-lines.js';

/** Events, and at most about so many bytes of them, handed to intake at once, and how long that goes on in one turn. */
const EVENTS_PER_CALL = 50;
const BYTES_PER_CALL = 512 * 1024;
const TURN_MS = 10;

export interface EventRoutesDeps {
  intake: Intake;
  leases: Leases;
  slots: StreamSlots;
  maxEventBytes: number;
  ending: AbortSignal;
}

/** A batch is held in memory as a whole; a source that has more uses a stream. */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** Elements of an array as body, counted before any of them is made. */
const BATCH_EVENTS_MAX = 10_000;

const ruleOf = ({ maxEventBytes }: EventRoutesDeps): FastifyContextConfig => ({
  access: { system: 'publish' },
  body: {
    'application/cloudevents+json': eventBytesMax(maxEventBytes),
    'application/cloudevents-batch+json': BATCH_BYTES_MAX,
    [JSON_TYPE]: BATCH_BYTES_MAX,
  },
  stream: NDJSON_TYPE,
  elementsMax: BATCH_EVENTS_MAX,
  singleBytesMax: eventBytesMax(maxEventBytes),
});

interface PublishQuery {
  atomic?: boolean;
  results?: 'all' | 'problems';
}

export function eventRoutes(app: FastifyInstance, deps: EventRoutesDeps): void {
  app.post<{ Querystring: PublishQuery }>(
    '/v1/events',
    {
      schema: SCHEMA,
      config: ruleOf(deps),
      onError: async (request, _reply, error) => {
        if (isFaultOfTheBus(request, error)) deps.intake.refusedBefore(error.code);
      },
    },
    async (request, reply) => {
      const caller = systemOf(request, 'publish');
      // Taken after the body was read, which may have taken long: a token that was withdrawn meanwhile publishes nothing.
      const lease = deps.leases.take(deps.leases.credential(caller, credentialOf(request), 'publish'));
      holdLease(reply, lease);
      const { atomic = false, results = 'all' } = request.query;
      const type = mediaType(request.headers['content-type']);
      const isStream = type === NDJSON_TYPE;
      const event = binaryEvent(request.headers, type ?? '', isStream ? undefined : request.body);
      if (event && (isStream || atomic)) {
        throw new SluiceError(
          'BAD_REQUEST',
          'ce- headers describe one event: they go with neither a stream nor atomic',
        );
      }
      if (isStream) onClosed(reply, deps.slots.take(caller.id));
      if (isStream && !atomic) {
        const { intake, maxEventBytes, ending } = deps;
        const body = coalescedChunks(request.body as Readable);
        const onlyProblems = results === 'problems';
        const answers = publishStream({ intake, caller, lease, body, maxEventBytes, onlyProblems, ending });
        return reply.type(NDJSON_TYPE).send(Readable.from(answers, { objectMode: false }));
      }
      const values =
        event ?? (isStream ? await collect(coalescedChunks(request.body as Readable), deps) : request.body);
      lease.check();
      if (atomic) return sendSeveral(reply, await publishAtomic(request, deps.intake, values));
      if (Array.isArray(values)) return sendSeveral(reply, await publishInTurns(deps.intake, caller, values));
      if (values === undefined) throw new SluiceError('BAD_JSON', 'the body is empty');
      const [result] = await deps.intake.publish(caller, [values]);
      return sendOne(reply, result!);
    },
  );
}

/**
 * A request that the bus could not serve counts as one event: how many it had was not read. Without a caller it is somebody who
 * guesses tokens.
 */
const isFaultOfTheBus = ({ caller }: FastifyRequest, error: Error): error is SluiceError =>
  caller !== undefined && error instanceof SluiceError && FAULTS_OF_THE_BUS.includes(error.code);

/**
 * Validating ten thousand events takes too long for one turn of the event loop. They stay one flow, in their order. The body has 16 MiB
 * at most, so an event of so many has this many bytes on average.
 */
async function publishInTurns(intake: Intake, caller: SystemCaller, events: unknown[]): Promise<PublishResult[]> {
  const flow = {};
  const perCall = Math.max(
    1,
    Math.min(EVENTS_PER_CALL, Math.floor(events.length * (BYTES_PER_CALL / BATCH_BYTES_MAX))),
  );
  const parts: Promise<PublishResult[]>[] = [];
  let turnStartedAt = performance.now();
  for (let i = 0; i < events.length; i += perCall) {
    parts.push(intake.publish(caller, events.slice(i, i + perCall), flow));
    // Encoded and queued: what was sent is not needed any more, and 16 MiB of it wait for their answers.
    events.fill(undefined, i, i + perCall);
    if (performance.now() - turnStartedAt < TURN_MS) continue;
    await sharedTurn(turnShareOf(caller));
    turnStartedAt = performance.now();
  }
  return (await Promise.all(parts)).flat();
}

function sendOne(reply: FastifyReply, result: PublishResult): FastifyReply {
  if (result.problem) return sendProblem(reply, result.problem);
  return reply.code(result.duplicate ? 200 : 201).send(result);
}

/** When nothing at all could be stored for a reason of the store's, the status says so: a client then comes back later. */
function sendSeveral(reply: FastifyReply, results: PublishResult[]): FastifyReply {
  const [first] = results;
  const isStoreFailure = results.every(({ problem }) => problem?.status === 503 || problem?.status === 507);
  return first?.problem && isStoreFailure ? sendProblem(reply, first.problem) : reply.send(nameElements(results));
}

async function publishAtomic(request: FastifyRequest, intake: Intake, values: unknown): Promise<PublishResult[]> {
  if (!Array.isArray(values)) throw new SluiceError('BAD_REQUEST', 'an atomic batch is a list of events');
  return intake.publishAtomic(systemOf(request, 'publish'), values);
}

/** An atomic stream is held as a whole: reading ends behind the first event that is too many, which intake refuses. */
async function collect(body: AsyncIterable<Buffer>, deps: EventRoutesDeps): Promise<unknown[]> {
  const values: unknown[] = [];
  const cutter = new LineCutter(eventBytesMax(deps.maxEventBytes), unfinishedLines);
  try {
    for await (const lines of ndjsonLines(body, cutter)) {
      for (const line of lines) {
        values.push(parseLine(line, deps.maxEventBytes));
        if (values.length > BATCH_MESSAGES_MAX) return values;
      }
    }
    return values;
  } finally {
    cutter.release();
  }
}

const RESULT = {
  type: 'object',
  description: 'id and position of a stored event, or the problem of a refused one',
  properties: {
    id: { type: 'string' },
    line: { type: 'integer' },
    position: { type: 'integer' },
    duplicate: { type: 'boolean' },
    problem: { $ref: 'problem#' },
  },
};

const SCHEMA = {
  tags: ['events'],
  summary: 'Publish one event, a batch, or a stream of events',
  description:
    'CloudEvents as application/cloudevents+json (one), application/cloudevents-batch+json (a list), in binary mode ' +
    '(ce- headers, the data as application/json) or ' +
    'application/x-ndjson (a stream, answered as NDJSON while it goes; results=problems answers with refusals and one ' +
    'last summary line {accepted, duplicates, refused}). An answer means that the event is stored.',
  consumes: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json', NDJSON_TYPE],
  querystring: {
    type: 'object',
    properties: {
      atomic: { type: 'boolean', description: 'all or none; up to 1,000 events of one entry' },
      results: { enum: ['all', 'problems'] },
    },
    additionalProperties: false,
  },
  response: {
    200: {
      description: 'A duplicate; or the results of a batch, in order',
      anyOf: [RESULT, { type: 'array', items: RESULT }],
    },
    201: RESULT,
    ...PROBLEMS,
  },
};
