import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { messageOf } from './errors.ts';

/** A place to write to, or why there may be none. */
export type Place = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

/**
 * The file a path means under a root folder; a relative one begins there. No `..`, no symlink leads out: the folder is
 * looked up as the kernel would, and what stands in the file's place must be a file.
 */
export function placeUnder(root: string, path: string): Place {
  const refuse = (reason: string): Place => ({ ok: false, reason });
  if (/[\x00-\x1f\x7f]/.test(path)) return refuse('a path may not hold control characters');
  if (path === '' || path.endsWith(sep)) return refuse('name a file, not a folder');
  const wanted = resolve(root, path);
  const outside = `it must lie under ${root}`;
  if (!wanted.startsWith(under(root))) return refuse(outside);
  try {
    const folder = realpathSync(dirname(wanted));
    if (!`${folder}${sep}`.startsWith(under(realpathSync(root))))
      return refuse(`${outside}, and a link leads out of it`);
    const file = join(folder, wanted.slice(dirname(wanted).length));
    const there = lstatSync(file, { throwIfNoEntry: false });
    return there === undefined || there.isFile() ? { ok: true, path: file } : refuse('what stands there is no file');
  } catch (error) {
    return refuse(messageOf(error));
  }
}

const under = (folder: string): string => (folder.endsWith(sep) ? folder : `${folder}${sep}`);
