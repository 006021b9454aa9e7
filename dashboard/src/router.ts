// Every view has an address: #/journey/view/id?query. Views beside journeys begin with @, which no journey id does.

import { useEffect, useState } from 'preact/hooks';

export interface Location {
  parts: string[];
  query: Record<string, string>;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export function parse(hash: string): Location {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const query: Record<string, string> = {};
  for (const pair of search.split('&').filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    query[decode(name)] = decode(value.replace(/\+/g, ' '));
  }
  return { parts: path.split('/').filter(Boolean).map(decode), query };
}

// Readable in an address bar: only what would be read as something else is escaped.
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/%3A/gi, ':').replace(/%40/g, '@').replace(/%2C/gi, ',');

export function href(parts: string[], query: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = pairs.map(([name, value]) => `${encode(name)}=${encode(value!)}`).join('&');
  return `#/${parts.map(encode).join('/')}${search ? `?${search}` : ''}`;
}

export function go(parts: string[], query: Record<string, string | undefined> = {}, replace = false): void {
  const to = href(parts, query);
  if (replace) {
    history.replaceState(null, '', to);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = to;
  }
}

/// What is shown has this address from now on; it stays as it is.
export function rename(parts: string[], query: Record<string, string | undefined> = {}): void {
  history.replaceState(null, '', href(parts, query));
}

export function useLocation(): Location {
  const [now, setNow] = useState(() => parse(location.hash));
  useEffect(() => {
    const read = (): void => setNow(parse(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return now;
}
