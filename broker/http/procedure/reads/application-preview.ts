import type { FastifyInstance } from 'fastify';
import type { Caller, OfficerCaller } from '../../../parties/caller.js';
import { applicationOf } from '../../../procedure/applications/applications.js';
import type { Procedure } from '../../../procedure/engine/procedure.js';
import { refuseOne } from '../../../procedure/engine/refusals.js';
import type { FileRef } from '../../../procedure/files/file.js';
import type { GrantPreview, Preview } from '../../../procedure/preview/grant-preview.js';
import { callerOf } from '../../server/authenticate.js';
import { PROBLEMS } from '../../server/problem-schema.js';

export interface PreviewDeps {
  procedure: Procedure;
  preview: Pick<GrantPreview, 'of'>;
  /** Puts a reading of the files on record. */
  recordReading(officer: OfficerCaller, files: readonly FileRef[]): Promise<void>;
}

const REVIEWERS = ['reviewer', 'body_head'];

/** `GET /v1/applications/{id}/preview`: the grant run over the log, for who is to reply. */
export function applicationPreviewRoute(app: FastifyInstance, deps: PreviewDeps): void {
  app.get<{ Params: { id: string } }>(
    '/v1/applications/:id/preview',
    { schema: SCHEMA, config: { access: 'anybody' }, exposeHeadRoute: false },
    (request) => preview(deps, callerOf(request), request.params.id),
  );
}

async function preview(
  { procedure, preview, recordReading }: PreviewDeps,
  caller: Caller,
  id: string,
): Promise<Preview> {
  const ref = { kind: 'applications', id } as const;
  const { file } = await procedure.files.read(caller, ref);
  const isProvider = caller.kind === 'officer' && caller.party === file.sides.provider;
  if (!isProvider || !REVIEWERS.some((role) => caller.roles.some((own) => own === role))) {
    throw refuseOne('NOT_YOUR_ROLE', 'a preview is for provider.reviewer and provider.body_head');
  }
  const shown = await preview.of(applicationOf(file));
  await recordReading(caller, [ref]);
  return shown;
}

const listOf = (items: object): object => ({ type: 'array', items });
const map = (values: object): object => ({ type: 'object', additionalProperties: values });
const names = listOf({ type: 'string' });

const ANSWER = {
  type: 'object',
  properties: {
    events: { type: 'integer' },
    perMonth: map({ type: 'integer' }),
    grades: map(names),
    samples: listOf(map({ type: ['string', 'null'] })),
    smallGroups: listOf({ type: 'object' }),
    heldAlready: listOf({ type: 'object', properties: { grant: { type: 'string' }, items: names } }),
    since: { type: 'string', format: 'date-time' },
  },
  required: ['events', 'perMonth', 'grades', 'samples', 'smallGroups', 'heldAlready'],
};

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'previewApplication',
  summary: 'What the grant would have delivered of the log, with masked samples (R20)',
  description:
    'Counts, grades, three masked samples, groups of fewer than five records, and what the party holds already. Runs over ' +
    'the newest 50,000 events of the entry, for 3 seconds at most; `since` says from when on, where older ones were left out.',
  params: { type: 'object', properties: { id: { type: 'string' } } },
  response: { 200: ANSWER, ...PROBLEMS },
};
