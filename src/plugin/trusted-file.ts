// SPDX-License-Identifier: MIT
import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const GROUP_WRITE = 0o020;
const WORLD_WRITE = 0o002;
const STICKY = 0o1000;
/** What files of users unknown to a user namespace appear to belong to: user_namespaces(7). */
const OVERFLOW_ID = 65_534;

/**
 * Who other than root could change this file, or put another in its place: a sentence that names the path and
 * the remedy; null: nobody. To be asked before a process of root runs a file.
 * @param path absolute and without symbolic links
 */
export async function othersMayWrite(path: string): Promise<string | null> {
  const namespaced = await inUserNamespace();
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = await lstat(at);
    const isFolder = at !== path;
    if (uid !== 0 && !(namespaced && uid === OVERFLOW_ID)) {
      return `${at} belongs to user ${uid}, and sluice runs as root: make it root's (chown root ${at})`;
    }
    // In a folder such as /tmp the sticky bit keeps others from replacing what is root's.
    const sticky = isFolder && (mode & STICKY) !== 0;
    if ((mode & WORLD_WRITE) !== 0 && !sticky) {
      return `${at} is writable by everybody, and sluice runs as root: take that away (chmod o-w ${at})`;
    }
    if ((mode & GROUP_WRITE) !== 0 && gid !== 0 && !sticky) {
      return `${at} is writable by group ${gid}, and sluice runs as root: take that away (chmod g-w ${at})`;
    }
    if (dirname(at) === at) return null;
  }
}

/** Whether this process sees only some of the host's users. */
async function inUserNamespace(): Promise<boolean> {
  try {
    const map = await readFile('/proc/self/uid_map', 'latin1');
    return !/^\s*0\s+0\s+4294967295\s*$/.test(map);
  } catch {
    // No such file: a system without user namespaces.
    return false;
  }
}
