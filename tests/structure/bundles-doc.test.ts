import t from 'tap';
import { LAWFUL_FIELDS } from '../../broker/catalog/document/entry-fields.js';
import { ROLES } from '../../broker/parties/officer.js';
import { LEVELS, PARTY_TYPES } from '../../broker/parties/party.js';
import { SYSTEM_RIGHTS } from '../../broker/parties/system.js';
import { ITEM_TYPES, SHARING_ATTRIBUTES } from '../../proto/entry/entry.js';
import { GRANT_STATUSES, TRANSFORMS } from '../../proto/entry/grant.js';
import { ROW_KEYWORDS } from '../../proto/entry/rows.js';
import { readText } from './source-tree.js';

const text = readText('docs/bundles.md');

/** What stands between a heading and the next one of any level. */
function section(heading: string): string {
  const [, body] = new RegExp(`^#+ ${heading}\\n([\\s\\S]*?)(?=^#+ )`, 'm').exec(text) ?? [];
  return body ?? '';
}

/** Names in the first column of the tables of a section. */
function rows(heading: string): string[] {
  const cells = [...section(heading).matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell as string);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
}

/** Fields of an interface, as its source declares them. */
function fields(path: string, name: string): string[] {
  const [, body] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(readText(path)) ?? [];
  return [...(body ?? '').matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field as string);
}

const DOCUMENTS: [heading: string, path: string, name: string, besides?: string[]][] = [
  ['Parties', 'broker/parties/party.ts', 'PartyDocument'],
  ['Systems', 'broker/parties/system.ts', 'SystemDocument', ['token']],
  ['Officers', 'broker/parties/officer.ts', 'OfficerDocument', ['token']],
  ['Items', 'proto/entry/entry.ts', 'Item'],
  ['Grants', 'proto/entry/grant.ts', 'GrantDocument'],
];

for (const [heading, path, name, besides = []] of DOCUMENTS) {
  t.test(`docs/bundles.md lists every field of ${heading.toLowerCase()}, and no other`, async (t) => {
    const declared = fields(path, name);
    t.ok(declared.length > 3, 'the interface was found');
    t.strictSame(rows(heading).sort(), [...declared, ...besides].sort());
  });
}

t.test('docs/bundles.md lists every field of entries', async (t) => {
  const listed = [...rows('Entries'), ...rows('Fields of the Regulation')];
  const declared = [...fields('proto/entry/entry.ts', 'EntryDocument'), ...LAWFUL_FIELDS];
  t.strictSame(
    declared.filter((field) => !listed.includes(field)),
    [],
  );
});

t.test('docs/bundles.md explains every keyword of a bundle', async (t) => {
  const words = [...ITEM_TYPES, ...SHARING_ATTRIBUTES, ...TRANSFORMS, ...GRANT_STATUSES, ...ROW_KEYWORDS];
  const more = [...LEVELS, ...PARTY_TYPES, ...ROLES, ...SYSTEM_RIGHTS];
  t.strictSame(
    [...words, ...more].filter((word) => !text.includes(`\`${word}\``)),
    [],
  );
});
