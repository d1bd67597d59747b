import t from 'tap';
import { parseProfile } from './profile-document.js';
import { profileJson, profileOfJson } from './profile-json.js';

t.test('a stored profile is read as the document that was stored, its words in their order', async (t) => {
  const text = String.raw`
profile: own
columns: { '10': { field: dataClass, map: { 2: 二, 1: "a\"b:c\\", __proto__: x, '': y, "k": z } }, 名称: { field: name.zh } }
order: ['10', "a\\\": {", 'map']
`;
  const document = parseProfile(text);
  const json = profileJson(document);
  t.strictSame(profileOfJson(json), document);
  t.equal(profileJson(profileOfJson(json)), json);
  t.match(json, '"map":{"2":"二","1":');
});
