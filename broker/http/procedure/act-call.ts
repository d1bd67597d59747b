import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { pointerStep } from '../../../proto/json-pointer.js';
import { isMap } from '../../../proto/values/is-map.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import type { ActCall } from '../../procedure/engine/perform-call.js';
import { problem, refuse } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';

/** Printable ASCII. */
const KEY = /^[\x20-\x7e]{1,128}$/;
const SEQUENCE = /^(?:W\/)?"(\d{1,15})"$/;

/** Body, `If-Match` and `Idempotency-Key` of a request. Throws BAD_REQUEST. */
export function callOf(request: FastifyRequest): Pick<ActCall, 'body' | 'ifMatch' | 'key'> {
  const { body = {} } = request;
  if (!isMap(body)) throw new SluiceError('BAD_REQUEST', 'the body must be a JSON object');
  const ifMatch = ifMatchOf(request);
  const key = keyOf(request);
  return { body, ...(ifMatch !== undefined && { ifMatch }), ...(key && { key }) };
}

/** For a call that says all by its address. Throws BAD_REQUEST with each member of the body. */
export function requireEmpty(body: Fields): void {
  const paths = Object.keys(body).map(pointerStep);
  if (paths.length > 0) throw refuse(paths.map((path) => problem(path, 'BAD_REQUEST', 'is not a known field')));
}

function ifMatchOf({ headers }: FastifyRequest): number | undefined {
  const given = headers['if-match'];
  if (given === undefined || given === '*') return undefined;
  const [, seq] = SEQUENCE.exec(given) ?? [];
  if (seq === undefined)
    throw new SluiceError('BAD_REQUEST', 'If-Match must be the `seq` of the file in quotation marks');
  return Number(seq);
}

/** The idempotency key, for a request of that body. Throws BAD_REQUEST. */
export function keyOf(request: FastifyRequest, bodyDigest = request.bodyDigest ?? ''): ActCall['key'] {
  const given = request.headers['idempotency-key'];
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !KEY.test(given)) {
    throw new SluiceError('BAD_REQUEST', 'Idempotency-Key must be 1 to 128 printable ASCII characters');
  }
  const { method, url } = request;
  const digest = createHash('sha256').update(`${method} ${url}\n`).update(bodyDigest).digest('hex');
  return { key: given, request: digest };
}

/** Sends the answer of an act: 201 for one that made its file. */
export function sendAnswer(reply: FastifyReply, { body, isNew, isReplayed }: ActAnswer): FastifyReply {
  if (isReplayed) reply.header('idempotent-replayed', 'true');
  const { self } = (body.links ?? {}) as { self?: string };
  if (isNew && self !== undefined) reply.header('location', self);
  if (typeof body.seq === 'number') reply.header('etag', `"${body.seq}"`);
  return reply.code(isNew ? 201 : 200).send(body);
}
