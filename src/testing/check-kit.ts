// SPDX-License-Identifier: MIT
/**
 * The contract of checks as tests: what the core relies on and a plugin's own tests tend to forget. Run it
 * from a test file of node:test; see sluice-plugins(7).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckOutcome, CheckPlugin, CheckTarget, FailKind, Prober } from '../plugin/api.js';
import type { Infer, ObjectSchema } from '../plugin/schema.js';
import { outcomeProblem } from '../runtime/outcome.js';
import { abortedSweep, sweep } from './kit-sweep.js';
import { settledResources, untilResources } from './resources.js';
import { schemaProblems } from './schema-problems.js';
import { testContext } from './test-context.js';

/** A member made for the test. */
export interface ServedMember {
  readonly address: string;
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp';
  /** Takes the member down again, with everything it holds open. */
  close(): void | Promise<void>;
}

export interface CheckScenario<S extends ObjectSchema> {
  readonly name: string;
  /** As `create` receives them: defaults filled in. */
  readonly options: Infer<S>;
  readonly serve: () => ServedMember | Promise<ServedMember>;
  /** `hangs`: the member never answers, so only the time-out ends the probe. */
  readonly expect: 'pass' | 'hangs' | 'inconclusive' | FailKind;
}

/** How long a probe may go on after its signal has aborted. */
const ABORT_MS = 50;
/** A busy test machine, not the plugin, may need this much on top. */
const GRACE_MS = 100;
const PARALLEL = { socket: 100, process: 8 };
const TIMEOUT_MS = 10_000;

/** Registers the tests of the contract. There should be a scenario that passes, one that fails, one that hangs. */
export function testCheck<S extends ObjectSchema>(
  plugin: CheckPlugin<S>,
  scenarios: readonly CheckScenario<S>[],
): void {
  describe(`contract of check/${plugin.name}`, () => {
    test('the schema of the options compiles and describes each of them', () => {
      assert.deepEqual(schemaProblems(plugin.options), []);
    });

    for (const scenario of scenarios) {
      test(`${scenario.name}: says ${scenario.expect}, again and again`, () =>
        withMember(plugin, scenario, async (prober, target) => {
          for (const round of [1, 2]) {
            const outcome = await probe(prober, target, scenario.expect === 'hangs' ? 250 : TIMEOUT_MS);
            assertExpected(outcome, scenario.expect, `probe ${round}`);
          }
        }));

      test(`${scenario.name}: an abort ends the probe within ${ABORT_MS} ms`, () =>
        withMember(plugin, scenario, async (prober, target) => {
          await abortedProbe(prober, target, 0);
          await abortedProbe(prober, target, 20);
          if (prober.probeMany !== undefined) await abortedSweep(prober, target);
        }));

      test(`${scenario.name}: many at once`, () =>
        withMember(plugin, scenario, async (prober, target) => {
          const timeoutMs = scenario.expect === 'hangs' ? 500 : TIMEOUT_MS;
          const count = PARALLEL[plugin.cost ?? 'socket'];
          const outcomes = await Promise.all(
            Array.from({ length: count }, () => probe(prober, target, timeoutMs)),
          );
          for (const [index, outcome] of outcomes.entries()) {
            assertExpected(outcome, scenario.expect, `probe ${index}`);
          }
          if (prober.probeMany === undefined) return;
          const crowd = Array.from({ length: PARALLEL.socket }, () => ({ ...target, timeoutMs }));
          for (const [index, outcome] of (await sweep(prober, crowd)).entries())
            assertExpected(outcome, scenario.expect, `target ${index} of a sweep`);
        }));
    }

    const [first] = scenarios;
    if (first !== undefined) {
      test('a refused port is an outcome, not an exception', () =>
        withMember(plugin, { ...first, serve: closedPort }, async (prober, target) => {
          assertShape(await probe(prober, target, TIMEOUT_MS));
        }));
    }
  });
}

/** Runs `use` with a prober and a member, then lets go of both and holds that no handle is left. */
async function withMember<S extends ObjectSchema>(
  plugin: CheckPlugin<S>,
  scenario: CheckScenario<S>,
  use: (prober: Prober, target: CheckTarget) => Promise<void>,
): Promise<void> {
  const before = settledResources();
  const member = await scenario.serve();
  const controller = new AbortController();
  const prober = await plugin.create(testContext({ signal: controller.signal }), scenario.options);
  try {
    await use(prober, targetOf(member));
  } finally {
    controller.abort(new Error('the test is over'));
    await prober[Symbol.asyncDispose]?.();
    await member.close();
  }
  await untilResources(before);
}

function targetOf({ address, port, protocol = 'tcp' }: ServedMember): CheckTarget {
  return {
    endpoint: 'kit/service/member',
    address,
    family: address.includes(':') ? 6 : 4,
    port,
    protocol,
    timeoutMs: TIMEOUT_MS,
    source: null,
    fwmark: null,
    trace: false,
  };
}

/** Probes as the core does: with a signal that aborts at the time-out. */
async function probe(prober: Prober, target: CheckTarget, timeoutMs: number): Promise<CheckOutcome> {
  return prober.probe({ ...target, timeoutMs }, AbortSignal.timeout(timeoutMs));
}

async function abortedProbe(prober: Prober, target: CheckTarget, afterMs: number): Promise<void> {
  const controller = new AbortController();
  if (afterMs === 0) controller.abort();
  const probing = prober.probe(target, controller.signal);
  await delay(afterMs);
  controller.abort();
  const abortedAt = performance.now();
  await probing;
  const lateMs = performance.now() - abortedAt;
  assert.ok(lateMs < ABORT_MS + GRACE_MS, `the probe went on for ${Math.round(lateMs)} ms after its abort`);
}

function assertExpected(
  outcome: CheckOutcome,
  expected: CheckScenario<ObjectSchema>['expect'],
  at: string,
): void {
  assertShape(outcome);
  const got = outcome.verdict === 'fail' ? outcome.kind : outcome.verdict;
  // A check may say more about a silent member than that time ran out, but never that it is well.
  if (expected === 'hangs') assert.notEqual(outcome.verdict, 'pass', `${at}: a time-out must not pass`);
  else assert.equal(got, expected, `${at}: ${outcome.reason}`);
}

function assertShape(outcome: CheckOutcome): void {
  assert.equal(outcomeProblem(outcome), null);
  assert.doesNotThrow(() => structuredClone(outcome), 'an outcome is plain data');
  assert.match(outcome.reason, /^[^\n\r]{1,300}$/, 'a reason is one short line');
}

async function closedPort(): Promise<ServedMember> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return { address: '127.0.0.1', port: address.port, close() {} };
}
