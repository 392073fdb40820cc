// SPDX-License-Identifier: MIT
import type {
  ApplyFailure,
  ApplyReport,
  Backend,
  ChangeSet,
  Observed,
  PluginContext,
  VirtualService,
} from 'sluice';
import { Gate } from './gate.js';
import { listenFailure, unsupported } from './listen-failure.js';
import type { Listener } from './listener.js';
import type { ProxyOptions } from './options.js';
import { renderChange } from './render.js';
import { TcpListener, type TcpContext } from './tcp-listener.js';
import { TcpRelay } from './tcp-relay.js';
import { UdpListener, type UdpContext } from './udp-listener.js';

/** Holds services as listeners of this process. */
export class ProxyBackend implements Backend {
  readonly #listeners = new Map<string, Listener>();
  readonly #relays = new Set<TcpRelay>();
  readonly #tcp: TcpContext;
  readonly #udp: UdpContext;

  constructor({ clock, log }: Pick<PluginContext, 'clock' | 'log'>, options: ProxyOptions) {
    const { connectTimeoutMs, connectRetries, maxConnections, maxFlows, udpIdleMs } = options;
    const full = (option: string, limit: number): Gate =>
      new Gate(limit, () =>
        log.warn({ limit }, `more clients than \`${option}\` allows: the rest are turned away; raise it`),
      );
    this.#tcp = {
      clock,
      log,
      connectTimeoutMs,
      connectRetries,
      gate: full('max_connections', maxConnections),
      relays: this.#relays,
    };
    this.#udp = { clock, log, idleMs: udpIdleMs, gate: full('max_flows', maxFlows) };
  }

  async observe(signal: AbortSignal): Promise<Observed> {
    signal.throwIfAborted();
    return { services: structuredClone(Array.from(this.#listeners.values(), ({ service }) => service)) };
  }

  render(change: ChangeSet): string {
    return renderChange(change);
  }

  async apply({ changes }: ChangeSet, signal: AbortSignal): Promise<ApplyReport> {
    const applied: string[] = [];
    const failed: ApplyFailure[] = [];
    for (const { key, after } of changes) {
      signal.throwIfAborted();
      const failure = after === null ? this.#drop(key) : await this.#hold(after);
      if (failure === null) applied.push(key);
      else failed.push(failure);
    }
    return { applied, failed };
  }

  async connections(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    signal.throwIfAborted();
    const counts = new Map<string, number>();
    const count = (service: string, member: string): void => {
      const name = `${service} ${member}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    };
    for (const { service, member } of this.#relays) if (member !== null) count(service, member);
    for (const [key, listener] of this.#listeners) {
      for (const member of listener.members()) count(key, member);
    }
    return counts;
  }

  /**
   * Both ways free the ports, as there is no engine but this process. `keep` lets established TCP connections
   * go on for as long as the process lives; `withdraw` resets them.
   */
  async release(mode: 'keep' | 'withdraw'): Promise<void> {
    for (const key of this.#listeners.keys()) this.#drop(key);
    for (const relay of this.#relays) {
      if (mode === 'withdraw') relay.cut();
      else relay.unref();
    }
  }

  #drop(key: string): null {
    this.#listeners.get(key)?.close();
    this.#listeners.delete(key);
    return null;
  }

  async #hold(service: VirtualService): Promise<ApplyFailure | null> {
    const { key, frontend } = service;
    const refusal = unsupported(service);
    if (refusal !== null || frontend.kind === 'mark') return refusal;
    const listener =
      this.#listeners.get(key) ??
      (frontend.protocol === 'udp'
        ? new UdpListener(service, frontend, this.#udp)
        : new TcpListener(service, frontend, this.#tcp));
    try {
      await listener.hold(service);
      this.#listeners.set(key, listener);
      return null;
    } catch (error) {
      this.#drop(key);
      return listenFailure(service, frontend, error);
    }
  }
}
