import { rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { LEDGER_STREAM } from '../../../broker/nats/stream-names.js';
import { pause } from '../../../client/pause.js';
import { makeCertificate } from '../../support/certificate.js';
import { connect } from '../../support/nats/nats.js';
import { keepOn } from './bus-faults.js';
import type { Fault } from './fault.js';
import { SCALE, type Stage } from './stage.js';

/** It ends and is started again at once, as systemd does. */
async function restartBroker(stage: Stage): Promise<() => Promise<void>> {
  const starts = `changes(process_start_time_seconds{job="sluice"}[${SCALE.duration('1h')}])`;
  await stage.untilSeen('process_start_time_seconds{job="sluice"}', 'the start before');
  for (let count = 1; count <= 3; count++) {
    await stage.broker.kill();
    await stage.startBroker();
    await stage.untilSeen(`${starts} >= ${count}`, `start ${count}`);
  }
  return async () => undefined;
}

/** The machine stands still for a moment, again and again. */
async function freezeNow(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(async () => {
    stage.broker.child.kill('SIGSTOP');
    await pause(250, new AbortController().signal);
    stage.broker.child.kill('SIGCONT');
  }, 2_000);
}

async function setClock(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(async () => void stage.broker.child.kill('SIGUSR2'), 1_000);
}

/** Somebody with the credentials of NATS puts a record into the ledger. */
async function forgeRecord(stage: Stage): Promise<() => Promise<void>> {
  const bus = await connect(stage.t, stage.nats!);
  const { config } = await bus.jsm.streams.info(LEDGER_STREAM);
  await bus.publisher.publish({ subject: config.subjects![0]!.replace('>', 'party.nobody'), data: Buffer.from('{}') });
  // The evidence is copied, and the bus begins again on another store.
  return async () => {
    await stage.broker.kill();
    await stage.startOnNewStore();
  };
}

/** The folder of the journal is gone; acts end rights meanwhile. */
async function loseJournal(stage: Stage): Promise<() => Promise<void>> {
  const folder = join(stage.folder, 'journal');
  await rename(folder, `${folder}-away`);
  const stop = keepOn(async () => {
    await stage.act('POST', '/v1/grants/g/suspend', { reason: 'a fault' });
    await stage.act('POST', '/v1/grants/g/restore', { reason: 'over' });
  }, 1_000);
  return async () => {
    await stop();
    await rename(`${folder}-away`, folder);
  };
}

async function slowLine(stage: Stage): Promise<() => Promise<void>> {
  stage.proxy!.slow(200);
  return async () => stage.proxy!.slow(0);
}

async function loseServer({ cluster }: Stage): Promise<() => Promise<void>> {
  await cluster!.kill(2);
  return () => cluster!.restart(2);
}

async function fillDiskWholly({ disk }: Stage): Promise<() => Promise<void>> {
  disk!.fillUpTo(3 * 1024 * 1024);
  return async () => disk!.empty();
}

async function refuseOverQuota(stage: Stage): Promise<() => Promise<void>> {
  return keepOn(() => stage.publish(stage.events(50)), 200);
}

const HOUR_MS = 3_600_000;

/** A proxy on the port of the broker passes plain requests on to it: what has ended is not trusted by Prometheus either. */
async function letCertificateEnd(stage: Stage): Promise<() => Promise<void>> {
  const write = (endsAtMs: number): void => makeCertificate(stage.folder, 'bus', endsAtMs);
  write(Date.now() + HOUR_MS);
  await stage.broker.stop();
  const files = ['cert', 'key'].map((name) => `${name}: ${join(stage.folder, name === 'key' ? 'bus.key' : 'bus.pem')}`);
  await stage.configure(`tls: { ${files.join(', ')} }`);
  await stage.startBroker(undefined, '0');
  const { port } = new URL(stage.broker.url);
  const proxy = createServer(({ url, method, headers }, answer) => {
    const onward = request({ host: '127.0.0.1', port, path: url, method, headers, rejectUnauthorized: false });
    onward.on('response', (from) => from.pipe(answer.writeHead(from.statusCode!, from.headers)));
    onward.on('error', () => answer.destroy()).end();
  });
  proxy.listen(stage.port, '127.0.0.1');
  stage.t.teardown(() => proxy.close());
  return async () => {
    write(Date.now() + 1_000 * HOUR_MS);
    stage.broker.child.kill('SIGHUP');
  };
}

/** The token that Prometheus has for `/metrics/grants` was renewed, and nobody gave it the new one. */
async function forgetToken(stage: Stage): Promise<() => Promise<void>> {
  await stage.giveToken('token-of-before-it-was-renewed');
  return () => stage.giveToken();
}

/** Machines, disks and lines, and who sets their clocks. */
export const MACHINE_FAULTS: readonly Fault[] = [
  {
    what: 'the broker ends again and again',
    fires: [{ alert: 'SluiceBrokerRestarting', labels: { severity: 'ticket', job: 'sluice' } }],
    make: restartBroker,
  },
  {
    what: 'the machine stands still for moments',
    fires: [{ alert: 'SluiceBrokerHeld', labels: { severity: 'ticket' } }],
    make: freezeNow,
  },
  {
    what: 'the clock of the machine is set',
    startedDaysAgo: 0,
    fires: [{ alert: 'SluiceClockSet', labels: { severity: 'ticket' } }],
    make: setClock,
  },
  {
    what: 'the certificate of the broker ends soon',
    fires: [{ alert: 'SluiceCertificateEnding', labels: { severity: 'ticket', file: 'tls.cert' } }],
    make: letCertificateEnd,
  },
  {
    what: 'a record of the ledger is forged',
    natsOutside: true,
    fires: [{ alert: 'SluiceLedgerBroken', labels: { severity: 'page' } }],
    make: forgeRecord,
  },
  {
    what: 'the journal of rights cannot be written',
    journalApart: true,
    fires: [{ alert: 'SluiceJournalNotWritten', labels: { severity: 'page' } }],
    make: loseJournal,
  },
  {
    what: 'the line to NATS is slow',
    natsOutside: true,
    fires: [{ alert: 'SluiceNatsSlow', labels: { severity: 'ticket' } }],
    make: slowLine,
  },
  {
    what: 'a server of the NATS cluster is away',
    natsCluster: true,
    config: 'replicas: 3',
    fires: [{ alert: 'SluiceReplicasBehind', labels: { severity: 'ticket', server: 'n3' } }],
    make: loseServer,
  },
  {
    what: 'the disk is full',
    diskMegabytes: 64,
    fires: [{ alert: 'SluiceStoreFull', labels: { severity: 'page' } }],
    make: fillDiskWholly,
  },
  {
    what: 'Prometheus has an old token',
    fires: [{ alert: 'SluiceGrantsUnseen', labels: { severity: 'ticket', job: 'sluice-grants' } }],
    make: forgetToken,
  },
  {
    what: 'a source is above its quota',
    config: 'quotas: { eventsPerSecond: 1 }',
    fires: [{ alert: 'SluiceQuotaRefusing', labels: { severity: 'ticket', party: 'north', quota: 'eventsPerSecond' } }],
    make: refuseOverQuota,
  },
];
