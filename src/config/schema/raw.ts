// SPDX-License-Identifier: MIT
/** The configuration as written: what a value is known to be once it fits the core's schema. */
import type { Admin } from '../../model.js';

export interface RawRoot {
  readonly include?: readonly string[];
  readonly control?: {
    readonly socket?: string;
    readonly group?: string;
    readonly status_socket?: string;
    readonly status_group?: string;
  };
  readonly state?: { readonly directory?: string; readonly max_age?: string };
  readonly log?: {
    readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    readonly format?: 'json' | 'pretty';
  };
  readonly http?: { readonly listen: string };
  readonly plugins?: readonly string[];
  readonly backends?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly defaults?: RawDefaults;
  readonly clusters?: Readonly<Record<string, RawCluster>>;
}

export interface RawCluster {
  readonly members: Readonly<Record<string, string | RawMember>>;
  readonly services: Readonly<Record<string, RawService>>;
}

export interface RawMember {
  readonly address: string | readonly string[];
  readonly resolve?: string;
  readonly weight?: number;
  readonly admin?: Admin;
  readonly labels?: Readonly<Record<string, string>>;
}

export type RawThreshold = number | string;

export interface RawDefaults {
  readonly backend?: string;
  readonly scheduler?: string | { readonly name: string; readonly flags?: readonly string[] };
  readonly persistence?:
    | string
    | {
        readonly timeout: string;
        readonly netmask?: number;
        readonly netmask6?: number;
        readonly on_down?: 'rebalance' | 'keep';
      };
  readonly forwarding?:
    | 'nat'
    | 'route'
    | 'tunnel'
    | 'proxy'
    | { readonly tunnel: 'ipip' | 'gue' | 'gre'; readonly port?: number };
  readonly source_nat?: string;
  readonly check?: 'none' | RawCheck | readonly RawCheck[];
  readonly watch?: readonly (string | RawWatch)[];
  readonly rescue?: boolean;
  readonly fallback?: string;
  readonly min_up?: RawThreshold | { readonly down: RawThreshold; readonly up?: RawThreshold };
  readonly on_all_down?: 'fallback' | 'refuse' | 'hold';
  readonly panic?: { readonly share?: string; readonly within?: string };
  readonly on_down?: {
    readonly rule?: 'remove' | 'quiesce';
    readonly udp?: 'flush' | 'keep';
    readonly tcp?: 'keep' | 'reset';
    readonly unanswered?: 'flush' | 'keep';
  };
  readonly flap?: { readonly changes?: number; readonly within?: string; readonly hold?: string };
  readonly slow_start?: string;
  readonly drain?: string;
  readonly limits?: { readonly upper?: number; readonly lower?: number };
}

export interface RawService extends RawDefaults {
  readonly listen?: string | readonly string[];
  readonly fwmark?: string | number;
  readonly port?: number;
  readonly members?: readonly string[] | Readonly<Record<string, RawOverride>>;
}

export interface RawOverride {
  readonly weight?: number;
  readonly port?: number;
  readonly admin?: Admin;
}

/** A type's own keys are beside the common ones. */
export interface RawCheck {
  readonly type?: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly rise?: number;
  readonly fall?: number;
  readonly fast_interval?: string;
  readonly down_interval?: string;
  readonly port?: number;
  readonly address?: string;
  readonly source?: string;
  readonly fwmark?: number;
  readonly [own: string]: unknown;
}

export interface RawWatch {
  readonly type: string;
  readonly on?: 'down' | 'verify' | 'observe';
  readonly count?: number;
  readonly within?: string;
  readonly [own: string]: unknown;
}
