// The server's sentences in the reader's language. As in gettext the English format is a sentence's name, and what
// stands in its blanks comes apart from it: a text that is the same in every language, a time, or a sentence again.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Phrase } from './api/types';
import { moment } from './format';
import { currentLanguage } from './i18n';

/// English formats to those of the reader's language; null: it is English.
export type Sentences = Record<string, string> | null;

/// The phrase in words, times in the reader's zone; nothing where it, or a part of it, is not among the sentences.
export function say(phrase: Phrase, sentences: Sentences): string | undefined {
  if (typeof phrase === 'string') return phrase;
  if ('at' in phrase) return moment(phrase.at);
  const format = sentences === null ? phrase.say : sentences[phrase.say];
  const parts = phrase.with.map((part) => say(part, sentences));
  if (format === undefined || parts.includes(undefined)) return undefined;
  let next = 0;
  return format.replace(
    /\{(\d*)\}/g,
    (_, place: string) => parts[place === '' ? next++ : Number(place)] ?? '',
  );
}

let loading: Promise<Sentences> | undefined;

async function load(): Promise<Sentences> {
  const response = await fetch(`./sentences.${currentLanguage()}.json`);
  if (!response.ok) throw new Error(`sentences: ${response.status}`);
  return (await response.json()) as Sentences;
}

/// Those of the reader's language, read once; none until they are here, or if they do not come.
export function useSentences(): Sentences {
  const [read, setRead] = useState<Sentences>({});
  const foreign = currentLanguage() !== 'en';
  useEffect(() => {
    if (!foreign) return;
    loading ??= load();
    loading.then(setRead, () => {
      loading = undefined;
    });
  }, [foreign]);
  return foreign ? read : null;
}

/// A sentence, in English as the server tells it where it has none in the reader's language.
export function Said({
  phrase,
  text,
  sentences,
}: {
  phrase: Phrase;
  text: string;
  sentences: Sentences;
}): JSX.Element {
  const told = say(phrase, sentences);
  return told === undefined ? <span lang="en">{text}</span> : <span>{told}</span>;
}
