import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One place packages come from, as the host's apt names it. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | null;
}

/** Reads the host's apt sources, both formats; what cannot be read is left out. */
export function readAptSources(etc = '/etc/apt'): AptSource[] {
  const files = [join(etc, 'sources.list')];
  try {
    for (const name of readdirSync(join(etc, 'sources.list.d')).sort()) files.push(join(etc, 'sources.list.d', name));
  } catch {
    // no such folder: the one file may be enough
  }
  return files.flatMap((file) => {
    try {
      const text = readFileSync(file, 'utf8');
      if (file.endsWith('.sources')) return parseDeb822(text);
      return file.endsWith('.list') ? parseOneLine(text) : [];
    } catch {
      return [];
    }
  });
}

/** `deb [options] uri suite component…` lines. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1] ?? null;
    return [{ uri, suites: [suite], components: words(components), signedBy }];
  });
}

/** Stanzas of `Field: value` lines. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue;
      const match = /^([A-Za-z-]+):(.*)$/.exec(line);
      if (match !== null) {
        last = (match[1] ?? '').toLowerCase();
        fields.set(last, (match[2] ?? '').trim());
      } else if (last !== '' && /^\s/.test(line)) {
        fields.set(last, `${fields.get(last)}\n${line.trim()}`);
      }
    }
    if (!words(fields.get('types')).includes('deb') || /^(no|false)$/i.test(fields.get('enabled') ?? '')) return [];
    // an inline key is no path; the distribution's keyring serves in its place
    const signedBy = fields.get('signed-by')?.startsWith('/') ? (fields.get('signed-by') ?? null) : null;
    return words(fields.get('uris')).map((uri) => ({
      uri,
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      signedBy,
    }));
  });
}

/**
 * The sources that may be the distribution's main archive, likeliest first. A third party may use the same suite and
 * component names; the archive's own keyring, against which the download is checked, has the last word.
 */
export function mainArchives(sources: readonly AptSource[], suiteNames: readonly string[]): AptSource[] {
  const fits = sources.filter(
    ({ uri, suites, components }) =>
      /^(https?|mirror\+\w+|mirror|file|copy):/.test(uri) &&
      components.includes('main') &&
      suites.some((suite) => suiteNames.includes(suite)),
  );
  const rank = (source: AptSource): number => {
    if (/(debian|ubuntu)-archive-keyring/.test(source.signedBy ?? '')) return 0;
    const siblings = sources.filter(({ uri }) => uri === source.uri).flatMap(({ suites }) => suites);
    return siblings.some((suite) => suite.endsWith('-updates')) ? 1 : 2;
  };
  const uris = new Set<string>();
  return fits.toSorted((a, b) => rank(a) - rank(b)).filter(({ uri }) => !uris.has(uri) && uris.add(uri));
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
