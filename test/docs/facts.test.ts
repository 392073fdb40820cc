// SPDX-License-Identifier: MIT
/** Numbers that the pages tell and the code keeps to itself: whoever changes one is told where it is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { read } from './repository.js';

interface Fact {
  readonly page: string;
  readonly says: string;
  readonly source: string;
  readonly has: string;
}

const facts: readonly Fact[] = [
  fact('sluice.8', 'for at most one second', 'daemon', 'FIRST_ANSWERS_MS = 1_000'),
  fact('sluice.8', 'last 10000 events', 'runtime/journal', 'limit = 10_000'),
  fact('sluice.8', 'a quarter of the time', 'runtime/probe-runner', 'BLOCKED_SHARE = 0.25'),
  fact('sluice.8', 'for five seconds after', 'runtime/doubt', 'MEMORY_MS = 5_000'),
  fact('sluice.8', '(98 percent)', 'runtime/doubt', 'table.max * 0.98'),
  fact('sluice.8', 'after 0.2 seconds', 'runtime/back-off', 'least: 200'),
  fact('sluice.8', 'up to 30 seconds', 'runtime/back-off', 'most: 30_000'),
  fact('sluice.8', 'within five minutes', 'runtime/reconciler', 'RESYNC_MS = 300_000'),
  fact('sluice.8', 'again every 30 seconds', 'runtime/keeper', 'RETRY_MS = 30_000'),
  fact('sluice.8', 'have mode 0660', 'runtime/control', 'SOCKET_MODE = 0o660'),
  fact('sluice.yaml.5', 'sends 64 KiB without', '../plugins/dialogue/script', 'MOST_BYTES = 65_536'),
  fact('sluice.yaml.5', 'ten times at once', '../plugins/check-command/start-allowance', 'AT_ONCE = 10'),
  fact('sluice.yaml.5', 'then twice a second', '../plugins/check-command/start-allowance', 'EVERY_MS = 500'),
  fact('sluice-plugins.7', 'loading within 10 seconds', 'plugin/loader', 'IMPORT_TIMEOUT_MS = 10_000'),
  fact('sluice-plugins.7', 'or a promise of one, within 10 seconds', 'prepare', 'CREATE_MS = 10_000'),
  fact('sluice-plugins.7', 'and preflight 30 seconds', 'runtime/engine-calls', 'OBSERVE_TIMEOUT_MS = 30_000'),
  fact('sluice-plugins.7', 'and release 60 seconds', 'runtime/engine-calls', 'APPLY_TIMEOUT_MS = 60_000'),
  fact('sluice-plugins.7', 'a configuration made 5 seconds', 'plugin/dispose', 'DEADLINE_MS = 5_000'),
  fact('sluice-plugins.7', 'default; 512 run at a time', 'daemon', 'MOST_SOCKETS = 512'),
  fact('sluice-plugins.7', '(16).', 'daemon', 'MOST_PROCESSES = 16'),
  fact('sluice-plugins.7', 'within 50 milliseconds of the abort', 'testing/check-kit', 'ABORT_MS = 50'),
  fact('sluice-plugins.7', 'goes on for a second after', 'runtime/probe-runner', 'HANG_MS = 1_000'),
  fact('sluice-plugins.7', 'hangs three times', 'runtime/probe-runner', 'MOST_HANGING = 3'),
  fact('sluice-plugins.7', 'faults three times', 'plugin/tap', 'MUTE_AFTER = 3'),
  fact('sluice-plugins.7', 'within a minute', 'plugin/tap', 'WITHIN_MS = 60_000'),
  fact('sluice-plugins.7', 'more than 50 milliseconds', 'plugin/running', 'BLOCKED_MS = 50'),
  fact('sluice-plugins.7', 'at most every ten seconds', 'plugin/faults', 'TELL_EVERY_MS = 10_000'),
  fact('sluice-plugins.7', 'from -100 to 100', 'plugin/hooks', 'STAGE_MOST = 100'),
  fact('sluice-plugins.7', 'at most 64', 'config/formats', '{1,64}'),
];

function fact(page: string, says: string, source: string, has: string): Fact {
  return { page: `man/${page}`, says, source: `src/${source}.ts`, has };
}

describe('facts of the pages', () => {
  for (const { page, says, source, has } of facts) {
    it(`${page}: ${says}`, () => {
      const text = read(page)
        .replaceAll(/^\.\w+ /gm, '')
        .replaceAll(/\s+/g, ' ');
      assert.ok(text.includes(says), `${page} does not say "${says}" any more: mend it here, too`);
      assert.ok(
        read(source).includes(has),
        `${source} has no "${has}" any more: mend ${page}, and this list`,
      );
    });
  }
});
