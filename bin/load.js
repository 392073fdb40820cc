// SPDX-License-Identifier: MIT
/**
 * Loads the bundle that build/bundle.ts makes, by V8's compile cache: a start takes half the time then. The build
 * leaves one beside the bundle. Where another Node.js runs, a daemon keeps its own for the next time: there, or in
 * the CACHE_DIRECTORY that systemd gives a service, both open to nobody but those who may change the program anyway.
 * Without a cache all is the same and takes longer.
 */
'use strict';
const { readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { Script } = require('node:vm');

const FILE = join(__dirname, '../bundle/sluice.js');
const COMPILED = join(__dirname, '../dist/src/main.js');
/** By then a daemon has done what a start does, and every other command is over. */
const KEEP_AFTER_MS = 5_000;

/** @type {{ exports: Record<string, unknown>, isQuick: boolean, keepCache: () => void } | undefined} */
let loaded;

/** Whether there is a bundle and it is made of what tsc wrote last: after tsc alone, that runs. */
exports.hasBundle = () => {
  const bundled = statSync(FILE, { throwIfNoEntry: false });
  if (bundled === undefined) return false;
  const compiled = statSync(COMPILED, { throwIfNoEntry: false });
  return compiled === undefined || compiled.mtimeMs <= bundled.mtimeMs;
};

/** What the bundle exports; the same to everybody in this thread. */
exports.loadBundle = () => (loaded ??= load()).exports;

/** Whether V8 took the cache. */
exports.isQuick = () => loaded?.isQuick === true;

/** Writes the cache, with every function in it that has run since the bundle was loaded. */
exports.keepCache = () => loaded?.keepCache();

function load() {
  // esbuild writes ASCII only.
  const text = readFileSync(FILE, 'latin1');
  // Its first line is the hash of the rest: V8 itself tells programs apart by nothing but their length.
  const hash = text.slice('// '.length, text.indexOf('\n'));
  const name = `${basename(FILE)}.${hash}-${process.version}-${process.arch}.cache`;
  const folders = [dirname(FILE), process.env.CACHE_DIRECTORY].filter((folder) => folder !== undefined);
  const files = folders.map((folder) => join(folder, name));
  const script = new Script(text, { filename: FILE, cachedData: firstOf(files, readFileSync) });
  const module = { exports: {} };
  script.runInThisContext()(module, require, (specifier) => import(specifier), FILE);
  const isQuick = script.cachedDataRejected === false;
  const keepCache = () => firstOf(files, (file) => replace(file, script.createCachedData()));
  if (!isQuick && require('node:worker_threads').isMainThread) setTimeout(keepCache, KEEP_AFTER_MS).unref();
  return { exports: module.exports, isQuick, keepCache };
}

/** Does it with the first file that it can be done with. */
function firstOf(files, action) {
  for (const file of files) {
    try {
      return action(file);
    } catch {
      // Not there, or not ours to write: a cache is no more than a saving of time.
    }
  }
  return undefined;
}

function replace(file, data) {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, data);
  renameSync(fresh, file);
}
