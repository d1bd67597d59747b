import t from 'tap';
import { ReconnectStorm } from './reconnect-storm.js';

/** A storm detector on a clock that the test moves. */
function stormAtClock(): { storm: ReconnectStorm; wait(ms: number): void } {
  let now = 0;
  return {
    storm: new ReconnectStorm(() => now),
    wait: (ms) => {
      now += ms;
    },
  };
}

t.test('many arrivals at once are a storm until they cease', async (t) => {
  const { storm, wait } = stormAtClock();
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 10; j++) storm.arrive()();
    wait(100);
    t.ok(storm.isOn);
  }
  wait(100);
  t.notOk(storm.isOn);
});

t.test('a low rate of arrivals is no storm, however long it lasts', async (t) => {
  const { storm, wait } = stormAtClock();
  for (let i = 0; i < 200; i++) {
    storm.arrive()();
    wait(20);
    t.notOk(storm.isOn);
  }
});

t.test('many arrivals over a long unobserved time are no storm', async (t) => {
  const { storm, wait } = stormAtClock();
  for (let i = 0; i < 7; i++) storm.arrive()();
  wait(60_000);
  t.notOk(storm.isOn);
});

t.test('a storm is seen as soon as enough have arrived, and lasts while they are being opened', async (t) => {
  const { storm, wait } = stormAtClock();
  const arrived = Array.from({ length: 10 }, () => storm.arrive());
  t.ok(storm.isOn, 'within the first window');
  wait(1_000);
  t.ok(storm.isOn, 'none of them reads yet');
  for (const one of [...arrived, ...arrived]) one();
  wait(100);
  t.notOk(storm.isOn);
});

t.test('a reader that is never opened makes no storm of what comes after it', async (t) => {
  const { storm, wait } = stormAtClock();
  for (let i = 0; i < 10; i++) storm.arrive();
  t.ok(storm.isOn);
  wait(5_000);
  t.notOk(storm.isOn);
  for (let i = 0; i < 100; i++) {
    wait(100);
    t.notOk(storm.isOn);
  }
  for (let i = 0; i < 10; i++) storm.arrive();
  t.ok(storm.isOn, 'the next one is seen');
});

t.test('who asks for subscriptions in bursts holds up the readers half of the time at the most', async (t) => {
  const { storm, wait } = stormAtClock();
  let on = 0;
  for (let ms = 0; ms < 120_000; ms += 100) {
    // Five seconds of requests, a moment of none.
    if (ms % 5_300 < 5_000) for (let j = 0; j < 20; j++) storm.arrive()();
    if (storm.isOn) on += 100;
    wait(100);
  }
  t.ok(on > 0 && on <= 66_000, `${on} of 120,000 ms`);
});

t.test('a storm that does not end counts as over after five seconds', async (t) => {
  const { storm, wait } = stormAtClock();
  const states: boolean[] = [];
  for (let ms = 0; ms < 8000; ms += 100) {
    for (let j = 0; j < 10; j++) storm.arrive()();
    wait(100);
    states.push(storm.isOn);
  }
  t.equal(states.lastIndexOf(true), 48);
});
