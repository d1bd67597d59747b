import t, { type Test } from 'tap';
import type { RecordData } from '../../../proto/event/event.js';
import { BenefitBus, type RunningCheck } from '../../support/benefits/benefit-bus.js';
import { birthOf, deathOf, licenceOf, moveOf, pensionOf, residenceOf } from '../../support/benefits/benefit-events.js';
import { openEmbedded } from '../../support/benefits/embedded-template.js';
import { eventually } from '../../support/condition.js';
import { ManualClock } from '../../support/manual-clock.js';
import { checkMetrics, needsPrometheus } from '../../support/prometheus/prometheus.js';

const TODAY = '2026-11-24';

interface Site {
  bus: BenefitBus;
  check: RunningCheck;
  clock: ManualClock;
}

t.test('the benefit check decides and publishes without an application', async (t) => {
  const bus = await BenefitBus.start(t);
  const database = await openEmbedded(t);
  const clock = new ManualClock(TODAY);
  const check = await bus.check(database, clock);
  t.teardown(async () => {
    await check.stop();
    await database[Symbol.asyncDispose]();
  });
  const site = { bus, check, clock };
  await newborn(t, site);
  await death(t, site);
  await move(t, site);
  await businessStart(t, site);
  await licenceEnd(t, site);
  await eightieth(t, site);
  await revocation(t, site);
  t.test('promtool finds nothing to object to in the metrics of the check', needsPrometheus, async (t) => {
    const metrics = await check.metrics();
    t.match(metrics, '# TYPE sluice_connector_');
    t.equal(await checkMetrics(metrics), '');
  });
});

/** The decisions that a department has received about one subject, in order. */
async function decisionsFor({ bus }: Site, token: string, grant: string, subject: string) {
  const events = await bus.received(token, grant);
  const own = events.filter(({ data }) => data?.subject === subject);
  return own.map(({ op, data }): RecordData => ({ ...data, op }));
}

const newborn = (t: Test, site: Site) =>
  t.test('a birth leads to a subsidy and an insurance for the departments that pay and enrol', async (t) => {
    const { bus, check } = site;
    const child = { idNumber: '350102202611200013', birthDate: '2026-11-20', regionCode: '350102' };
    const [birth] = await bus.publish(birthOf(child));
    const [residence] = await bus.publish(residenceOf(child));
    await check.settled();
    t.match(await decisionsFor(site, 'demo-subsidy-payments-token-0123456789', 'g-subsidy-decisions', child.idNumber), [
      {
        op: 'create',
        outcome: 'applies',
        amount: '3600',
        per: 'year',
        validFrom: '2026-11-20',
        validUntil: '2029-11-20',
        guardianIdNumber: '350102199501010024',
        reasonZh: /3600元/,
      },
    ]);
    t.match(
      await decisionsFor(site, 'demo-insurance-enrolment-token-0123456789', 'g-enrolment-decisions', child.idNumber),
      [{ op: 'create', outcome: 'applies', validFrom: '2026-11-20' }],
    );
    const [explained] = await check.explain(child.idNumber, 'child-care-subsidy');
    t.match(explained, { outcome: 'applies', version: 1, nextLook: '2029-11-20' });
    t.strictSame(explained?.basis, [
      `g-check-births: fujian-civil-affairs.birth@${birth}`,
      `g-check-residence: fuzhou-public-security.residence@${residence}`,
    ]);
    const age = explained?.conditions.find(({ id }) => id === 'under-three');
    t.match(age, {
      met: true,
      checks: [{ value: 'age of birth.birthDate', found: 0, operator: 'below', against: 3, met: true }],
      basis: [{ source: 'birth', item: 'birthDate', value: '2026-11-20', position: birth }],
    });

    await t.test('a correction of the birth changes the decision', async (t) => {
      const [correction] = await bus.publish({
        ...birthOf({ ...child, birthDate: '2023-11-20' }),
        op: 'correction',
        corrects: birth,
        previous: { regionCode: child.regionCode },
      });
      await check.settled();
      const events = await decisionsFor(
        site,
        'demo-subsidy-payments-token-0123456789',
        'g-subsidy-decisions',
        child.idNumber,
      );
      t.match(events.at(-1), { op: 'update', outcome: 'does_not_apply', reasonEn: /under three/ });
      t.notOk('amount' in events.at(-1)!, 'and nothing is to be paid');
      const [now] = await check.explain(child.idNumber, 'child-care-subsidy');
      t.match(now?.basis, [`g-check-births: fujian-civil-affairs.birth@${correction}`, /residence/]);
      t.match(now?.changes.at(-1), {
        outcome: 'does_not_apply',
        cause: `correction fujian-civil-affairs.birth@${correction}`,
      });
      await bus.publish({
        ...birthOf(child),
        op: 'correction',
        corrects: correction,
        previous: { regionCode: child.regionCode },
      });
      await check.settled();
    });

    await t.test('a move out of the city ends the benefit, and the explanation names the event', async (t) => {
      const [left] = await bus.publish(moveOf(child, { regionCode: '350502' }));
      await check.settled();
      const events = await decisionsFor(
        site,
        'demo-subsidy-payments-token-0123456789',
        'g-subsidy-decisions',
        child.idNumber,
      );
      t.match(events.at(-1), { outcome: 'does_not_apply', reasonZh: '不符合：户籍在福州市' });
      const [now] = await check.explain(child.idNumber, 'child-care-subsidy');
      t.ok(now?.basis.includes(`g-check-residence: fuzhou-public-security.residence@${left}`));
    });
  });

const death = (t: Test, site: Site) =>
  t.test('a death: the pension stops the same minute, and what was overpaid is flagged', async (t) => {
    const { bus, check } = site;
    const person = { idNumber: '350103194003030018', birthDate: '1940-03-03', regionCode: '350103' };
    await bus.publish(pensionOf(person, { monthlyAmount: '3120.50', paidThrough: '2026-11-30' }), residenceOf(person));
    await check.settled();
    t.strictSame(
      await decisionsFor(site, 'demo-pension-payments-token-0123456789', 'g-pension-decisions', person.idNumber),
      [],
      'the living are nobody’s news',
    );
    const before = Date.now();
    await bus.publish(deathOf(person, '2026-08-15'));
    await check.settled();
    t.ok(Date.now() - before < 60_000, 'in the same minute');
    const events = await decisionsFor(
      site,
      'demo-pension-payments-token-0123456789',
      'g-pension-decisions',
      person.idNumber,
    );
    t.match(
      events.sort((a, b) => (String(a.decision) < String(b.decision) ? 1 : -1)),
      [
        { rule: 'pension-stop', outcome: 'applies', validFrom: '2026-09-01' },
        { rule: 'pension-overpayment', outcome: 'applies', amount: '9361.5', per: 'once', overpaidMonths: 3 },
      ],
    );
  });

const move = (t: Test, site: Site) =>
  t.test('a move: the case file follows, and the new district hears of it', async (t) => {
    const { bus, check } = site;
    const person = { idNumber: '350102198002020021', birthDate: '1980-02-02', regionCode: '350102' };
    const file = { idNumber: person.idNumber, fileNumber: 'F-2026-7', regionCode: '350102' };
    await bus.publish(residenceOf(person), { type: 'fuzhou-civil-affairs.case-file', op: 'create', data: file });
    await bus.publish(moveOf(person, { regionCode: '350103' }));
    await check.settled();
    t.match(
      await decisionsFor(site, 'demo-taijiang-assistance-token-0123456789', 'g-files-to-taijiang', person.idNumber),
      [{ op: 'create', outcome: 'applies', fileNumber: 'F-2026-7', fromRegion: '350102', toRegion: '350103' }],
    );
    const arrived = { ...file, regionCode: '350103' };
    await bus.publish({
      type: 'fuzhou-civil-affairs.case-file',
      op: 'update',
      data: arrived,
      previous: { regionCode: '350102' },
    });
    await check.settled();
    const events = await decisionsFor(site, 'demo-case-files-token-0123456789', 'g-file-transfers', person.idNumber);
    t.match(events.at(-1), { outcome: 'does_not_apply' }, 'and is done once it has arrived');
  });

const CREDIT_CODE = '91350102MA2XXXXX0A';

const businessStart = (t: Test, site: Site) =>
  t.test('a licence: three registrations are prepared from one submission', async (t) => {
    await site.bus.publish(licenceOf(CREDIT_CODE, 'active'));
    await site.check.settled();
    for (const [token, grant, measure] of [
      ['demo-tax-enrolment-token-0123456789', 'g-tax-preparations', 'prepare-tax-registration'],
      ['demo-employer-accounts-token-0123456789', 'g-account-preparations', 'prepare-account'],
      ['demo-seal-records-token-0123456789', 'g-seal-preparations', 'prepare-seal-record'],
    ] as const) {
      t.match(await decisionsFor(site, token, grant, CREDIT_CODE), [
        { op: 'create', measure, outcome: 'applies', name: '福州榕城茶业有限公司' },
      ]);
    }
  });

const licenceEnd = (t: Test, site: Site) =>
  t.test('a licence is revoked: tax and procurement get a decision', async (t) => {
    await site.bus.publish(licenceOf(CREDIT_CODE, 'revoked'));
    await site.check.settled();
    for (const [token, grant] of [
      ['demo-tax-supervision-token-0123456789', 'g-tax-licence-ends'],
      ['demo-supplier-register-token-0123456789', 'g-procurement-licence-ends'],
    ] as const) {
      t.match(await decisionsFor(site, token, grant, CREDIT_CODE), [
        { op: 'create', status: 'revoked', measure: 'end-dealings' },
      ]);
    }
    const preparations = await decisionsFor(
      site,
      'demo-tax-enrolment-token-0123456789',
      'g-tax-preparations',
      CREDIT_CODE,
    );
    t.match(preparations.at(-1), { outcome: 'does_not_apply' });
  });

const ELDER = { idNumber: '350104194611260014', birthDate: '1946-11-26', regionCode: '350104' };

const eightieth = (t: Test, site: Site) =>
  t.test('an eightieth birthday: the clock alone brings the allowance', async (t) => {
    const { bus, check } = site;
    await bus.publish(residenceOf(ELDER));
    await check.advanceTo('2026-11-25');
    t.strictSame(
      await decisionsFor(site, 'demo-allowance-payments-token-0123456789', 'g-allowance-decisions', ELDER.idNumber),
      [],
    );
    t.match(await check.explain(ELDER.idNumber, 'old-age-allowance'), [
      { outcome: 'does_not_apply', nextLook: '2026-11-26' },
    ]);
    await check.advanceTo('2026-11-26');
    t.match(
      await decisionsFor(site, 'demo-allowance-payments-token-0123456789', 'g-allowance-decisions', ELDER.idNumber),
      [
        {
          op: 'create',
          outcome: 'applies',
          amount: '100',
          per: 'month',
          validFrom: '2026-11-26',
          decidedOn: '2026-11-26',
        },
      ],
    );
    const [now] = await check.explain(ELDER.idNumber, 'old-age-allowance');
    t.match(now?.changes, [{ outcome: 'does_not_apply' }, { outcome: 'applies', cause: 'day 2026-11-26' }]);
  });

const revocation = (t: Test, site: Site) =>
  t.test('a suspended grant opens what stood on it, and a restored one closes it again', async (t) => {
    const { bus, check } = site;
    const state = async () => (await check.explain(ELDER.idNumber, 'old-age-allowance'))[0];
    await bus.grantAct('g-check-deaths', 'suspend');
    await eventually(async () => (await state())?.outcome === 'open', 'the decision to be open', 10_000);
    t.match((await state())?.changes.at(-1), { outcome: 'open', cause: /grant g-check-deaths is not in force/ });
    await check.settled();
    const open = await decisionsFor(
      site,
      'demo-allowance-payments-token-0123456789',
      'g-allowance-decisions',
      ELDER.idNumber,
    );
    t.match(open.at(-1), { op: 'update', outcome: 'open', reasonEn: 'Not met: grant g-check-deaths is in force' });
    t.match((await check.explain(CREDIT_CODE, 'licence-ended'))[0], { outcome: 'applies' }, 'others are not concerned');

    await bus.publish(
      deathOf({ ...ELDER, idNumber: '350104194611260022' }, '2026-11-20'),
      deathOf(ELDER, '2026-11-26'),
    );
    await bus.grantAct('g-check-deaths', 'restore');
    await eventually(
      async () => (await state())?.outcome === 'does_not_apply',
      'the decision to be made again',
      10_000,
    );
    await check.settled();
    const closed = await decisionsFor(
      site,
      'demo-allowance-payments-token-0123456789',
      'g-allowance-decisions',
      ELDER.idNumber,
    );
    t.match(
      closed.map(({ outcome }) => outcome),
      ['applies', 'open', 'does_not_apply'],
      'with what had happened meanwhile',
    );
  });
