import t from 'tap';
import { MemoryCurve } from './memory-curve.js';

const SLICES = 20;
const SLICE_INPUTS = 500_000;
const WARM_INPUTS = 2_000_000;
const MIB = 1024 * 1024;

/** A cache that is full after two slices, a slow swing of ten MiB, and so many bytes kept of each input. */
function curveWith(bytesPerInput: number, slices = SLICES): MemoryCurve {
  const curve = new MemoryCurve();
  for (let slice = 1; slice <= slices; slice++) {
    const inputs = slice * SLICE_INPUTS;
    const heapMiB = 60 + 5 * Math.sin(slice) + (bytesPerInput * inputs) / MIB;
    curve.add(inputs, { heapMiB, externalMiB: Math.min(96, 48 * slice), residentMiB: heapMiB + 200 });
  }
  return curve;
}

t.test('a cache that fills up during the first part of a run is no growth', async (t) => {
  for (const of of ['heapMiB', 'externalMiB', 'residentMiB'] as const) {
    const { mib } = curveWith(0).growth(of, WARM_INPUTS)!;
    t.ok(Math.abs(mib) < 8, `${of}: ${mib}`);
  }
});

t.test('ten bytes that are kept of each input are a growth of some 70 MiB', async (t) => {
  const { mib, inputs } = curveWith(10).growth('heapMiB', WARM_INPUTS)!;
  t.ok(Math.abs(mib - (10 * inputs) / MIB) < 8 && mib > 50, `${mib} MiB`);
});

t.test('a run that ends in its first part says nothing', async (t) => {
  t.equal(curveWith(0, 4).growth('heapMiB', WARM_INPUTS), undefined);
});
