// SPDX-License-Identifier: MIT
import type { Plugin, PluginKind } from './api.js';

/** The plugins that a configuration may name: the first-party ones and those it loads itself. */
export interface PluginRegistry {
  /** Names of a kind, for did-you-mean; loads nothing. */
  names(kind: PluginKind): readonly string[];
  /** Imports a first-party plugin's code at first use. Undefined: no plugin of that name. */
  get<K extends PluginKind>(kind: K, name: string): Promise<Extract<Plugin, { kind: K }> | undefined>;
  /**
   * Loads a third-party plugin that the configuration lists.
   * @param specifier a file relative to `directory`, or a package installed there or beside sluice
   * @throws SluiceError SLUICE_CFG_PLUGIN; also when `kind/name` is taken
   */
  add(specifier: string, directory: string): Promise<Plugin>;
  /** All plugins loaded so far, with where they came from (`sluice` or the config's specifier). */
  loaded(): readonly { readonly plugin: Plugin; readonly origin: string }[];
}
