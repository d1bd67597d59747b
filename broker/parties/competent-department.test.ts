import t from 'tap';
import { commonSuperior, isCompetentAbove, peerCompetentDepartment } from './competent-department.js';
import type { Level, PartyDocument } from './party.js';

const party = (id: string, level: Level, regionCode?: string, competent = false): PartyDocument => ({
  id,
  name: id,
  level,
  ...(regionCode !== undefined && { regionCode }),
  competent,
});

const parties = [
  party('state-data', 'national', undefined, true),
  party('fujian-data', 'province', '350000', true),
  party('fuzhou-data', 'city', '350100', true),
  party('gulou-data', 'county', '350102', true),
  party('zhejiang-data', 'province', '330000', true),
];
const gulouHealth = party('gulou-health', 'county', '350102');
const taijiangHealth = party('taijiang-health', 'county', '350103');
const fuzhouTax = party('fuzhou-tax', 'city', '350100');
const hangzhouTax = party('hangzhou-tax', 'city', '330100');

t.test('the peer competent department is that of the same government', async (t) => {
  t.equal(peerCompetentDepartment(parties, gulouHealth)?.id, 'gulou-data');
  t.equal(peerCompetentDepartment(parties, fuzhouTax)?.id, 'fuzhou-data');
  t.equal(peerCompetentDepartment(parties, party('street', 'township', '350102'))?.id, 'gulou-data');
  t.equal(peerCompetentDepartment(parties, party('ministry', 'national'))?.id, 'state-data');
  t.equal(peerCompetentDepartment(parties, taijiangHealth), undefined, 'where none is registered there is none');
});

t.test('the common superior is the lowest competent department above both', async (t) => {
  t.equal(commonSuperior(parties, gulouHealth, taijiangHealth)?.id, 'fuzhou-data');
  t.equal(commonSuperior(parties, gulouHealth, fuzhouTax)?.id, 'fujian-data');
  t.equal(commonSuperior(parties, fuzhouTax, hangzhouTax)?.id, 'state-data');
  t.equal(commonSuperior(parties, party('ministry', 'national'), gulouHealth)?.id, 'state-data');
});

t.test('parties without a region meet at the national department only', async (t) => {
  const [a, b] = [party('a', 'county'), party('b', 'county')];
  t.equal(commonSuperior(parties, a, b)?.id, 'state-data');
  t.equal(peerCompetentDepartment(parties, a), undefined);
});

t.test('a competent department stands above its own government and those below, in its region alone', async (t) => {
  const above = (one: PartyDocument) => parties.filter((party) => isCompetentAbove(party, one)).map(({ id }) => id);
  t.same(above(gulouHealth), ['state-data', 'fujian-data', 'fuzhou-data', 'gulou-data']);
  t.same(above(party('street', 'township', '350102')), ['state-data', 'fujian-data', 'fuzhou-data', 'gulou-data']);
  t.same(above(fuzhouTax), ['state-data', 'fujian-data', 'fuzhou-data']);
  t.same(above(hangzhouTax), ['state-data', 'zhejiang-data']);
  t.notOk(isCompetentAbove(fuzhouTax, gulouHealth), 'it is not competent');
});
