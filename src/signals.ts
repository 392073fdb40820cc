// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { Faults } from './plugin/faults.js';
import { catchStrays } from './plugin/strays.js';
import type { Daemon } from './daemon.js';

/**
 * SIGHUP reloads, SIGTERM and SIGINT stop (the rules stay), SIGUSR1 logs the status. What a plugin throws from a
 * timer of its own is laid at its door and does not end the daemon.
 */
export function handleSignals(daemon: Daemon, faults: Faults, log: Logger): Disposable {
  const stop = (): void => {
    daemon.stop('keep').catch((error: unknown) => log.error({ err: error }, 'the stop was not clean'));
  };
  const handlers = {
    SIGHUP: () => {
      daemon
        .reload()
        .catch((error: unknown) =>
          log.error({ err: error }, 'the reload failed; the old configuration runs on'),
        );
    },
    SIGTERM: stop,
    SIGINT: stop,
    SIGUSR1: () => logStatus(daemon, log),
  };
  const strays = catchStrays(faults, (error) =>
    log.error({ err: error }, 'a bug in sluice: an error that nobody caught'),
  );
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return {
    [Symbol.dispose]() {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
      strays[Symbol.dispose]();
    },
  };
}

function logStatus(daemon: Daemon, log: Logger): void {
  const { generation, unfit, backends, warnings } = daemon.statusHead();
  log.info({ generation, unfit, backends, warnings }, 'status');
  for (const cluster of daemon.clusters()) {
    for (const { name, state, endpoints } of cluster.services) {
      const up = endpoints.filter((endpoint) => endpoint.state === 'up').length;
      const rotation = endpoints.filter((endpoint) => endpoint.in_rotation).length;
      log.info(
        { service: `${cluster.name}/${name}`, state, up, of: endpoints.length, inRotation: rotation },
        'service status',
      );
    }
  }
}
