import type { FastifyReply } from 'fastify';
import { TimeSlice } from '../../../proto/async/time-slice.js';

/** Sends `{"<name>":[…], …rest}`. Megabytes of records are written in several turns of the event loop. */
export async function sendList(
  reply: FastifyReply,
  name: string,
  list: readonly unknown[],
  rest: object = {},
): Promise<FastifyReply> {
  const parts: Buffer[] = [Buffer.from(`{${JSON.stringify(name)}:[`)];
  await new TimeSlice().each(list, (one, index) =>
    parts.push(Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(one)}`)),
  );
  const more = JSON.stringify(rest).slice(1, -1);
  parts.push(Buffer.from(`]${more === '' ? '' : ','}${more}}`));
  return reply.type('application/json; charset=utf-8').send(Buffer.concat(parts));
}
