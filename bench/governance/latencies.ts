import { Histogram, type Percentiles } from '../harness/histogram.js';
import { pause } from '../harness/wait-until.js';
import type { Officers } from './officers.js';
import { applicationFor } from './seed-documents.js';

export interface Working {
  seconds: number;
  /** Time between the answer to a call and the next one; without it officers work as fast as they are answered. */
  pauseMs?: number | undefined;
}

const timed = async (histogram: Histogram, work: () => Promise<unknown>): Promise<void> => {
  const startedAt = performance.now();
  await work();
  histogram.record((performance.now() - startedAt) * 1000);
};

/** Latency of acts on one application, one after another, with a pause after each: laid down, signed, filed, withdrawn. */
export async function actLatency(
  url: string,
  officers: Officers,
  entry: string,
  { seconds, pauseMs = 0 }: Working,
): Promise<Percentiles> {
  const histogram = new Histogram();
  const act = async (who: string, path: string, body: object = {}): Promise<void> => {
    await timed(histogram, async () => {
      answer = await officers.call(url, who, 'POST', path, body);
    });
    if (pauseMs > 0) await pause(pauseMs);
  };
  let answer: { id: string } = { id: '' };
  for (const endAt = performance.now() + seconds * 1000; performance.now() < endAt; ) {
    await act('applicant', '/v1/applications', applicationFor(entry));
    const path = `/v1/applications/${answer.id}`;
    await act('demand-head', `${path}/sign`);
    await act('applicant', `${path}/file`);
    await act('applicant', `${path}/cancel`);
  }
  return histogram.percentiles();
}

/** Latency of one read, made again and again with pauses as long as it took, or as given. */
export async function readLatency(
  url: string,
  officers: Officers,
  who: string,
  paths: readonly string[],
  { seconds, pauseMs }: Working,
): Promise<Percentiles> {
  const histogram = new Histogram();
  let reads = 0;
  for (const endAt = performance.now() + seconds * 1000; performance.now() < endAt; ) {
    const startedAt = performance.now();
    await timed(histogram, () => officers.read(url, who, paths[reads++ % paths.length] as string));
    await pause(pauseMs ?? performance.now() - startedAt);
  }
  return histogram.percentiles();
}
