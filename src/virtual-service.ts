// SPDX-License-Identifier: MIT
/**
 * What a backend is asked to hold: virtual services and their real servers, in the kernel's own terms.
 * Identity is what the kernel sees (address, protocol, port, or mark), never a name of the config, so that
 * renaming a cluster moves no traffic. Everything here is plain, structured-cloneable data.
 */
export type Family = 4 | 6;
export type Protocol = 'tcp' | 'udp';

export interface AddressFrontend {
  readonly kind: 'address';
  readonly family: Family;
  /** Canonical text form (RFC 5952 for IPv6). */
  readonly address: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Last port of a range; equal to `port` for a single one. */
  readonly portLast: number;
}

export interface MarkFrontend {
  readonly kind: 'mark';
  readonly family: Family;
  readonly mark: number;
  readonly mask: number;
  /** Traffic that sluice itself marks; empty when others set the mark. */
  readonly marks: readonly AddressFrontend[];
}

export type Frontend = AddressFrontend | MarkFrontend;

export interface Scheduler {
  readonly name: string;
  readonly flags: readonly string[];
}

export type Forwarding =
  | { readonly mode: 'nat' | 'route' | 'proxy' }
  | { readonly mode: 'tunnel'; readonly tunnel: 'ipip' | 'gue' | 'gre'; readonly port: number | null };

export interface Persistence {
  readonly timeoutMs: number;
  readonly netmask: number;
  readonly netmask6: number;
  readonly onDown: 'rebalance' | 'keep';
}

export interface RealServer {
  readonly address: string;
  /** 0 keeps the port that the client asked for: port ranges and marks without a port of the members' own. */
  readonly port: number;
  /** Relative share of new connections, a fraction where an agent reports percent; 0 for a draining one. */
  readonly weight: number;
  readonly state: 'active' | 'draining';
  /** `cluster/service/member`, a label for people; empty when read back from a kernel that keeps no names. */
  readonly endpoint: string;
}

export interface VirtualService {
  /** {@link frontendKey} of `frontend`. */
  readonly key: string;
  /** `cluster/service`, a label for people; may be empty when observed. */
  readonly service: string;
  readonly frontend: Frontend;
  readonly scheduler: Scheduler;
  readonly forwarding: Forwarding;
  /** `none`, `masquerade` or the address to use. */
  readonly sourceNat: string;
  readonly persistence: Persistence | null;
  readonly rescue: boolean;
  readonly limits: { readonly upper: number; readonly lower: number } | null;
  /** Ordered by {@link serverKey}. Empty: new connections are refused at once. */
  readonly members: readonly RealServer[];
  /**
   * For engines whose capability `slots` is true: who gets the n-th share of new connections, as server keys.
   * Empty exactly when no member takes new connections; null for engines that take weights.
   */
  readonly slots: readonly string[] | null;
}

/** `192.0.2.10:80/tcp`, `[2001:db8::1]:53/udp`, `192.0.2.10:5000-5100/udp`, `fwmark 7/4`, `fwmark 7&0xff/6`. */
export function frontendKey(frontend: Frontend): string {
  if (frontend.kind === 'mark') {
    const mask = frontend.mask === 0xffffffff ? '' : `&0x${frontend.mask.toString(16)}`;
    return `fwmark ${frontend.mark}${mask}/${frontend.family}`;
  }
  const { port, portLast, protocol } = frontend;
  const ports = portLast === port ? `${port}` : `${port}-${portLast}`;
  return `${hostText(frontend.address)}:${ports}/${protocol}`;
}

/** `10.0.0.11:8080` or `[2001:db8::11]:8080`. */
export function serverKey(server: { readonly address: string; readonly port: number }): string {
  return `${hostText(server.address)}:${server.port}`;
}

function hostText(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
