// Journeys for tests: only what a test is about needs to be written down.

import type { Journey, Row, Touchpoint } from '../src/api/types';

export function touchpoint(id: string, rest: Partial<Touchpoint> & { to?: string[] } = {}): Touchpoint {
  const { to = [], ...own } = rest;
  return {
    id,
    title: id,
    description: '',
    kind: 'inbound',
    turn: 'customer',
    owner: '',
    stage: null,
    channels: ['web'],
    on: [id],
    when: null,
    start: false,
    goal: false,
    ends: null,
    moment_of_truth: false,
    abandon_after: '7d',
    promise: null,
    target: null,
    team: null,
    template: null,
    purpose: null,
    asks: [],
    needs: [],
    next: to.map((target) => ({ to: target, trigger: 'event', on: [], when: null, after: null })),
    ...own,
  };
}

export function journey(touchpoints: Touchpoint[], rest: Partial<Journey> = {}): Journey {
  const channels = [...new Set(touchpoints.flatMap((found) => found.channels))];
  return {
    id: 'j',
    title: 'j',
    owner: '',
    version: 1,
    latest: null,
    description: '',
    abandon_after: '7d',
    value: null,
    stages: ['buy', 'use'],
    versions: [],
    segments: [],
    promises: [],
    anywhere: [],
    channels: channels.map((id) => ({ id, title: id, human: false })),
    touchpoints,
    ...rest,
  };
}

/// A long journey: `stages` stages of `each` touchpoints over six channels, with ways ahead and back.
export function large(stages: number, each: number): Journey {
  const channels = ['web', 'app', 'chat', 'call', 'store', 'field'];
  const names = Array.from({ length: stages }, (_, index) => `stage ${index}`);
  const all: Touchpoint[] = [];
  for (let index = 0; index < stages * each; ++index) {
    const kind = index % 4 === 3 ? 'outbound' : 'inbound';
    const to = [index + 1, index + 2, index - 5]
      .filter((next) => next >= 0 && next < stages * each)
      .map((next) => `t${next}`);
    all.push(
      touchpoint(`t${index}`, {
        kind,
        stage: kind === 'inbound' ? names[Math.floor(index / each)]! : null,
        to,
        start: index === 0,
        title: `Touchpoint number ${index}`,
        channels: [channels[index % 6]!, ...(index % 3 === 0 ? [channels[(index + 2) % 6]!] : [])],
      }),
    );
  }
  return journey(all, { stages: names });
}

export const row = (touchpointId: string, rest: Partial<Row> = {}): Row =>
  ({
    touchpoint: touchpointId,
    label: touchpointId,
    part: null,
    versions: [1],
    stage: 'buy',
    feedback: { negative: { x: 0, n: 0, rate: 0, interval: [0, 1] } },
    judged: {},
    ...rest,
  }) as unknown as Row;
