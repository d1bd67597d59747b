import t from 'tap';
import { readCells, storedNumber } from './cells.js';

const sheet = (rows: string): string => `<worksheet><sheetData>${rows}</sheetData></worksheet>`;
const read = (xml: string): string[] => {
  const seen: string[] = [];
  readCells(xml, {
    row: (number) => seen.push(`row ${number}`),
    cell: ({ index, value }) => seen.push(`${index} ${value}`),
  });
  return seen;
};

t.test('cells are read in the order of rows and columns, with or without their addresses', async (t) => {
  t.same(read(sheet('<row r="2"><c r="B2"><v>1</v></c></row><row><c><v>2</v></c><c r="XFD3"><v>3</v></c></row>')), [
    'row 2',
    '1 1',
    'row 3',
    '0 2',
    '16383 3',
  ]);
});

for (const [what, xml] of Object.entries({
  'a row twice': '<row r="1"/><row r="1"/>',
  'a row behind a later one': '<row r="2"/><row r="1"/>',
  'a row without a number': '<row r="x"/>',
  'a cell twice': '<row r="1"><c r="A1"/><c r="A1"/></row>',
  'a cell behind a later one': '<row r="1"><c r="B1"/><c r="A1"/></row>',
  'a cell beyond the last column': '<row r="1"><c r="XFE1"/></row>',
  'a cell far beyond it': '<row r="1"><c r="ZZZZZZZZ1"/></row>',
  'a cell of an unknown type': '<row r="1"><c r="A1" t="zz"/></row>',
})) {
  t.test(`a sheet with ${what} is refused`, async (t) => {
    t.throws(() => read(sheet(xml)), { name: 'BrokenFileError', message: /^row / });
  });
}

for (const [what, xml] of Object.entries({
  'an entity of its own': `<!DOCTYPE a [<!ENTITY e "evil">]>${sheet('')}`,
  'an unknown entity': sheet('<row r="1"><c><v>&e;</v></c></row>'),
  'an unknown entity in an attribute': '<worksheet a="&e;"/>',
  'a character that XML does not have': sheet('<row r="1"><c><v>&#0;</v></c></row>'),
  'an element without an end': '<worksheet>',
})) {
  t.test(`a part with ${what} is refused`, async (t) => {
    t.throws(() => read(xml), { name: 'BrokenFileError', message: /not well-formed XML/ });
  });
}

t.test('a stored number is one of XML Schema', async (t) => {
  t.same(['1', '-1.50', '1E+3', '.5', '5.', '+7'].map(storedNumber), [1, -1.5, 1000, 0.5, 5, 7]);
  for (const text of ['0x1F', '0b1', ' 1', '', '1_0', 'NaN', 'Infinity', '1e999', '１']) {
    t.equal(storedNumber(text), undefined, text);
  }
});
