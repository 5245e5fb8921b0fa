import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Verification } from '../src/verification.mjs';
import { startMock } from './mock.mjs';

let mock;
before(async () => (mock = await startMock()));
after(() => mock.stop());

/** A shop with its own company, so that no other test notices its changes. */
function newShop(options = {}) {
  const { url, company_key } = mock.newCompany();
  return { company_key, shop: new Verification({ url, companyKey: company_key, ...options }) };
}

test('the shop learns that the person has finished', async () => {
  // recipe: completion
  const { shop } = newShop();
  const token = await shop.begin();
  const waiting = mock.admin(`wait/session/${token}?until=finished&timeout=5s`);
  // A browser that completes the widget has the same effect.
  await mock.admin(`sessions/${token}/finish`, {});
  const { session } = await waiting;
  assert.equal(session.current_result, 'APPROVED');
  assert.equal(await shop.result(token), 'APPROVED');
  // end
});

test('DONE is not a verdict yet', async () => {
  // recipe: race
  const { shop, company_key } = newShop();
  await mock.admin('scenarios/queue', { company_key, scenarios: ['done-before-verdict'] });
  const token = await shop.begin();
  await mock.admin(`sessions/${token}/finish`, {});
  assert.equal(await shop.verdict(token), 'APPROVED');
  await mock.admin('calls/verify', { company_key, session: token, endpoint: 'result', exactly: 3 });
  // end
});

test('a failed call is retried', async () => {
  // recipe: retry
  const { shop, company_key } = newShop();
  const token = await shop.begin();
  await mock.admin(`sessions/${token}/finish`, {});
  await mock.admin('faults', { company_key, endpoint: 'result', status: 503, times: 2 });
  assert.equal(await shop.result(token), 'APPROVED');
  const asked = { company_key, endpoint: 'result', parameters: { session_token: token } };
  await mock.admin('calls/verify', { ...asked, status: 503, exactly: 2 });
  await mock.admin('calls/verify', { ...asked, status: 200, exactly: 1 });
  // end
});

test('a slow response times out', async () => {
  // recipe: time-out
  const { shop, company_key } = newShop({ timeout: 200 });
  const token = await shop.begin();
  await mock.admin('faults', { company_key, endpoint: 'result', delay: '1h', times: 3 });
  await assert.rejects(shop.result(token), { name: 'TimeoutError' });
  assert.equal(await shop.result(token), 'IN_PROGRESS');
  // end
});

test('parallel tests do not notice each other', async () => {
  // recipe: parallel
  const outcomes = ['APPROVED', 'REJECTED', 'MANUAL_CHECK'];
  await Promise.all(outcomes.map(async (outcome) => {
    const { shop, company_key } = newShop();
    const token = await shop.begin();
    await mock.admin(`sessions/${token}/finish`, { outcome });
    assert.equal(await shop.result(token), outcome);
    const { count } = await mock.admin('calls/count', { company_key });
    assert.equal(count, 2);
  }));
  // end
});

test('an unfinished session expires', async () => {
  // recipe: expiry
  const { shop, company_key } = newShop();
  const token = await shop.begin();
  const waiting = mock.admin(`wait/session/${token}?until=expired`);
  await mock.admin('clock/advance', { company_key, by: '15m' });
  await waiting;
  assert.equal(await shop.verdict(token, 2), 'EXPIRED');
  // end
});

test('a failed verification names the calls', async () => {
  const { shop, company_key } = newShop();
  const token = await shop.begin();
  const wrong = mock.admin('calls/verify', { company_key, endpoint: 'result', session: token });
  await assert.rejects(wrong, /expected at least 1 call[^]*the other one:[^]*the endpoint is `begin`/);
});
