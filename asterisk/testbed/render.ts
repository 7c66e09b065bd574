import { readFileSync } from 'node:fs';

/** Fills the `{{name}}` places of a configuration file; a place without a value and a value with a line break are bugs. */
export function render(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {{${name}}}`);
    return String(value);
  });
}

/** Reads one of the snippets that users get. */
export function shipped(name: string): string {
  return readFileSync(new URL(`../conf/${name}`, import.meta.url), 'utf8');
}

/** Reads one of the test bed's own configuration files. */
export function own(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}
