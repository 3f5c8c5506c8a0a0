// graphql-http's own audits of a server: https://github.com/graphql/graphql-http
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { endpoint, signedFetch } from './support.mjs';

const audits = serverAudits({ url: endpoint, fetchFn: signedFetch });

test('there are as many audits as ever', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
