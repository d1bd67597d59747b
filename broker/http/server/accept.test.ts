import t from 'tap';
import { preferredLanguage } from './accept.js';

t.test('the language of texts follows the weights of Accept-Language, also those that rule one out', async (t) => {
  const rows: [string | undefined, string, string][] = [
    // header, of zh and en, of en and zh
    [undefined, 'zh', 'en'],
    ['', 'zh', 'en'],
    ['fr', 'zh', 'en'],
    ['*', 'zh', 'en'],
    ['en', 'en', 'en'],
    ['EN-gb, zh;q=0.5', 'en', 'en'],
    ['zh-Hant-TW, en;q=0.9', 'zh', 'zh'],
    ['en, zh', 'en', 'en'],
    ['zh;q=0.5, en;q=0.5', 'zh', 'zh'],
    ['fr, en;q=0.4, zh;q=0.5', 'zh', 'zh'],
    ['en;q=0', 'zh', 'zh'],
    ['zh;q=0', 'en', 'en'],
    ['zh;q=0, en;q=0', 'zh', 'en'],
    ['zh;q=0, *', 'en', 'en'],
    ['en;q=0.2, *;q=0.5', 'zh', 'zh'],
    ['zh;q=0.8, *;q=0.1', 'zh', 'zh'],
  ];
  for (const [header, zhFirst, enFirst] of rows) {
    t.equal(preferredLanguage(header, ['zh', 'en']), zhFirst, `${header} of zh, en`);
    t.equal(preferredLanguage(header, ['en', 'zh']), enFirst, `${header} of en, zh`);
  }
});

t.test('a header of thousands of ranges is read in no time', async (t) => {
  const before = process.cpuUsage();
  t.equal(preferredLanguage('*,'.repeat(8_000), ['zh', 'en']), 'zh');
  const cpuMs = process.cpuUsage(before).user / 1_000;
  t.ok(cpuMs < 500, `${cpuMs} ms of CPU; it is some 10 ms, and was some seconds`);
});
