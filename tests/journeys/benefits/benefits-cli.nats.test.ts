import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { socketPath } from '../../../benefits/case-service/socket-path.js';
import { dayIn } from '../../../benefits/rules/calendar-date.js';
import { runConnector } from '../../../cli/commands/connectors/run-connector.js';
import { parseConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import { projectRoot } from '../../structure/source-tree.js';
import { BenefitBus } from '../../support/benefits/benefit-bus.js';
import { birthOf, residenceOf } from '../../support/benefits/benefit-events.js';
import { layEmbedded } from '../../support/benefits/embedded-template.js';
import { eventually } from '../../support/condition.js';
import { sluice } from '../../support/connectors/recording-terminal.js';

t.setTimeout(120_000);
const TODAY = dayIn('Asia/Shanghai')(new Date());
const CHILD = { idNumber: '350102202611200013', birthDate: TODAY, regionCode: '350102' };
const RULES = join(projectRoot, 'examples/benefits/newborn/rules.yaml');

t.test('the CLI explains decisions and replays rules while the check runs and after it has stopped', async (t) => {
  const bus = await BenefitBus.start(t);
  const folder = t.testdir();
  const config = join(folder, 'benefits.yaml');
  await writeFile(
    config,
    stringify({
      name: 'benefits',
      connector: 'benefit-check',
      bus: { url: bus.broker.url, token: 'demo-benefit-check-token-0123456789' },
      logLevel: 'error',
      settings: { rules: RULES },
    }),
  );
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const [birth] = await bus.publishAll([birthOf(CHILD), residenceOf(CHILD)]);
  const never = await sluice('benefits', 'explain', CHILD.idNumber, '-c', config);
  t.match(never, { exitCode: 1, err: /has never run here/ });

  const stateFolder = join(folder, 'state');
  await layEmbedded(join(stateFolder, 'benefits-database'));
  const running = runConnector(parseConnectorConfig(readFileSync(config, 'utf8'), config, {}), stop.signal);
  const explained = () => sluice('benefits', 'explain', CHILD.idNumber, '-c', config, '--rule', 'child-care-subsidy');
  // Before that a question would open the database itself, and the check would find it in use.
  await eventually(() => existsSync(socketPath({ name: 'benefits', stateFolder })), 'the check to listen', 60_000);
  await eventually(async () => (await explained()).exitCode === 0, 'a decision', 60_000);
  const { out } = await explained();
  t.match(out, '育儿补贴 / Child-care subsidy (child-care-subsidy, version 1)');
  t.match(out, 'amount      3600 per year');
  t.match(out, '[met] 未满三周岁 / the child is under three years old');
  t.match(out, 'age of birth.birthDate: 0 below 3');
  t.match(out, `from fujian-civil-affairs.birth@${birth} (create, grant g-check-births): birthDate = "${TODAY}"`);
  t.match(await sluice('benefits', 'explain', 'nobody', '-c', config), {
    exitCode: 1,
    err: /no decision about this subject/,
  });
  await t.rejects(
    runConnector(parseConnectorConfig(readFileSync(config, 'utf8'), config, {}), stop.signal),
    /another process runs connector benefits/,
  );
  const newRules = join(folder, 'new-rules.yaml');
  const text = readFileSync(RULES, 'utf8').replace('version: 1', 'version: 2').replace('amount: 3600', 'amount: 4800');
  await writeFile(newRules, text);
  const replayed = await sluice('benefits', 'replay', '-c', config, '--rules', newRules);
  t.match(replayed, { exitCode: 0, err: '' });
  t.match(replayed.out, /child-care-subsidy +350102202611200013 .*applies 3600\/year .*applies 4800\/year .*yes/);
  await writeFile(newRules, text.replace('below: 3', 'beneath: 3'));
  t.match(await sluice('benefits', 'replay', '-c', config, '--rules', newRules), {
    exitCode: 2,
    err: /unknown key beneath/,
  });
  t.match(await sluice('benefits', 'lint', newRules), { exitCode: 1, out: /not valid\n.*unknown key beneath/ });

  stop.abort();
  await running;
  t.match((await explained()).out, 'amount      3600 per year', 'the database answers as well');
  const [asJson] = JSON.parse((await sluice('benefits', 'explain', CHILD.idNumber, '-c', config, '--json')).out);
  t.match(asJson, { rule: 'child-care-subsidy', outcome: 'applies', basis: [/birth@/, /residence@/] });
});
