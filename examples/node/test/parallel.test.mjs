// Two hundred parallel tests on one server, each with its own company; none of them sleeps.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Verification } from '../src/verification.mjs';
import { startMock } from './mock.mjs';

const OUTCOMES = ['APPROVED', 'REJECTED', 'MANUAL_CHECK', 'DISAGREED_WITH_TERMS'];

describe('two hundred people', { concurrency: 200 }, () => {
  let mock;
  before(async () => (mock = await startMock()));
  after(() => mock.stop());

  for (let number = 0; number < 200; number += 1) {
    test(`person ${number}`, async () => {
      const outcome = OUTCOMES[number % OUTCOMES.length];
      const { url, company_key } = mock.newCompany();
      // Two hundred tests on a busy machine: a late response must not cause a second call.
      const shop = new Verification({ url, companyKey: company_key, timeout: 60_000 });
      if (number % 5 === 0) await mock.admin('faults', { company_key, endpoint: 'begin', status: 503 });
      const token = await shop.begin({ language: 'ka' });
      const waiting = mock.admin(`wait/session/${token}?until=result=${outcome}&timeout=60s`);
      await mock.admin(`sessions/${token}/finish`, { outcome });
      await waiting;
      assert.equal(await shop.result(token), outcome);
      await mock.admin('calls/verify', { company_key, endpoint: 'result', exactly: 1 });
      await mock.admin('calls/verify', {
        company_key, endpoint: 'begin', parameters: { 'flags.language': 'ka' }, exactly: number % 5 === 0 ? 2 : 1,
      });
      await mock.admin('calls/verify', { company_key, endpoint: 'delete', never: true });
    });
  }
});
