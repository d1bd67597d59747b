// An applicant of a department drafts an application on a registered bus. Needs SLUICE_URL and the token of the officer.
import { ApiError } from '../../dist/client/errors.js';
import { ProcedureClient } from '../../dist/client/procedure/procedure-client.js';

const { SLUICE_URL: url, SLUICE_TOKEN: token, SLUICE_ENTRY: entry } = process.env;
const bus = new ProcedureClient({ url, token });

try {
  const draft = await bus.make('applications', { entry, scenario: 'vaccination calendar' });
  console.log(`${draft.id} is ${draft.state}, next: ${draft.next.map(({ act }) => act).join(', ')}`);
  const whole = await bus.get('applications', draft.id);
  await bus.act('applications', draft.id, 'edit', { ...bodyOf(whole.document), range: 'newborns of Fujian' });
  for await (const file of bus.list('applications', { state: 'draft' })) console.log(`draft ${file.id}`);
  // The bus answers with everything that is wrong at once.
  await bus.act('applications', draft.id, 'edit', { entry, mode: 'by post', period: { from: 'soon' } });
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  for (const { path, code } of error.problems) console.log(`${code} ${path}`);
}

/** The parts that an applicant gives; the bus adds the id and the department. */
function bodyOf({ id, party, ...parts }) {
  return parts;
}
