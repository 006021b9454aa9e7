// What two texts differ in, line by line. Pure.

export interface Row {
  kind: 'same' | 'theirs' | 'mine' | 'gap'; ///< `gap`: lines that are the same and left out
  text: string;
}

/// Beyond so many pairs of lines the rest counts as replaced; 1,500 lines changed throughout stay below.
const pairsMost = 2_500_000;
const around = 2;

/// Lengths of the longest common parts of the rests, as one table of `(mine + 1) × (theirs + 1)`.
function commonRests(theirs: readonly string[], mine: readonly string[]): Uint32Array {
  const width = mine.length + 1;
  const table = new Uint32Array((theirs.length + 1) * width);
  for (let i = theirs.length - 1; i >= 0; --i)
    for (let j = mine.length - 1; j >= 0; --j)
      table[i * width + j] =
        theirs[i] === mine[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
  return table;
}

function changed(theirs: readonly string[], mine: readonly string[]): Row[] {
  const rows: Row[] = [];
  const put = (kind: Row['kind'], text: string): number => rows.push({ kind, text });
  let i = 0;
  let j = 0;
  if (theirs.length * mine.length <= pairsMost) {
    const width = mine.length + 1;
    const table = commonRests(theirs, mine);
    while (i < theirs.length && j < mine.length) {
      if (theirs[i] === mine[j]) {
        put('same', theirs[i++]!);
        ++j;
      } else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) {
        put('theirs', theirs[i++]!);
      } else {
        put('mine', mine[j++]!);
      }
    }
  }
  while (i < theirs.length) put('theirs', theirs[i++]!);
  while (j < mine.length) put('mine', mine[j++]!);
  return rows;
}

/// The lines in which `mine` differs from `theirs`, each with two lines around it.
export function difference(theirs: string, mine: string): Row[] {
  const a = theirs.split('\n');
  const b = mine.split('\n');
  const least = Math.min(a.length, b.length);
  let head = 0;
  while (head < least && a[head] === b[head]) ++head;
  let tail = 0;
  while (tail < least - head && a.at(-1 - tail) === b.at(-1 - tail)) ++tail;
  const same = (lines: string[]): Row[] => lines.map((text) => ({ kind: 'same', text }));
  const rows = [
    ...same(a.slice(0, head)),
    ...changed(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
  const near = rows.map((_, index) =>
    rows.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== 'same'),
  );
  return rows.flatMap((row, index) =>
    near[index] ? [row] : index === 0 || near[index - 1] ? [{ kind: 'gap', text: '' } as const] : [],
  );
}
