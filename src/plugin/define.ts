// SPDX-License-Identifier: MIT
import type { BackendPlugin, CheckPlugin, ExtensionPlugin, RolePlugin, WatchPlugin } from './api.js';
import type { ObjectSchema } from './schema.js';

type Declared<P> = Omit<P, 'kind' | 'apiVersion'> & { readonly apiVersion?: 1 };

/** Declares a check plugin; the result is the default export of its module. */
export function defineCheck<const S extends ObjectSchema>(plugin: Declared<CheckPlugin<S>>): CheckPlugin<S> {
  return { apiVersion: 1, ...plugin, kind: 'check' };
}

/** Declares a watch plugin: a passive observer of live traffic. */
export function defineWatch<const S extends ObjectSchema>(plugin: Declared<WatchPlugin<S>>): WatchPlugin<S> {
  return { apiVersion: 1, ...plugin, kind: 'watch' };
}

/** Declares a backend plugin: an engine that holds the rules. */
export function defineBackend<const S extends ObjectSchema>(
  plugin: Declared<BackendPlugin<S>>,
): BackendPlugin<S> {
  return { apiVersion: 1, ...plugin, kind: 'backend' };
}

/** Declares a role plugin: it says whether this daemon is active or standby. */
export function defineRole<const S extends ObjectSchema>(plugin: Declared<RolePlugin<S>>): RolePlugin<S> {
  return { apiVersion: 1, ...plugin, kind: 'role' };
}

/** Declares an extension plugin: it taps hooks. */
export function defineExtension<const S extends ObjectSchema>(
  plugin: Declared<ExtensionPlugin<S>>,
): ExtensionPlugin<S> {
  return { apiVersion: 1, ...plugin, kind: 'extension' };
}
