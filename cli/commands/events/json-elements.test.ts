import t from 'tap';
import { jsonElements } from './json-elements.js';

t.test('the elements of an array are cut as they are written', async (t) => {
  const cases: [json: string, elements: string[]][] = [
    ['[]', []],
    [' [ 1 , 2 ] ', ['1', '2']],
    [
      '[{"a":9007199254740993,"b":[1,{"c":"],["}]},{"a":"\\"],"}]',
      ['{"a":9007199254740993,"b":[1,{"c":"],["}]}', '{"a":"\\"],"}'],
    ],
    ['[\n  {\n    "a": 1.10\n  }\r\n]', ['{     "a": 1.10   }']],
    ['{"a":\n1e400}', ['{"a": 1e400}']],
  ];
  for (const [json, elements] of cases) t.strictSame([...jsonElements(json)], elements, json);
});
