import type { Notice } from '../../proto/http/procedure-files.js';
import type { BusApi } from '../bus-api.js';
import { ProtocolError } from '../errors.js';
import { pause } from '../pause.js';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from '../reconnect-policy.js';
import { repeated } from './repeated.js';

export interface NoticeFilter {
  /** Id behind which to begin. */
  after?: string | undefined;
  unread?: boolean | undefined;
  /** Language of the texts. */
  language?: 'zh' | 'en' | undefined;
}

export interface FollowNotices extends Omit<NoticeFilter, 'unread'> {
  signal: AbortSignal;
}

const PAGE = 200;
const EVENT_CHARACTERS_MAX = 1024 * 1024;

export async function* notices(api: BusApi, { language, ...filter }: NoticeFilter): AsyncGenerator<Notice> {
  for (let { after } = filter; ; ) {
    const query = { ...filter, after, limit: PAGE };
    const page = await repeated(() =>
      api.json<{ notices: Notice[]; next?: string }>('/v1/notices', { query, language }),
    );
    yield* page.notices;
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** Opens the stream again whenever it breaks. Ends with the signal; throws what the bus refuses for good. */
export async function* noticesAsTheyCome(
  api: BusApi,
  { after, language, signal }: FollowNotices,
): AsyncGenerator<Notice> {
  let last = after;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const request = {
        query: { after: last },
        accept: 'text/event-stream',
        language,
        signal,
        timeoutMs: STREAM_MS_MAX,
      };
      for await (const { event, data } of serverSentEvents(await api.bytes('/v1/notices', request))) {
        if (event === 'ended') throw endOf(data);
        const notice = JSON.parse(data) as Notice;
        last = notice.id;
        attempt = 0;
        yield notice;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
    }
    await pause(reconnectDelayMs(attempt, DEFAULT_RECONNECT_POLICY, Math.random), signal);
  }
}

/** A stream is opened again after so long, since what holds it open cannot be seen from here. */
const STREAM_MS_MAX = 3_600_000;

const isRetryable = (error: unknown): boolean => (error as { retryable?: boolean }).retryable ?? true;

function endOf(data: string): Error {
  const { code, reason } = JSON.parse(data) as { code: string; reason?: string };
  return new ProtocolError(reason ?? `the stream of notices ended: ${code}`, code as never);
}

/** Events of a body in the format of server-sent events; comments and heartbeats are left out. */
export async function* serverSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    if (text.length > EVENT_CHARACTERS_MAX) throw new ProtocolError('an event of the stream is too long');
    for (const lines of events.map((one) => one.split('\n'))) {
      const field = (name: string): string[] =>
        lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      const data = field('data').join('\n');
      if (data !== '') yield { event: field('event')[0] ?? 'message', data };
    }
  }
}
