import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, SluiceError, toProblem } from '../../../../proto/errors.js';
import type { StreamSlots } from '../../../gateway/admission/stream-slots.js';
import { actorOf, type OfficerCaller } from '../../../parties/caller.js';
import type { Lease } from '../../../parties/leases/leases.js';
import type { Procedure } from '../../../procedure/engine/procedure.js';
import type { Notice } from '../../../procedure/files/file.js';
import type { NoticeBoard } from '../../../procedure/notices/notice-board.js';
import { type Language, noticeText } from '../../../procedure/notices/notice-texts.js';
import { preferredLanguage, wantsEventStream } from '../../server/accept.js';
import { callerOf } from '../../server/authenticate.js';
import { onClosed } from '../../server/on-closed.js';
import { PROBLEMS } from '../../server/problem-schema.js';
import { callOf, requireEmpty, sendAnswer } from '../act-call.js';
import { ACT_RULE } from '../files.js';

export interface NoticeRoutesDeps {
  procedure: Procedure;
  notices: NoticeBoard;
  slots: StreamSlots;
  heartbeatMs: number;
  /** Aborted when the broker drains. */
  ending: AbortSignal;
}

/** Notices that are read at once for a stream. */
const STREAM_PAGE = 100;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

type ListRoute = { Querystring: { after?: string; limit: number; unread?: boolean } };
type ReadRoute = { Params: { id: string } };
type Page = Awaited<ReturnType<NoticeBoard['list']>>;
type Shown = Notice & { text: string };

/** Notices of the caller's department as pages or a stream, and the record that one was read. */
export function noticeRoutes(app: FastifyInstance, deps: NoticeRoutesDeps): void {
  const { procedure, notices } = deps;
  app.get<ListRoute>('/v1/notices', { schema: LIST, config: { access: 'anybody' } }, async (request, reply) => {
    const officer = await procedure.requireInsider(callerOf(request), 'read');
    reply.header('vary', 'Accept, Accept-Language');
    const { after, limit, unread } = request.query;
    const query = { party: officer.party, limit, ...(after && { after }), ...(unread && { unread }) };
    if (request.method !== 'HEAD' && wantsEventStream(request.headers.accept)) {
      return sendStream(request, reply, { ...deps, officer, query });
    }
    const { next, ...page } = await notices.list(query);
    return { notices: page.notices.map(shownIn(languageOf(request))), ...(next !== undefined && { next }) };
  });
  app.post<ReadRoute>('/v1/notices/:id/read', { schema: READ, config: ACT_RULE }, async (request, reply) => {
    const officer = await procedure.requireInsider(callerOf(request), 'read');
    const { body, key } = callOf(request);
    await procedure.caughtUp();
    await notices.find(officer, request.params.id);
    requireEmpty(body);
    const isReplayed = (await procedure.answered(officer, key)) !== undefined;
    // The first reading stands, so the notice itself is what was answered before.
    const notice = await notices.read(officer, request.params.id, procedure.kept(officer, key, {}));
    return sendAnswer(reply, { body: { ...shownIn(languageOf(request))(notice) }, isReplayed, isNew: false });
  });
}

const languageOf = ({ headers }: FastifyRequest): Language =>
  preferredLanguage(headers['accept-language'], ['zh', 'en']);
const shownIn =
  (language: Language) =>
  (notice: Notice): Shown => ({ ...notice, text: noticeText(notice, language) });

interface Stream extends NoticeRoutesDeps {
  officer: OfficerCaller;
  query: Parameters<NoticeBoard['list']>[0];
}

async function sendStream(request: FastifyRequest, reply: FastifyReply, stream: Stream): Promise<FastifyReply> {
  const { officer, query, slots, notices } = stream;
  onClosed(reply, slots.take(actorOf(officer)));
  const lastEventId = request.headers['last-event-id'];
  if (typeof lastEventId === 'string' && lastEventId !== '') query.after = lastEventId;
  query.limit = STREAM_PAGE;
  const gone = new AbortController();
  onClosed(reply, () => gone.abort());
  // The first page is read before the head goes out, so that a refusal still has its status.
  const { head } = notices;
  const first = await notices.list(query);
  const lease = request.officeLease as Lease;
  const events = serverSentEvents({
    ...stream,
    first,
    head,
    lease,
    language: languageOf(request),
    stopping: AbortSignal.any([stream.ending, gone.signal]),
    waking: AbortSignal.any([stream.ending, gone.signal, lease.signal]),
  });
  reply.type('text/event-stream').headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  return reply.send(Readable.from(events, { objectMode: false }));
}

interface EventSource extends Stream {
  first: Page;
  /** Record that the first page includes. */
  head: number;
  language: Language;
  /** The office of the reader. */
  lease: Lease;
  /** Aborted when nobody reads any more. */
  stopping: AbortSignal;
  /** Aborted with it, or when the lease has ended. */
  waking: AbortSignal;
}

/** Notices as they come, until the reader leaves, loses the office, or the broker ends. */
async function* serverSentEvents(source: EventSource): AsyncGenerator<string> {
  const { notices, query, heartbeatMs, stopping, waking, language, lease } = source;
  let {
    first: page,
    head,
    query: { after },
  } = source;
  try {
    for (;;) {
      lease.check();
      yield page.notices.length > 0 ? page.notices.map(shownIn(language)).map(eventOf).join('') : ': heartbeat\n\n';
      after = page.notices.at(-1)?.id ?? after;
      if (page.next === undefined) await notices.untilAfter(head, heartbeatMs, waking);
      if (stopping.aborted) return;
      lease.check();
      head = notices.head;
      page = await notices.list({ ...query, ...(after !== undefined && { after }) });
    }
  } catch (error) {
    yield endedOf(error);
  }
}

const eventOf = (notice: Shown): string => `id: ${notice.id}\ndata: ${JSON.stringify(notice)}\n\n`;

function endedOf(error: unknown): string {
  const { code, detail }: { code: ErrorCode; detail?: string } = toProblem(error);
  const retry = error instanceof SluiceError && !error.retryable ? 'retry: 60000\n' : '';
  return `event: ended\n${retry}data: ${JSON.stringify({ code, reason: detail })}\n\n`;
}

const anything = { type: 'object', additionalProperties: true };
const LIST = {
  tags: ['procedure'],
  operationId: 'listNotices',
  'x-answer': 'NoticeList',
  summary: "Notices to the caller's department, oldest first",
  description:
    'With Accept: text/event-stream as server-sent events that go on; the id of each goes back as Last-Event-ID. ' +
    'The text is in Chinese, or in English where Accept-Language prefers it.',
  produces: ['application/json', 'text/event-stream'],
  querystring: {
    type: 'object',
    properties: {
      after: { type: 'string' },
      limit: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
      unread: { type: 'boolean' },
    },
    additionalProperties: false,
  },
  response: { 200: anything, ...PROBLEMS },
};
const READ = {
  tags: ['procedure'],
  operationId: 'readNotice',
  'x-answer': 'Notice',
  summary: 'Record that the department has read a notice; the first reading counts',
  params: { type: 'object', properties: { id: { type: 'string' } } },
  response: { 200: anything, ...PROBLEMS },
};
