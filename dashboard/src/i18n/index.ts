// All words of the page, in the language chosen. They are data, en.json and de.json beside the script: only one of them
// is loaded. Texts of a journey stay in the language of its authors. `one | other` are the forms of a count; groups such
// as `signal.` hold words for the API's own values.

import type words from '../../public/en.json';

export type Language = 'en' | 'de';
export type Words = typeof words;
export type Key = keyof Words;

const storageKey = 'lotse.language';

export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === 'en' || chosen === 'de') return chosen;
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

let language: Language = 'en';
let dictionary: Record<string, string> = {};

export const currentLanguage = (): Language => language;

export function useWords(next: Language, words: Words): void {
  language = next;
  dictionary = words;
}

/// Reads the words and speaks them from now on; `keep` remembers the choice.
export async function setLanguage(next: Language, keep = true): Promise<void> {
  const response = await fetch(`./${next}.json`);
  if (!response.ok) throw new Error(`${next}.json: ${response.status}`);
  useWords(next, (await response.json()) as Words);
  document.documentElement.lang = next;
  if (keep) localStorage.setItem(storageKey, next);
}

export type Values = Record<string, string | number>;

const fill = (text: string, values: Values): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

export const t = (key: Key, values: Values = {}): string => fill(dictionary[key] ?? key, values);

/// For text with `one | other` forms, chosen by `count`; `{n}` is the count, written by the caller.
export function plural(key: Key, count: number, n: string): string {
  const [one = '', other = one] = (dictionary[key] ?? '').split(' | ');
  return fill(new Intl.PluralRules(language).select(count) === 'one' ? one : other, { n });
}

/// A word for one of the API's own values; one that is new to this page is shown as it came.
export const word = (group: string, value: string): string => dictionary[`${group}.${value}`] ?? value;
