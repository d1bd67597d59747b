import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sluice } from '../../support/connectors/recording-terminal.js';
import { BIRTH, BIRTH_ID } from '../../support/lawful/entries.js';
import { foundLawfulBus } from '../../support/lawful/lawful-bus.js';

const APPLICATION = `
entry: ${BIRTH_ID}
system: maternal-health
items: [{ name: idNumber }, { name: birthDate }, { name: address }]
basis: [{ rank: law, title: Law on Maternal and Infant Health Care, article: "24" }]
scenario: vaccination calendar
range: newborns of Fujian
mode: event_stream
period: { from: "2025-12-01", to: "2026-12-31" }
dutyBasis: health care of newborns
piGround: statutory_duty
piAssessment: PIA-H-2026-3
securityMeasures: graded protection level 3
truthStatement: true
`;

t.test('officers do their work at the command line', async (t) => {
  const bus = await foundLawfulBus(t);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'application.yaml');
  await writeFile(file, APPLICATION);
  const as = (who: string, ...args: string[]) =>
    sluice(...args, '--url', bus.url, '--token', bus.tokens.get(who) as string);
  const done = async (who: string, ...args: string[]): Promise<string> => {
    const { exitCode, out, err } = await as(who, ...args);
    t.equal(exitCode, 0, `${args.join(' ')}: ${err}`);
    return out;
  };

  const entry = join(folder, 'birth.json');
  await writeFile(entry, JSON.stringify(BIRTH));
  t.equal(await done('chen', 'catalog', 'put', entry), `${BIRTH_ID}: draft stored`);
  const seen = join(folder, 'seen.json');
  await writeFile(seen, await done('zhao', 'files', 'list', 'catalog', '--state', 'draft', '--json'));
  t.equal(await done('zhao', 'act-entries', 'approve', '--entries', seen), `${BIRTH_ID} is approved_internal`);
  const again = await as('zhao', 'act-entries', 'approve', '--entries', seen);
  t.match(again, { exitCode: 1, err: /^sluice: STALE: / }, 'what was seen has changed');
  const { digest } = JSON.parse(await done('lin', 'act', 'catalog', BIRTH_ID, 'submit', '--json'));
  await done('huang', 'act', 'catalog', BIRTH_ID, 'publish', '--field', `digest=${digest}`);

  t.match(await done('wu', 'clock'), /^2025-12-01T10:.* \(test clock\), calendars cn@2025\.1, cn@2026\.1$/);
  const made = await done('wu', 'make', 'applications', '--body', file, '--field', 'scenario="vaccination"');
  const [, id = ''] = /^applications (\S+) is draft \(seq \d+\)\ndigest [0-9a-f]{64}\nnext: .*edit/.exec(made) ?? [];
  t.match(id, /^ap-/);
  await done('xu', 'act', 'applications', id, 'sign');
  t.match(await done('wu', 'act', 'applications', id, 'file'), /is filed .*\n(.*\n)*clock D4 running, due 2025-12-15/);
  t.match(await done('rui', 'worklist'), /10 +D4 +ask-supplement, prepare +applications +ap-/);
  t.match(await done('wu', 'files', 'applications', '--state', 'filed'), /^ID +STATE +SEQ +DUE +NEXT\nap-\S+ +filed/);
  t.match((await as('wu', 'files', 'applications', '--state', 'draft')).err, /no file of kind applications is visible/);

  const approve = ['act', 'applications', id, 'approve', '--field', 'items=["idNumber","birthDate"]'];
  const leftOut = 'leftOut=[{"item":"address","code":"not_necessary","reason":"no need"}]';
  const refused = await as('lin', ...approve, '--field', leftOut, '--field', 'conditions=["print nothing"]');
  t.match(refused, { exitCode: 1, err: /^sluice: LATE_CONDITION \(R15\): \/conditions\/0 / });
  const wrong = await as(
    'wu',
    'act',
    'applications',
    id,
    'edit',
    '--field',
    'mode=post',
    '--field',
    'period.from=soon',
  );
  t.match(wrong, {
    exitCode: 1,
    err: /BAD_REQUEST: .*\n {2}- \/mode BAD_REQUEST .*\n {2}- \/period\/from BAD_REQUEST /,
  });
  const asJson = await as('lin', ...approve, '--if-match', '3', '--json');
  t.match(JSON.parse(asJson.err), { error: { exitCode: 1, code: 'STALE' } });
  t.match(await done('lin', ...approve, '--field', leftOut), /is approved .*\ngrant gr-/);
  const shown = await done('wu', 'files', 'show', 'applications', id);
  t.match(shown, /approve +officer:lin +body_head +filed → approved/);
  t.match(JSON.parse(await done('wu', 'files', 'show', 'applications', id, '--json')), { id, state: 'approved' });

  const sha256 = await done('wu', 'attachments', 'put', file, '--type', 'application/yaml');
  const copy = join(folder, 'copy.yaml');
  t.equal(await done('wu', 'attachments', 'get', sha256, '--out', copy), `${APPLICATION.length} bytes in ${copy}`);
  t.equal(await readFile(copy, 'utf8'), APPLICATION);
  const overwriting = await as('wu', 'attachments', 'get', sha256, '--out', copy);
  t.match(overwriting, { exitCode: 2, err: /cannot be written: EEXIST/ });
  t.match(await as('tan', 'attachments', 'get', sha256, '--out', join(folder, 'other')), {
    exitCode: 1,
    err: /NOT_FOUND/,
  });

  const notices = await done('lin', 'notices', '--unread');
  const [notice = ''] = /no-\S+/.exec(notices) ?? [];
  t.match(await done('lin', 'notices', 'read', notice), `notice ${notice} was read by officer:lin`);
  t.match(await done('lin', 'notices', '--lang', 'zh'), /\p{Script=Han}/u);
  t.match(await done('wu', 'procedures', 'use-records'), /U1 +– +create +kept +demand\.applicant/);
  t.match(await done('wu', 'procedures', 'use-records', '--mermaid'), '[*] --> kept: U1 create');

  t.match(await done('huang', 'enrol', 'fuzhou-data-bureau', '--json'), /"code":/);
  t.match(await done('gao', 'appoint', 'new', '--name', 'New', '--role', 'reviewer'), /^slc_\S+$/);
  t.match(await as('pan', 'files', 'applications'), { exitCode: 1, err: /NOT_YOUR_ROLE \(R36\)/ });
  for (const [args, message] of [
    [['files', 'nonsense'], /no kind of file of that name/],
    [['act', 'applications', id, 'edit', '--field', 'nothing'], /--field must be name=value/],
    [['act', 'applications', id, 'edit', '--if-match', 'x'], /--if-match must be the seq/],
    [['procedures', 'nonsense'], /no procedure of that kind/],
  ] as [string[], RegExp][]) {
    t.match(await as('wu', ...args), { exitCode: 2, err: message }, args.join(' '));
  }
});
