// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { schemaProblems } from '../../src/testing/schema-problems.js';

/** Runs the kit on a check with this body of `probe`, and of `probeMany` if it has one, in a process of its own; what the tests print. */
function runKit(probe: string, probeMany?: string, expected = 'pass'): Promise<string> {
  const kit = new URL('../../src/testing.js', import.meta.url).href;
  const sweep = probeMany === undefined ? '' : `, async probeMany(targets, report, signal) { ${probeMany} }`;
  const program = `
    import { connect } from 'node:net';
    import { testCheck } from ${JSON.stringify(kit)};
    const plugin = {
      kind: 'check', name: 'bad', apiVersion: 1,
      options: { type: 'object', properties: {}, additionalProperties: false },
      create: () => ({ async probe(target, signal) { ${probe} } ${sweep} }),
    };
    const serve = () => ({ address: '127.0.0.1', port: 9, close() {} });
    testCheck(plugin, [{ name: 'one', options: {}, serve, expect: '${expected}' }]);
  `;
  return new Promise((resolve) => {
    // The runner that runs this very test must not take the child for one of its own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    execFile(
      process.execPath,
      ['--test-reporter=spec', '--input-type=module', '--eval', program],
      { env, timeout: 60_000 },
      (error, stdout) => resolve(`exit ${error === null ? 0 : String(error.code)}\n${stdout}`),
    );
  });
}

test('a check that keeps the contract passes', async () => {
  assert.match(await runKit("return { verdict: 'pass', reason: 'well' };"), /^exit 0/);
});

test('a check that throws, answers nonsense or goes on after its abort is found out', async () => {
  assert.match(await runKit("throw new Error('oops');"), /^exit 1[^]*oops/);
  assert.match(await runKit("return { verdict: 'fine', reason: '' };"), /^exit 1[^]*the unknown verdict/);
  assert.match(
    await runKit(`
      if (signal.aborted) return { verdict: 'pass', reason: 'x' };
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { verdict: 'pass', reason: 'late' };
    `),
    /^exit 1[^]*the probe went on for \d+ ms after its abort/,
  );
});

test('a sweep that forgets, repeats, invents, ends early or never ends is found out', async () => {
  const probe = "return { verdict: 'pass', reason: 'well' };";
  const sweeping = (body: string): string =>
    `for await (const batch of targets) for (let target of batch) { ${body} }`;
  const well = "report(target, { verdict: 'pass', reason: 'well' });";
  assert.match(await runKit(probe, sweeping(well)), /^exit 0/);
  assert.match(await runKit(probe, sweeping(well + well)), /^exit 1[^]*reported twice/);
  assert.match(
    await runKit(probe, sweeping(`target = { ...target }; ${well}`)),
    /^exit 1[^]*reported that was never yielded/,
  );
  assert.match(await runKit(probe, ''), /^exit 1[^]*ended before its targets did/);
  assert.match(
    await runKit(probe, `${sweeping(well)} await new Promise(() => setTimeout(() => {}, 2_000));`),
    /^exit 1[^]*goes on after its abort/,
  );
  const silent = "{ verdict: 'fail', kind: 'timeout', reason: 'silence' }";
  assert.match(
    await runKit(
      `return ${silent};`,
      sweeping(`if (batch.indexOf(target) > 0) report(target, ${silent});`),
      'hangs',
    ),
    /^exit 1[^]*1 of 100 targets were not reported in time/,
  );
});

test('a schema that does not compile, or leaves an option undescribed, is found out', () => {
  assert.deepEqual(
    schemaProblems({
      type: 'object',
      additionalProperties: false,
      properties: { port: { type: 'integer', minimum: 1, default: 0 } },
    }),
    ['port has no description', 'the default of port is not allowed by its own schema'],
  );
});
