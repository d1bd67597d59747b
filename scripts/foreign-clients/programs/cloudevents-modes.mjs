// Publishes with the JavaScript library of CloudEvents, whose file is argument 1, in binary and structured mode, each twice.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { CloudEvent, HTTP } = createRequire(import.meta.url)(process.argv[2]);
const { SLUICE_URL, SLUICE_TOKEN, SLUICE_ENTRY } = process.env;

async function post({ headers, body }) {
  const response = await fetch(`${SLUICE_URL}/v1/events`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${SLUICE_TOKEN}` },
    body,
  });
  return { status: response.status, answer: await response.json() };
}

for (const [number, mode] of ['binary', 'structured'].entries()) {
  const event = new CloudEvent({
    id: `foreign-js-${mode}`,
    type: SLUICE_ENTRY,
    source: '/chicago-bacp/bacp-licensing',
    op: 'create',
    data: { accountNumber: `40000${number}`, legalName: '王氏 BAKERY', district: '18', fee: '12.00' },
  });
  const first = await post(HTTP[mode](event));
  assert(first.status === 201 && first.answer.position > 0, `${mode}: ${JSON.stringify(first)}`);
  const again = await post(HTTP[mode](event));
  assert(again.status === 200 && again.answer.duplicate === true, `${mode}: ${JSON.stringify(again)}`);
}
