// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import http from '../../plugins/check-http/index.js';
import { needs } from '../needs.js';
import { httpOptions } from '../support/check-options.js';
import { answer, spoiled } from '../support/http-answers.js';
import { probeOnce, said } from '../support/probe.js';
import { on, serveTcp } from '../support/servers.js';
import { swept } from '../support/swept.js';

const options = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    reuse: fc.boolean(),
    status: fc.constantFrom('200', '200-399').map((range) => [range]),
    // No regular expression: on a busy host its time limit may end a search.
    body: fc.constantFrom(undefined, 'x0', '^x*x$', '^*'),
    max_body: fc.constantFrom(1, 5, 1000),
  })
  .map(({ body, ...others }) => httpOptions({ ...others, ...(body !== undefined && { body }) }));

test('whatever the member says, both ways of the check say the same of it', needs('koffi'), () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(answer, spoiled), options, fc.boolean(), async (whole, chosen, inTwo) => {
      const bytes = Buffer.from(whole, 'latin1');
      await on(
        serveTcp((socket) =>
          socket.once('data', () => {
            const middle = inTwo ? bytes.length >> 1 : 0;
            socket.write(bytes.subarray(0, middle), () => socket.end(bytes.subarray(middle)));
          }),
        ),
        async (member) => {
          const [one, other] = await Promise.all([
            probeOnce(http, chosen, member),
            probeOnce(swept(http), chosen, member),
          ]);
          const untimed = (outcome: typeof one): string => said(outcome).replace(/ in [\d.]+ m?s$/, '');
          assert.equal(untimed(other), untimed(one), JSON.stringify([whole, chosen]));
        },
      );
    }),
    { numRuns: 300 },
  ),
);
