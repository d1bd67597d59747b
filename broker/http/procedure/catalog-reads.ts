import type { FastifyInstance } from 'fastify';
import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { Bus } from '../../nats/bus.js';
import { draftOf, entryAsSeen, inForce, newestText, providerOf } from '../../procedure/catalog/entry-file.js';
import { impactOf } from '../../procedure/catalog/entry-impact.js';
import { overlapsOf } from '../../procedure/catalog/entry-overlaps.js';
import { qualityOf } from '../../procedure/catalog/entry-quality.js';
import type { World } from '../../procedure/engine/machine.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import type { ProcedureFile } from '../../procedure/files/file.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface CatalogReadDeps {
  procedure: Procedure;
  world: World;
  bus: Bus;
  clock(): number;
}

type EntryRoute = { Params: { entry: string } };
const KIND = 'catalog' as const;

/** The file of an entry, and what its provider and the competent departments above ask about it. */
export function catalogReadRoutes(app: FastifyInstance, deps: CatalogReadDeps): void {
  const { procedure, world, bus, clock } = deps;
  app.get<EntryRoute>(
    '/v1/catalog/:entry/file',
    { schema: schemaOf('File', 'The file of an entry with its newest text and its history'), config: ANYBODY },
    (request) => procedure.files.readWhole(callerOf(request), { kind: KIND, id: request.params.entry }),
  );
  const about = (
    what: string,
    summary: string,
    answer: (file: ProcedureFile, text: EntryDocument) => object | Promise<object>,
  ): void => {
    const schema = schemaOf(what, summary);
    app.get<EntryRoute>(`/v1/catalog/:entry/${what.toLowerCase()}`, { schema, config: ANYBODY }, async (request) => {
      const file = await fileForProvider(deps, callerOf(request), request.params.entry);
      const text = newestText(file);
      if (!text) throw refuseOne('WRONG_STATE', 'the caller may not see a text of the entry yet');
      return answer(file, text);
    });
  };
  about('Impact', 'What the newest text would change for each live grant', (file, text) => {
    const current = inForce(file)?.document;
    const grants = current ? impactOf(current, draftOf(file) ?? text, world.grants.liveOn(file.id, clock())) : [];
    return { grants };
  });
  about('Overlaps', 'Items of the same code in entries of other departments', async (file, { items = [] }) => ({
    overlaps: await overlapsOf(world, file.id, items),
  }));
  about('Quality', 'Validity, completeness and freshness of what was published', async (file) => {
    const version = world.catalog.published(file.id);
    if (!version) throw refuseOne('WRONG_STATE', 'no version of the entry is in force');
    return qualityOf({ bus, catalog: world.catalog, clock }, version);
  });
}

/** For the officers of the provider, of its peer and of the superior; they see of the file what they may see. */
async function fileForProvider(
  { procedure, world }: CatalogReadDeps,
  caller: ReturnType<typeof callerOf>,
  id: string,
): Promise<ProcedureFile> {
  const { file } = await procedure.files.read(caller, { kind: KIND, id });
  const { relations } = world;
  if (caller.kind !== 'officer' || !relations.reads(caller.party, providerOf(id))) {
    throw refuseOne('NOT_YOUR_ROLE', 'this is for the provider, its competent department and the superior');
  }
  return entryAsSeen(file, caller, relations).file;
}

const ANYBODY = { access: 'anybody' as const };
const schemaOf = (what: string, summary: string): object => ({
  tags: ['catalog'],
  operationId: `getEntry${what}`,
  'x-answer': what === 'File' ? 'WholeFile' : `Entry${what}`,
  summary,
  params: { type: 'object', properties: { entry: { type: 'string' } } },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
});
