// SPDX-License-Identifier: MIT
/**
 * A small network to test in, made of namespaces, without real root:
 *
 *     client ──┐            ┌── a
 *              ├─ balancer ─┼── b
 *     (more) ──┘            └── c
 *
 * The balancer is the test's own process, so that the code under test runs in it directly or as a daemon; each
 * other host is a namespace of its own with one link to the balancer, 10.9.N.2/24 and fd00:9:0:N::2/64. Everything
 * is routed through the balancer, which holds the service addresses {@link Lab.vip} and {@link Lab.vip6}.
 */
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import { needs, type Need } from '../needs.js';
import { succeed } from '../support/execute.js';
import { tempDirectory } from '../support/temp-directory.js';
import { Host } from './host.js';
import { isInside } from './namespace.js';

export { enterNamespace } from './namespace.js';
export { until } from '../support/until.js';

export interface LabOptions {
  /** Names of the hosts, at most 12 letters each (client, a, b, c). */
  readonly hosts?: readonly string[];
}

export class Lab implements AsyncDisposable {
  /** Service addresses for IPv4 and IPv6, held by the balancer. */
  readonly vip = '192.0.2.10';
  readonly vip6 = '2001:db8::10';
  /** A directory for this lab's files. */
  readonly directory: string;
  readonly #hosts = new Map<string, Host>();
  /** What to take down, last first. */
  readonly #resources: (Disposable | AsyncDisposable)[] = [];

  private constructor() {
    this.directory = this.use(tempDirectory()).path;
  }

  /** Sets the network up; only inside the namespaces, see `enterNamespace`. */
  static async create(options: LabOptions = {}): Promise<Lab> {
    if (!isInside()) throw new Error('a lab can only be made inside namespaces: await enterNamespace first');
    const lab = new Lab();
    try {
      await lab.#build(options.hosts ?? ['client', 'a', 'b', 'c']);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`the lab has no host ${name}`);
    return host;
  }

  /** The host from which clients come. */
  get client(): Host {
    return this.host('client');
  }

  /** Something that ends before the network does. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  /** Runs `nft` in the balancer: `lab.nft('list', 'ruleset')`, or with rules on its input `lab.nft('-f', '-')`. */
  async nft(args: readonly string[], input = ''): Promise<string> {
    return succeed('nft', args, { input });
  }

  /**
   * Number of entries in the balancer's connection table. (The kernel's own counter also knows those that have
   * expired and wait to be collected.)
   */
  async connectionCount(): Promise<number> {
    return (await succeed('conntrack', ['--dump'])).split('\n').length - 1;
  }

  /** Adds service addresses to the balancer. */
  async addVips(addresses: readonly string[]): Promise<void> {
    const lines = addresses.map((address) =>
      address.includes(':')
        ? `address add ${address}/128 dev lo nodad\n`
        : `address add ${address}/32 dev lo\n`,
    );
    await succeed('ip', ['-batch', '-'], { input: lines.join('') });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources.splice(0).toReversed()) {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    }
  }

  async #build(names: readonly string[]): Promise<void> {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
    const hosts = names.map((name, index) => new Host(name, index + 1));
    this.use({ [Symbol.asyncDispose]: () => clean(names) });
    for (const host of hosts) this.#hosts.set(host.name, this.use(host));
    const outer = hosts.flatMap(({ name, address, address6 }) => [
      `netns add ${name}`,
      `link add name ${name} type veth peer name eth0 netns ${name}`,
      // A link-local address of our own: nothing waits for the detection of duplicates.
      `link set dev ${name} addrgenmode none`,
      `address add ${gateway(address)}/24 dev ${name}`,
      `address add ${gateway(address6)}/64 dev ${name} nodad`,
      `address add fe80::1/64 dev ${name} nodad`,
      `link set dev ${name} up`,
    ]);
    await succeed('ip', ['-batch', '-'], { input: `${outer.join('\n')}\n` });
    await Promise.all(hosts.map((host) => wire(host)));
    await this.addVips([this.vip, this.vip6]);
  }
}

/** Leaves the balancer as it was: no links, no service addresses, no rules, no connections. */
async function clean(names: readonly string[]): Promise<void> {
  // Links first: a namespace takes its links with it only some time after it is gone.
  const lines = [
    ...names.map((name) => `link delete dev ${name}`),
    ...names.map((name) => `netns delete ${name}`),
    'address flush dev lo scope global',
  ];
  await succeed('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  await succeed('nft', ['flush', 'ruleset']);
  await succeed('conntrack', ['--flush']);
}

function gateway(address: string): string {
  return address.replace(/2$/, '1');
}

async function wire({ name, address, address6 }: Host): Promise<void> {
  const lines = [
    'link set dev lo up',
    'link set dev eth0 addrgenmode none',
    `address add ${address}/24 dev eth0`,
    `address add ${address6}/64 dev eth0 nodad`,
    'address add fe80::2/64 dev eth0 nodad',
    'link set dev eth0 up',
    `route add default via ${gateway(address)}`,
    `route add default via ${gateway(address6)}`,
  ];
  await succeed('ip', ['-n', name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export interface LabTestOptions extends LabOptions {
  /** Beyond namespaces, nft and conntrack. */
  readonly needs?: readonly Need[];
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

/** A test with a lab of its own, taken down at its end. */
export function labTest(name: string, options: LabTestOptions, body: (lab: Lab) => Promise<void>): void {
  const settings = {
    timeout: options.timeoutMs ?? 60_000,
    ...needs('namespaces', 'nft', 'conntrack', ...(options.needs ?? [])),
  };
  void test(name, settings, async () => {
    await using lab = await Lab.create(options);
    await body(lab);
  });
}
