import t, { type Test } from 'tap';
import { eventually } from '../../support/condition.js';
import { FLOOD_KINDS, type FloodKind } from './flood-kinds.js';
import { FloodedBus, type SpanFigures } from './flooded-bus.js';

const WANTED = process.env.SLUICE_FLOODS?.split(';');
const SECONDS = Number(process.env.SLUICE_FLOOD_SECONDS || 8);
const CONNECTIONS = Number(process.env.SLUICE_FLOOD_CONNECTIONS || 400);
const CALM_SECONDS = 3;
const GAP_MS_MAX = 250;
const TURN_MS_MAX = 50;
const MIB_MAX = 400;
/** Descriptors of sockets that the kernel has not given back yet. */
const DESCRIPTORS_SPARE = 16;
const DESCRIPTORS_BACK_MS = 60_000;

const kinds = FLOOD_KINDS.filter(({ name }) => !WANTED || WANTED.includes(name));
t.setTimeout(kinds.length * 5 * 60_000);

for (const kind of kinds) {
  t.test(`${kind.name}: the witness is served, memory bounded`, { timeout: 0 }, async (t) => {
    const bus = await FloodedBus.start(t);
    if (kind.readsLog) await bus.fillLog();
    const descriptors = bus.descriptors;
    const calm = await bus.span(CALM_SECONDS);
    const flooded = await bus.span(SECONDS, kind, CONNECTIONS);
    report(t, kind, calm, flooded);
    // A busy machine makes the witness wait without any flood, too.
    t.ok(flooded.gapMs <= GAP_MS_MAX + calm.gapMs, `the witness waited ${Math.round(flooded.gapMs)} ms`);
    t.ok(flooded.turnCpuMs <= TURN_MS_MAX + calm.turnCpuMs, `a turn took ${Math.round(flooded.turnCpuMs)} ms`);
    t.ok(flooded.peakMiB <= MIB_MAX, `the broker had ${Math.round(flooded.peakMiB)} MiB`);
    const areBack = (): boolean => bus.descriptors <= descriptors + DESCRIPTORS_SPARE;
    await eventually(areBack, 'the descriptors of the flood to be closed', DESCRIPTORS_BACK_MS);
  });
}

function report(t: Test, { name }: FloodKind, calm: SpanFigures, flooded: SpanFigures): void {
  const figures = (span: SpanFigures): string =>
    `gap ${Math.round(span.gapMs)} latency ${Math.round(span.latencyMs)} turn ${Math.round(span.turnMs)} (CPU ${Math.round(span.turnCpuMs)}) ms, ` +
    `CPU ${span.cpuSeconds.toFixed(1)} s, waited ${Math.round(span.waitedMs)} ms, store ${span.storeCpuSeconds.toFixed(1)} s, ${Math.round(span.peakMiB)} MiB, ${span.opened} connections`;
  t.comment(`${name}: ${figures(flooded)} | calm: ${figures(calm)}`);
}
