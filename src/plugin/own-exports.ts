// SPDX-License-Identifier: MIT
/**
 * Lets a plugin import `sluice` wherever its file lies: /etc/sluice/redis-check.mjs has no node_modules above
 * it. All plugins get the running daemon's own modules, never a second copy that they brought along.
 */
import * as nodeModule from 'node:module';

const OWN: Readonly<Record<string, string>> = {
  sluice: new URL('../index.js', import.meta.url).href,
  'sluice/kernel': new URL('../kernel/index.js', import.meta.url).href,
  'sluice/testing': new URL('../testing.js', import.meta.url).href,
};

type Resolve<R> = (specifier: string, context: unknown) => R;
type ResolveHook = <R>(specifier: string, context: unknown, next: Resolve<R>) => R | object;

const resolve: ResolveHook = (specifier, context, next) => {
  const url = Object.hasOwn(OWN, specifier) ? OWN[specifier] : undefined;
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
};

let shared = false;

/** From here on every import of sluice's public modules in this process leads to this copy. */
export function shareOwnExports(): void {
  if (shared) return;
  shared = true;
  // Node 22.15 and later take hooks in this thread (and deprecate the other way); Node 20 runs them in another.
  const registerHooks: unknown = Reflect.get(nodeModule, 'registerHooks');
  if (typeof registerHooks === 'function') registerHooks({ resolve });
  else {
    const source = `const OWN = ${JSON.stringify(OWN)}; export const resolve = ${resolve.toString()};`;
    nodeModule.register(`data:text/javascript,${encodeURIComponent(source)}`);
  }
}
