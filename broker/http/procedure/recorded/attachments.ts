import { Readable } from 'node:stream';
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, type OfficerCaller } from '../../../parties/caller.js';
import { ATTACHMENT_BYTES_MAX, digestOf } from '../../../procedure/attachments/attachment-bytes.js';
import type { Attachments } from '../../../procedure/attachments/attachments.js';
import { type VisibilityDeps, visibleAttachment } from '../../../procedure/attachments/visible-attachment.js';
import type { KeptAnswers } from '../../../procedure/engine/kept-answers.js';
import type { Procedure } from '../../../procedure/engine/procedure.js';
import { refuseOne } from '../../../procedure/engine/refusals.js';
import { BodyFile } from '../../bodies/body-file.js';
import { callerOf } from '../../server/authenticate.js';
import { onClosed } from '../../server/on-closed.js';
import { PROBLEMS } from '../../server/problem-schema.js';
import { ANY_TYPE } from '../../server/route-rule.js';
import { keyOf } from '../act-call.js';

export interface AttachmentRoutesDeps {
  procedure: Procedure;
  attachments: Attachments;
  kept: KeptAnswers;
  visibility: VisibilityDeps;
}

const STORE_RULE: FastifyContextConfig = { access: 'anybody', raw: true, body: { [ANY_TYPE]: ATTACHMENT_BYTES_MAX } };
const DEFAULT_TYPE = 'application/octet-stream';
const TYPE_CHARACTERS_MAX = 255;

type ReadRoute = { Params: { sha256: string } };

/** Papers of officers: their bytes come in once and go out to those who may read a file that names them. */
export function attachmentRoutes(app: FastifyInstance, deps: AttachmentRoutesDeps): void {
  const { procedure } = deps;
  app.post(
    '/v1/attachments',
    {
      schema: STORE,
      config: STORE_RULE,
      // Ahead of the body, of which nothing is read for an outsider.
      onRequest: async (request) => void (await procedure.requireInsider(callerOf(request), 'store')),
    },
    (request, reply) => store(deps, request, reply),
  );
  app.get<ReadRoute>('/v1/attachments/:sha256', { schema: READ, config: { access: 'anybody' } }, (request, reply) =>
    read(deps, request, reply),
  );
}

async function store(
  { procedure, attachments, kept }: AttachmentRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const officer = await procedure.requireInsider(callerOf(request), 'store');
  const type = typeOf(request);
  const release = attachments.takeStoring();
  try {
    const bytes = await bytesOf(request.body);
    const key = keyOf(request, digestOf(bytes));
    const once = key && { kept, key };
    const { isNew, isReplayed, ...answer } = await attachments.store(bytes, type, actingAs(officer), once);
    if (isReplayed) reply.header('idempotent-replayed', 'true');
    return await reply.code(isNew ? 201 : 200).send(answer);
  } finally {
    release();
  }
}

async function read(
  { procedure, attachments, visibility }: AttachmentRoutesDeps,
  request: FastifyRequest<ReadRoute>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const officer = await procedure.requireInsider(callerOf(request), 'read');
  const { sha256 } = request.params;
  const facts = await visibleAttachment(visibility, officer, sha256);
  if (!facts) throw unknown(sha256);
  reply.headers({
    'content-type': facts.type,
    'content-length': facts.size,
    // Whatever type an officer stated, a browser saves the bytes and neither shows nor runs them.
    'content-disposition': `attachment; filename="${sha256}"`,
    'content-security-policy': "default-src 'none'; sandbox",
  });
  // An empty stream, since the framework counts the bytes of every other answer.
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  const opened = await attachments.read(facts, actingAs(officer));
  if (!opened) throw unknown(sha256);
  onClosed(reply, opened.release);
  request.officeLease?.check();
  return reply.send(Readable.from(opened.parts, { objectMode: false }));
}

const actingAs = (officer: OfficerCaller) => ({ actor: actorOf(officer), party: officer.party });
const unknown = (sha256: string) => refuseOne('NOT_FOUND', `there is no attachment ${sha256.slice(0, 64)}`);

function typeOf({ headers }: FastifyRequest): string {
  const type = headers['content-type'] ?? DEFAULT_TYPE;
  if (type.length <= TYPE_CHARACTERS_MAX) return type;
  throw refuseOne('BAD_REQUEST', `the Content-Type has more than ${TYPE_CHARACTERS_MAX} characters`);
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof BodyFile) return body.read();
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

const tags = ['procedure'];
const stored = {
  type: 'object',
  properties: { sha256: { type: 'string' }, size: { type: 'integer' }, type: { type: 'string' } },
  required: ['sha256', 'size', 'type'],
};
const binary = { schema: { type: 'string', format: 'binary' } };

const STORE = {
  tags,
  operationId: 'storeAttachment',
  summary: 'Store the bytes of a paper, which acts then name by their SHA-256',
  description:
    'At most 10 MiB of any Content-Type, by any officer but platform operators and contractors. 200 when the department ' +
    'has stored the same bytes before. Optional: Idempotency-Key.',
  'x-body': { mediaType: ANY_TYPE, schema: binary.schema, example: 'the bytes of a PDF' },
  response: { 200: stored, 201: stored, ...PROBLEMS },
};
const READ = {
  tags,
  operationId: 'readAttachment',
  summary: 'The bytes of a paper',
  description:
    'For the department that stored it and for whoever reads a file that names it, with the Content-Type that it was ' +
    'stored with. Each read is recorded; HEAD is none.',
  params: { type: 'object', properties: { sha256: { type: 'string' } } },
  response: { 200: { description: 'The bytes', content: { [ANY_TYPE]: binary } }, ...PROBLEMS },
};
