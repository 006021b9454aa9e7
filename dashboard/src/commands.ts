// Commands: what changes something on the server, sent once whatever happens on the way.

import { useRef, useState } from 'preact/hooks';
import { ApiError, post } from './api/client';

/// RFC 9562, version 4; `randomUUID` is missing where the page does not come by HTTPS.
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 15) | 64;
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/// One that failed on the way is sent again under its own key, so that it is never done twice. `told`: how it went; null
/// for well.
export function useSend(): {
  send: (path: string, body: unknown, told: (problem: ApiError | null) => void) => void;
  busy: boolean;
} {
  const [busy, setBusy] = useState(false);
  const unfinished = useRef<{ what: string; key: string } | null>(null);
  const send = (path: string, body: unknown, told: (problem: ApiError | null) => void): void => {
    const what = JSON.stringify([path, body]);
    const key = unfinished.current?.what === what ? unfinished.current.key : newKey();
    unfinished.current = { what, key };
    setBusy(true);
    post(path, body, key)
      .then(
        () => {
          unfinished.current = null;
          told(null);
        },
        (error: unknown) => {
          const problem = error instanceof ApiError ? error : new ApiError(0, '', '');
          if (problem.status >= 400 && problem.status < 500 && problem.status !== 429)
            unfinished.current = null;
          told(problem);
        },
      )
      .finally(() => setBusy(false));
  };
  return { send, busy };
}
