import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './errors.ts';

/** Where a secret is kept: a file others cannot read, or a systemd credential. Never the config itself. */
export type SecretSource = { readonly secretFile: string } | { readonly credential: string };

/** The secret, or why it cannot be had. `denied` marks a file that only another user may read. */
export type Secret =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly denied: boolean; readonly reason: string };

/** Reads a secret; one line-break at its end is not part of it. */
export function readSecret(source: SecretSource, env: NodeJS.ProcessEnv = process.env): Secret {
  const refuse = (reason: string, denied = false): Secret => ({ ok: false, denied, reason });
  let file: string;
  if ('credential' in source) {
    const folder = env['CREDENTIALS_DIRECTORY'];
    if (folder === undefined) {
      return refuse(`$CREDENTIALS_DIRECTORY is not set: systemd gives ${source.credential} by LoadCredential=`, true);
    }
    file = join(folder, source.credential);
  } else {
    file = source.secretFile;
  }
  let open: number | null = null;
  try {
    open = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(open);
    if (!found.isFile()) return refuse(`${file} is no file`);
    if ((found.mode & 0o007) !== 0) return refuse(`${file} is open to everybody: chmod o= ${file}`);
    const secret = readFileSync(open, 'utf8').replace(/\r?\n$/, '');
    // A control character would end the header the secret is sent in.
    if (secret === '' || /[\x00-\x1f\x7f]/.test(secret)) return refuse(`${file} must hold the secret on one line`);
    return { ok: true, secret };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return refuse(`there is no file ${file}`);
    return refuse(`cannot read ${file}: ${messageOf(error)}`, code === 'EACCES');
  } finally {
    if (open !== null) closeSync(open);
  }
}
