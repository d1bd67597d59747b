import t from 'tap';
import type { ErrorCode } from '../../../proto/errors.js';
import { SourceNotice } from './source-notice.js';

t.test(
  'a source whose events are quarantined is named at once, after a minute and then every ten, each code and item by itself',
  async (t) => {
    let now = 0;
    const reported: string[] = [];
    const notice = new SourceNotice(
      () => now,
      'quarantined events of entry',
      (message) => reported.push(message),
    );
    const subject = 'quarantine.civil.birth.civil-source';
    const add = (code: ErrorCode, item?: string): void => notice.add({ subject, item }, code);
    for (now of [0, 1, 59_999]) add('ITEM_INVALID', 'weight');
    add('UNKNOWN_ITEM');
    for (now of [60_000, 659_999, 660_000]) add('ITEM_INVALID', 'weight');
    add('ITEM_INVALID', 'name');
    const of = 'quarantined events of entry civil.birth since the last such line';
    t.same(reported, [
      `${of}: 1 (system civil-source, ITEM_INVALID in item weight)`,
      `${of}: 1 (system civil-source, UNKNOWN_ITEM)`,
      `${of}: 3 (system civil-source, ITEM_INVALID in item weight)`,
      `${of}: 2 (system civil-source, ITEM_INVALID in item weight)`,
      `${of}: 1 (system civil-source, ITEM_INVALID in item name)`,
    ]);
    reported.length = 0;
    for (now of [9_000_000, 9_060_000]) add('ITEM_INVALID', 'weight');
    t.equal(reported.length, 2, 'after a silence it begins anew');
  },
);
