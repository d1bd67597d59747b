import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { TurnShare } from '../../../proto/async/shared-turns.js';
import { RequestTurns } from './request-turns.js';

const shares = { flood: new TurnShare(), honest: new TurnShare() };

const requestOf = (from: keyof typeof shares, destroyed = false): IncomingMessage =>
  ({ headers: { from }, socket: { destroyed } }) as unknown as IncomingMessage;

const turnsOfRequests = (): RequestTurns => new RequestTurns(({ headers }) => shares[headers.from as 'flood']);

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

t.test('requests that come at once are begun over several turns, that of another caller among the first', async (t) => {
  const turns = turnsOfRequests();
  const served: string[] = [];
  for (let i = 0; i < 60; i++) {
    turns.serve(requestOf('flood'), () => {
      busyFor(2);
      served.push('flood');
    });
  }
  t.equal(served.length, 8, 'some at once');
  turns.serve(requestOf('honest'), () => served.push('honest'));
  await nextTurn();
  t.ok(served.length < 20, `${served.length} after one turn of the loop`);
  while (!served.includes('honest')) await nextTurn();
  t.ok(served.indexOf('honest') < 12, `as number ${served.indexOf('honest')}`);
  while (served.length < 61) await nextTurn();
});

t.test('a few requests in a turn are served at once, and one whose client has gone is not served', async (t) => {
  const turns = turnsOfRequests();
  let served = 0;
  for (let turn = 0; turn < 5; turn++) {
    await nextTurn();
    for (let i = 0; i < 8; i++) turns.serve(requestOf('honest'), () => served++);
    t.equal(served, 8 * (turn + 1));
  }
  turns.serve(requestOf('honest', true), () => t.fail('nobody waits for it'));
  for (let turn = 0; turn < 3; turn++) await nextTurn();
});
