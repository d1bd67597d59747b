import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t from 'tap';
import { BIRTH, BIRTH_ID, publishEntries } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus } from '../../support/lawful/lawful-bus.js';
import { P } from '../../support/lawful/people.js';

interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  security?: object[];
  tags: string[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

t.test(
  'the OpenAPI document of a registered bus has an example of each body, and answers are as it says',
  async (t) => {
    const bus = await foundLawfulBus(t);
    const document = (await (await fetch(`${bus.url}/docs/json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
      tags: { name: string }[];
      components: { schemas: object };
    };
    const ajv = new Ajv2020({ strict: false });
    (formats as unknown as (ajv: Ajv2020) => void)(ajv);
    ajv.addSchema(document, 'openapi');
    const faults = (schema: object, value: unknown): string => {
      const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
      return ajv.validate(JSON.parse(text), value) ? '' : ajv.errorsText();
    };

    const ids = new Map<string, Operation>();
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const what = `${method} ${path}`;
        t.notOk(ids.has(operation.operationId), `${what}: its operationId is unique`);
        ids.set(operation.operationId, operation);
        t.ok(operation.summary && operation.description && operation.security, what);
        t.notMatch(JSON.stringify(operation), /"x-/, `${what} holds nothing of ours`);
        if (!document.tags.some(({ name }) => name === operation.tags[0]))
          t.fail(`${what}: no tag ${operation.tags[0]}`);
        if (operation.tags[0] !== 'procedure') continue;
        for (const { schema, example } of Object.values(operation.requestBody?.content ?? {})) {
          t.ok(example, `${what} has an example`);
          t.equal(faults(schema, example), '', `${what}: the example is of the schema`);
        }
        const success = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
        const { content = {} } = operation.responses[success[0] as string] ?? {};
        const [answered] = Object.values(content);
        t.notSame(answered?.schema ?? anything, anything, `${what} says what it answers`);
      }
    }
    const text = JSON.stringify(document);
    for (const name of Object.keys(document.components.schemas)) {
      t.ok(text.includes(`#/components/schemas/${name}"`), `${name} is used`);
    }
    for (const name of ['If-Match', 'Idempotency-Key']) {
      t.ok(
        ids.get('fileApplications')?.parameters?.some((one) => one.name === name && one.in === 'header'),
        name,
      );
    }

    const answersAs = async (id: string, who: string, method: string, path: string, body?: object): Promise<Body> => {
      const answer = await bus.as(who, method, path, body);
      const described = ids.get(id)?.responses[answer.status]?.content?.['application/json'];
      t.ok(answer.status < 300 && described, `${id}: ${answer.status} is described ${JSON.stringify(answer.body)}`);
      if (described) t.equal(faults(described.schema, answer.body), '', `${id}: the answer is of the schema`);
      return answer.body;
    };
    await answersAs('putCatalog', 'chen', 'PUT', `/v1/catalog/${BIRTH_ID}`, BIRTH);
    await publishEntries(bus, [BIRTH]);
    const { id } = await answersAs('createApplications', 'wu', 'POST', '/v1/applications', { entry: BIRTH_ID });
    await answersAs('cancelApplications', 'wu', 'POST', `/v1/applications/${id}/cancel`, { reason: 'not needed' });
    await answersAs('getApplications', 'wu', 'GET', `/v1/applications/${id}`);
    await answersAs('listApplications', 'wu', 'GET', '/v1/applications?document=true');
    await answersAs('listGrants', 'wu', 'GET', '/v1/grants');
    await answersAs('listCatalog', 'wu', 'GET', '/v1/catalog');
    await answersAs('listCatalog', 'lin', 'GET', '/v1/catalog?state=published');
    for (const what of ['File', 'Impact', 'Overlaps', 'Quality']) {
      await answersAs(`getEntry${what}`, 'lin', 'GET', `/v1/catalog/${BIRTH_ID}/${what.toLowerCase()}`);
    }
    const { notices } = await answersAs('listNotices', 'chen', 'GET', '/v1/notices');
    await answersAs('readNotice', 'chen', 'POST', `/v1/notices/${notices[0].id}/read`);
    await answersAs('readWorklist', 'lin', 'GET', '/v1/desk');
    await answersAs('readClock', 'wu', 'GET', '/v1/clock');
    await answersAs('listProcedures', 'wu', 'GET', '/v1/procedures');
    await answersAs('createEnrolments', 'huang', 'POST', '/v1/enrolments', { party: 'fuzhou-data-bureau' });
    await answersAs('listBodies', 'lin', 'GET', `/v1/bodies?party=${P}`);
    const calendar = { region: '000000', year: 2027, document: 'no. 1', off: [], on: [] };
    await answersAs('createCalendars', 'huang', 'POST', '/v1/calendars', calendar);
  },
);

const anything = { type: 'object', additionalProperties: true };
