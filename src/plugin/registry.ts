// SPDX-License-Identifier: MIT
import type { Plugin, PluginKind } from './api.js';

/** The plugins that a configuration may name: the first-party ones and those it loads itself. */
export interface PluginRegistry {
  /** Names of a kind, for did-you-mean; loads nothing. */
  names(kind: PluginKind): readonly string[];
  /** Imports a first-party plugin's code at first use. Undefined: no plugin of that name. */
  get<K extends PluginKind>(kind: K, name: string): Promise<Extract<Plugin, { kind: K }> | undefined>;
  /** All plugins loaded so far, with where they came from (`sluice` or the config's specifier). */
  loaded(): readonly { readonly plugin: Plugin; readonly origin: string }[];
}
