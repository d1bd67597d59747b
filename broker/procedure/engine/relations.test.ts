import t from 'tap';
import type { Parties } from '../../parties/parties.js';
import type { PartyDocument } from '../../parties/party.js';
import { Relations } from './relations.js';

const party = (id: string, level: PartyDocument['level'], regionCode: string, more = {}): PartyDocument => ({
  id,
  name: { en: id },
  level,
  regionCode,
  ...more,
});
const PROVINCE = party('province', 'province', '350000', { competent: true });
const HEALTH = party('health', 'province', '350000');
const CITY = party('city', 'city', '350100', { competent: true });
const CITY_AFFAIRS = party('city-affairs', 'city', '350100');
const COUNTY_AFFAIRS = party('county-affairs', 'county', '350102');
const NATION = party('nation', 'national', '000000', { competent: true });

function relationsOf(...all: PartyDocument[]): Relations {
  const parties = { list: () => all, get: (id: string) => all.find((one) => one.id === id) };
  return new Relations(parties as unknown as Parties, 'province');
}

t.test('the handler is the peer, else the lowest competent department above all', async (t) => {
  const all = [PROVINCE, HEALTH, CITY, CITY_AFFAIRS, COUNTY_AFFAIRS];
  const relations = relationsOf(...all);
  t.equal(relations.handlerOf(['health', 'province']), 'province', 'of one level and region: their peer');
  t.equal(relations.handlerOf(['city-affairs', 'county-affairs']), 'province', 'above a city and its county');
  t.equal(relationsOf(...all, NATION).handlerOf(['health', 'city-affairs']), 'nation');
  t.equal(relations.handlerOf(['health', 'city-affairs']), 'province', 'nobody above the province: its own peer');
  t.equal(relations.handlerOf(['city-affairs', 'health']), 'province', 'in any order');
  t.equal(relationsOf(HEALTH, CITY_AFFAIRS).handlerOf(['health', 'city-affairs']), undefined);
});

t.test('files need not be found by their sides for who reads all parties but the canary', async (t) => {
  const canary = party('sluice-canary', 'county', '999999');
  const relations = relationsOf(PROVINCE, HEALTH, CITY, CITY_AFFAIRS, canary);
  t.equal(relations.sidesReadBy('province'), undefined);
  t.same(relations.sidesReadBy('city'), ['city', 'city-affairs']);
  t.same(relationsOf(PROVINCE, HEALTH, NATION, canary).sidesReadBy('province'), ['province', 'health']);
});
