// Server-sent events by fetch, because EventSource cannot send an Authorization header.

import type { Move } from './types';
import { headers, url } from './client';

export interface StreamEvent {
  event: string;
  data: string;
}

/// Splits what has arrived into whole events; the rest waits for more (HTML Living Standard, 9.2.6).
export function takeEvents(buffer: string): { events: StreamEvent[]; rest: string } {
  const blocks = buffer.replace(/\r\n?/g, '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.map((block) => {
    const found: StreamEvent = { event: 'message', data: '' };
    for (const line of block.split('\n')) {
      if (line.startsWith('event:')) found.event = line.slice(6).trim();
      if (line.startsWith('data:')) found.data += line.slice(5).trimStart();
    }
    return found;
  });
  return { events: events.filter((found) => found.data !== ''), rest };
}

export interface Listener {
  connected: (now: boolean) => void;
  moved: (move: Move) => void;
  incident: () => void;
  restarted: () => void; ///< something may have been missed: read anew
}

const waitFirst = 1000;
const waitMost = 30000;

/// Follows a journey's changes until the returned function is called; reconnects by itself, ever more slowly.
export function follow(journey: string, listener: Listener): () => void {
  const abort = new AbortController();
  let wait = waitFirst;
  let again = false;
  const run = async (): Promise<void> => {
    const response = await fetch(url('/changes', { journey }), {
      headers: { ...headers(), Accept: 'text/event-stream', ...(again ? { 'Last-Event-ID': '0' } : {}) },
      cache: 'no-store',
      signal: abort.signal,
    });
    if (!response.ok || !response.body) throw new Error(String(response.status));
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let buffer = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const taken = takeEvents(buffer + decoder.decode(value, { stream: true }));
      buffer = taken.rest;
      for (const { event, data } of taken.events) {
        if (event === 'start' || event === 'restart') {
          wait = waitFirst;
          listener.connected(true);
          if (again) listener.restarted();
          again = true;
        } else if (event === 'move') {
          listener.moved(JSON.parse(data) as Move);
        } else if (event === 'incident') {
          listener.incident();
        }
      }
    }
  };
  const loop = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await run().catch(() => undefined);
      if (abort.signal.aborted) return;
      listener.connected(false);
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, waitMost);
    }
  };
  void loop();
  return () => abort.abort();
}
