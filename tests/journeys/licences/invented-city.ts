import { parse } from 'csv-parse/sync';
import type { RecordData, SourceEvent } from '../../../proto/event/event.js';
import { SeededRandom } from '../../support/seeded-random.js';

const STREETS = [
  'Große Straße',
  'Rue de l’Écluse',
  '码头路',
  'Улица Мира',
  'Quay, "Old" side',
  'line\nbreak lane',
  '😀 Allee',
];
const TRADES = ['bakery', 'barber', 'ferry', '茶馆'];
const STATES = ['valid', 'lapsed', 'withdrawn'];
const HEADER = 'nr;holder;street;trades;staff;fee;granted;inspected;outdoor;state;lat;extra';

/** Trade licences of an invented city, as its office exports them: semicolons, quotes, empty columns. */
export function inventedFile(seed: number, lines: number): string {
  const random = new SeededRandom(seed);
  const rows = Array.from({ length: lines }, (_, index) => inventedLine(random, index).map(quoted).join(';'));
  return `\uFEFF${[HEADER, ...rows].join('\r\n')}\r\n`;
}

function inventedLine(random: SeededRandom, index: number): string[] {
  const optional = (text: string): string => (random.chance(0.2) ? '' : text);
  const day = `${random.between(1990, 2026)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`;
  return [
    `LH-${index}`,
    `Holder ${random.between(0, 1e6)} ${random.pick(STREETS)}`,
    optional(random.pick(STREETS)),
    Array.from({ length: random.between(0, 3) }, () => random.pick(TRADES)).join('+'),
    optional(String(random.between(0, 500))),
    optional(`${random.between(0, 99999)}.${two(random.between(0, 99))}`),
    day,
    optional(`${day}T${two(random.between(0, 23))}:00:00+01:00`),
    random.pick(['yes', 'no']),
    random.pick(STATES),
    optional(String(random.next() * 180 - 90)),
    optional(JSON.stringify({ note: random.pick(STREETS), floor: random.between(-1, 9) })),
  ];
}

const two = (number: number): string => String(number).padStart(2, '0');
const quoted = (text: string): string => (/[";\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The values of each line: item → value; an empty column is absent. */
export function inventedRecords(file: string): RecordData[] {
  const rows = parse(file, { columns: true, delimiter: ';', bom: true }) as Record<string, string>[];
  return rows.map((row) => {
    const record: RecordData = { nr: row.nr as string, outdoor: row.outdoor === 'yes' };
    for (const item of ['holder', 'street', 'fee', 'granted', 'inspected', 'state']) {
      if (row[item]) record[item] = row[item];
    }
    if (row.trades) record.trades = row.trades.split('+');
    if (row.staff) record.staff = Number(row.staff);
    if (row.lat) record.lat = Number(row.lat);
    if (row.extra) record.extra = JSON.parse(row.extra) as object;
    return record;
  });
}

export const inventedEvents = (records: readonly RecordData[]): SourceEvent[] =>
  records.map((data) => ({
    specversion: '1.0',
    id: `export-${data.nr}`,
    source: '/luedenhafen-trade-office/register',
    type: 'luedenhafen-trade-office.trade-licence',
    subject: data.nr as string,
    op: 'create',
    data,
  }));

export const CITY_TOKENS = {
  office: 'luedenhafen-office-token-0123456789',
  chamber: 'luedenhafen-chamber-token-012345678',
};

/** A bundle in the style of another author: YAML, comments, the shortest forms. */
export const CITY_BUNDLE = `
parties:
  - {id: luedenhafen-trade-office, name: {en: Trade Office of Lüdenhafen}, level: city, regionCode: "990100"}
  - {id: luedenhafen-chamber, name: {en: Chamber of Commerce}, level: city, regionCode: "990100"}
systems:
  - {id: register, party: luedenhafen-trade-office, may: [publish], token: ${CITY_TOKENS.office}}
  - {id: members, party: luedenhafen-chamber, may: [subscribe], token: ${CITY_TOKENS.chamber}}
entries:
  - id: luedenhafen-trade-office.trade-licence
    name: {en: Trade licences}
    sharingAttribute: unconditional
    items:
      - {name: nr, type: string, identifier: true}
      - {name: holder, type: string, personal: personal}
      - {name: street, type: string}
      - {name: trades, type: string, list: true}
      - {name: staff, type: integer}
      - {name: fee, type: decimal}
      - {name: granted, type: date}
      - {name: inspected, type: datetime}
      - {name: outdoor, type: boolean}
      - {name: state, type: code, codeTable: [valid, lapsed, withdrawn], filterable: true}
      - {name: lat, type: number}
      - {name: extra, type: object}
grants:
  - id: chamber-all
    system: members
    entry: luedenhafen-trade-office.trade-licence
    items: [{name: nr}, {name: holder}, {name: street}, {name: trades}, {name: staff}, {name: fee}, {name: granted},
            {name: inspected}, {name: outdoor}, {name: state}, {name: lat}, {name: extra}]
    purpose: the register of members
    basis: Chamber Act, section 3
    period: {from: 2020-01-01, to: 2099-12-31}
    history: all
  - id: chamber-valid
    system: members
    entry: luedenhafen-trade-office.trade-licence
    items: [{name: nr}, {name: holder}, {name: lat}]
    rows: {state: {is: valid}}   # the lapsed ones are no members
    purpose: the list of voters
    basis: Chamber Act, section 9
    period: {from: 2020-01-01, to: 2099-12-31}
    history: all
`;
