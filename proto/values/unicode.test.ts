import { strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { IDENTIFIER_CHARACTERS_MAX, isTooLongForIdentifier } from './identifier.js';
import { characterCount, firstCharacters } from './unicode.js';

t.test('characters are code points, whatever they are made of', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 20 }), (text, max) => {
      strictEqual(characterCount(text), [...text].length);
      strictEqual(firstCharacters(text, max), [...text].slice(0, max).join(''));
    }),
  );
  t.pass('for every string');
});

t.test('an identifier may have 1,024 characters, also of two code units each', async (t) => {
  for (const character of ['x', '字', '😀']) {
    t.notOk(isTooLongForIdentifier(character.repeat(IDENTIFIER_CHARACTERS_MAX)));
    t.ok(isTooLongForIdentifier(character.repeat(IDENTIFIER_CHARACTERS_MAX + 1)));
  }
});
