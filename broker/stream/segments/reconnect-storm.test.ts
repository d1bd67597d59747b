import t from 'tap';
import { ReconnectStorm } from './reconnect-storm.js';

/** A rush at a clock that moves by hand. */
function rushAtClock(): { rush: ReconnectStorm; wait(ms: number): void } {
  let now = 0;
  return {
    rush: new ReconnectStorm(() => now),
    wait: (ms) => {
      now += ms;
    },
  };
}

t.test('many at once are a rush until no more come', async (t) => {
  const { rush, wait } = rushAtClock();
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 10; j++) rush.arrived();
    wait(100);
    t.ok(rush.isOn);
  }
  wait(100);
  t.notOk(rush.isOn);
});

t.test('a few are none, however long they keep coming', async (t) => {
  const { rush, wait } = rushAtClock();
  for (let i = 0; i < 200; i++) {
    rush.arrived();
    wait(20);
    t.notOk(rush.isOn);
  }
});

t.test('nor are many that came over a long time in which nobody looked', async (t) => {
  const { rush, wait } = rushAtClock();
  for (let i = 0; i < 7; i++) rush.arrived();
  wait(60_000);
  t.notOk(rush.isOn);
});

t.test('a rush that does not end is waited for no longer than five seconds', async (t) => {
  const { rush, wait } = rushAtClock();
  const states: boolean[] = [];
  for (let ms = 0; ms < 8000; ms += 100) {
    for (let j = 0; j < 10; j++) rush.arrived();
    wait(100);
    states.push(rush.isOn);
  }
  t.equal(states.lastIndexOf(true), 48);
});
