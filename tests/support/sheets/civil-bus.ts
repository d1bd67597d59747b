import type { Test } from 'tap';
import { FOUNDING_CODE, type LawfulBus, startLawfulBus } from '../lawful/lawful-bus.js';
import { CD, PARTIES } from '../lawful/people.js';

export const CIVIL = {
  parties: [{ id: 'civil', name: { zh: '民政厅' }, level: 'province', regionCode: '350000' }],
  officers: [{ id: 'chen', party: 'civil', roles: ['catalog_editor'] }],
};
/** A registered bus with the department `civil` and its editor chen. */
export async function civilBus(t: Test): Promise<LawfulBus> {
  const bus = await startLawfulBus(t);
  const civil = { ...CIVIL.parties[0], type: 'gov_dept', creditCode: '11350000003591000X', superior: CD };
  await bus.act('pan', '/v1/bundles', { parties: [PARTIES[0], civil] });
  const redeem = async (code: string, id: string) => {
    const answer = await bus.act('', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
    bus.tokens.set(id, answer.token);
  };
  const appoint = async (by: string, id: string, role: string) => {
    const { token } = await bus.act(by, '/v1/officers', { id, name: { en: id }, roles: [role] });
    bus.tokens.set(id, token);
  };
  await redeem(FOUNDING_CODE, 'deng');
  await appoint('deng', 'huang', 'competent_reviewer');
  await redeem((await bus.act('huang', '/v1/enrolments', { party: 'civil' })).code, 'gao');
  await appoint('gao', 'chen', 'catalog_editor');
  return bus;
}
