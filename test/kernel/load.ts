// SPDX-License-Identifier: MIT
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskOptions, AskReport } from './agent-protocol.js';

/** Below the ports that the system hands out by itself. */
const PORTS = { first: 10_000, last: 32_000 } as const;
let lastPort: number = PORTS.last;
const portsInUse = new Set<number>();

/**
 * Ports in turn: a port used again too soon meets the old entry of the connection table, and goes where that went
 * instead of being balanced.
 */
async function withFreshPort<T>(use: (localPort: number) => Promise<T>): Promise<T> {
  do lastPort = lastPort === PORTS.last ? PORTS.first : lastPort + 1;
  while (portsInUse.has(lastPort));
  const port = lastPort;
  portsInUse.add(port);
  try {
    return await use(port);
  } finally {
    portsInUse.delete(port);
  }
}

class Failure extends Error {
  readonly kind: string;
  constructor(kind: string) {
    super(kind);
    this.kind = kind;
  }
}

/** Clients in rows: each opens connection after connection, asks who answers, and counts what becomes of it. */
export class Load {
  readonly #options: AskOptions;
  readonly #stop = new AbortController();
  readonly #rows: Promise<void>[] = [];
  #begun = 0;
  #done = 0;
  #held = 0;
  readonly #byName = new Map<string, number>();
  readonly #bySource = new Map<string, Set<string>>();
  readonly #failures = new Map<string, number>();

  constructor(options: AskOptions) {
    this.#options = options;
    for (let row = 0; row < (options.parallel ?? 4); row++) this.#rows.push(this.#row());
  }

  report(): AskReport {
    return {
      held: this.#held,
      done: this.#done,
      byName: Object.fromEntries(this.#byName),
      failures: Object.fromEntries(this.#failures),
      bySource: Object.fromEntries([...this.#bySource].map(([source, names]) => [source, [...names]])),
    };
  }

  async finish(): Promise<AskReport> {
    this.#stop.abort();
    return this.all();
  }

  /** Resolves when `count` connections have been made. */
  async all(): Promise<AskReport> {
    await Promise.all(this.#rows);
    return this.report();
  }

  async #row(): Promise<void> {
    const { count = Infinity, pauseMs = 0, from, protocol = 'tcp' } = this.#options;
    while (!this.#stop.signal.aborted && this.#begun < count) {
      const source = from?.[this.#begun % from.length];
      this.#begun++;
      try {
        const name = await withFreshPort((localPort) =>
          protocol === 'tcp' ? this.#askTcp(source, localPort) : this.#askUdp(source, localPort),
        );
        this.#done++;
        this.#byName.set(name, (this.#byName.get(name) ?? 0) + 1);
        if (source !== undefined) {
          const names = this.#bySource.get(source) ?? new Set<string>();
          this.#bySource.set(source, names.add(name));
        }
      } catch (error) {
        const kind = failureKind(error);
        this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1);
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  async #askTcp(source: string | undefined, localPort: number): Promise<string> {
    const { address, port, holdMs = 0, timeoutMs = 2000 } = this.#options;
    const socket = connect({
      host: address,
      port,
      localPort,
      ...(source === undefined ? {} : { localAddress: source }),
    });
    socket.setNoDelay(true);
    // Heard also between two questions, when nobody awaits an answer: the next question fails by it.
    socket.on('error', () => {});
    try {
      const name = await askOnce(socket, timeoutMs);
      if (holdMs > 0) await this.#hold(socket, name);
      return name;
    } finally {
      // By reset: tens of thousands of connections must not use up the ports as TIME_WAIT.
      socket.resetAndDestroy();
    }
  }

  async #hold(socket: Socket, name: string): Promise<void> {
    const { holdMs = 0, askEveryMs = 50, timeoutMs = 2000 } = this.#options;
    const end = performance.now() + holdMs;
    this.#held++;
    try {
      while (performance.now() < end && !this.#stop.signal.aborted) {
        await sleep(askEveryMs);
        if ((await askOnce(socket, timeoutMs)) !== name) throw new Failure('moved');
      }
    } finally {
      this.#held--;
    }
  }

  async #askUdp(source: string | undefined, localPort: number): Promise<string> {
    const { address, port, timeoutMs = 2000 } = this.#options;
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    try {
      socket.bind(localPort, source);
      const signal = AbortSignal.timeout(timeoutMs);
      // Connected, so that an ICMP refusal is seen as an error.
      socket.connect(port, address);
      await once(socket, 'connect', { signal });
      socket.send('who?\n');
      const [answer] = (await once(socket, 'message', { signal })) as [Buffer];
      return answer.toString().trimEnd();
    } finally {
      socket.close();
    }
  }
}

async function askOnce(socket: Socket, timeoutMs: number): Promise<string> {
  if (socket.errored !== null) throw socket.errored;
  const settled = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      const { signal } = settled;
      let text = '';
      const hear = (chunk: Buffer): void => {
        text += chunk.toString();
        if (text.endsWith('\n')) resolve(text.slice(0, -1));
      };
      const timer = setTimeout(() => reject(new Failure('timeout')), timeoutMs);
      const close = (): void => reject(new Failure('closed'));
      socket.on('data', hear).on('error', reject).on('close', close);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        socket.off('data', hear).off('error', reject).off('close', close);
      });
      socket.write('who?\n');
    });
  } finally {
    settled.abort();
  }
}

function failureKind(error: unknown): string {
  if (error instanceof Failure) return error.kind;
  if (error instanceof Error && error.name === 'AbortError') return 'timeout';
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
