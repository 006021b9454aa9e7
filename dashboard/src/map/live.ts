// Moves as they happen: counted at once, drawn as dots. However many come in a second, a frame draws a bounded number
// of dots and the numbers change four times a second.

import type { Move } from '../api/types';

export interface Delta {
  entered: number;
  open: number;
}

/// Counts since the figures on the screen were read. Pure but for its own tallies.
export class Tally {
  readonly nodes = new Map<string, Delta>();
  readonly flows = new Map<string, number>();
  moves = 0;

  private at(id: string): Delta {
    let delta = this.nodes.get(id);
    if (!delta) this.nodes.set(id, (delta = { entered: 0, open: 0 }));
    return delta;
  }

  add(move: Move): void {
    ++this.moves;
    if (move.from !== null) --this.at(move.from).open;
    if (move.to !== null) {
      const to = this.at(move.to);
      ++to.entered;
      ++to.open;
    }
    if (move.from !== null && move.to !== null && move.from !== move.to) {
      const key = `${move.from} ${move.to}`;
      this.flows.set(key, (this.flows.get(key) ?? 0) + 1);
    }
  }

  clear(): void {
    this.nodes.clear();
    this.flows.clear();
    this.moves = 0;
  }
}

const dotsMost = 80;
const travel = 1100; // ms
const svg = 'http://www.w3.org/2000/svg';

interface Dot {
  circle: SVGCircleElement;
  path: SVGPathElement;
  length: number;
  from: number;
}

/// Dots along the flows of one map. What does not fit in is counted all the same.
export class Dots {
  private readonly flying: Dot[] = [];
  private readonly spare: SVGCircleElement[] = [];
  private frame = 0;

  constructor(
    private readonly layer: SVGGElement,
    private readonly still: () => boolean,
  ) {}

  fly(path: SVGPathElement | null | undefined, tone: string): void {
    if (!path || this.still() || document.hidden || this.flying.length >= dotsMost) return;
    const circle = this.spare.pop() ?? document.createElementNS(svg, 'circle');
    circle.setAttribute('r', '6');
    circle.setAttribute('class', `dot ${tone}`);
    this.layer.appendChild(circle);
    this.flying.push({ circle, path, length: path.getTotalLength(), from: performance.now() });
    if (!this.frame) this.frame = requestAnimationFrame(this.step);
  }

  private readonly step = (now: number): void => {
    for (let index = this.flying.length - 1; index >= 0; --index) {
      const dot = this.flying[index]!;
      const part = (now - dot.from) / travel;
      if (part >= 1) {
        dot.circle.remove();
        this.spare.push(dot.circle);
        this.flying.splice(index, 1);
        continue;
      }
      const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) * (1 - part);
      const at = dot.path.getPointAtLength(dot.length * Math.max(0, eased));
      dot.circle.setAttribute('cx', String(at.x));
      dot.circle.setAttribute('cy', String(at.y));
    }
    this.frame = this.flying.length ? requestAnimationFrame(this.step) : 0;
  };

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const { circle } of this.flying) circle.remove();
    this.flying.length = 0;
  }
}
