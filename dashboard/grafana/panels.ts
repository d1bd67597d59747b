import { canaryRows } from './canary-panels.js';
import { brokerRow, storeRows } from './exchange/broker-panels.js';
import { intakeRows } from './exchange/intake-panels.js';
import { natsRows } from './exchange/nats-panels.js';
import { processRow } from './exchange/process-panels.js';
import { lawfulRows } from './lawful-panels.js';
import { objectiveRows } from './objective-panels.js';
import { BROKERS, BROKERS_AND_CANARIES, type DashboardSpec } from './panel.js';
import { deliveryRows } from './subscribers/delivery-panels.js';
import { grantRows } from './subscribers/grant-panels.js';
import { sessionRows } from './subscribers/session-panels.js';

export const DASHBOARDS: readonly DashboardSpec[] = [
  {
    uid: 'sluice-objectives',
    title: { en: 'Sluice: objectives', zh: 'Sluice：服务目标' },
    targets: BROKERS_AND_CANARIES,
    rows: objectiveRows,
  },
  {
    uid: 'sluice-exchange',
    title: { en: 'Sluice: exchange', zh: 'Sluice：数据交换' },
    targets: BROKERS,
    rows: [brokerRow, ...intakeRows, ...storeRows, ...natsRows, processRow],
  },
  {
    uid: 'sluice-subscribers',
    title: { en: 'Sluice: subscribers', zh: 'Sluice：订阅方' },
    targets: BROKERS,
    rows: [...grantRows, ...deliveryRows, ...sessionRows],
  },
  {
    uid: 'sluice-canary',
    title: { en: 'Sluice: canary and leaks', zh: 'Sluice：探测与泄漏' },
    targets: BROKERS_AND_CANARIES,
    rows: canaryRows,
  },
  {
    uid: 'sluice-lawfulness',
    title: { en: 'Sluice: lawfulness', zh: 'Sluice：依法共享' },
    targets: BROKERS,
    rows: lawfulRows,
  },
];
