import t from 'tap';
import { KeptNotice } from './kept-notice.js';

t.test(
  'a source whose events are quarantined is named at once, then every ten minutes, each code by itself',
  async (t) => {
    let now = 0;
    const reported: string[] = [];
    const notice = new KeptNotice(
      () => now,
      (message) => reported.push(message),
    );
    const subject = 'quarantine.civil.birth.civil-source';
    for (now of [0, 1, 599_999]) notice.add({ subject }, 'ITEM_INVALID');
    notice.add({ subject }, 'UNKNOWN_ITEM');
    now = 600_000;
    notice.add({ subject }, 'ITEM_INVALID');
    const of = 'events of entry civil.birth from system civil-source are quarantined';
    t.same(reported, [`1 ${of}: ITEM_INVALID`, `1 ${of}: UNKNOWN_ITEM`, `3 ${of}: ITEM_INVALID`]);
  },
);
