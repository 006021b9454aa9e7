// The order of lanes: channels that serve the same touchpoints stand side by side.

/// How many lanes that do not belong to it each group spans, all together; a group counts `weight` times.
export function gaps(
  order: readonly string[],
  groups: readonly { channels: readonly string[]; weight: number }[],
): number {
  const place = new Map(order.map((channel, index) => [channel, index]));
  let sum = 0;
  for (const { channels, weight } of groups) {
    const at = channels.map((channel) => place.get(channel)!).filter((index) => index !== undefined);
    if (at.length > 1) sum += weight * (Math.max(...at) - Math.min(...at) + 1 - at.length);
  }
  return sum;
}

const inversions = (order: readonly string[], file: readonly string[]): number => {
  const place = new Map(file.map((channel, index) => [channel, index]));
  let sum = 0;
  for (let i = 0; i < order.length; ++i)
    for (let j = i + 1; j < order.length; ++j) if (place.get(order[i]!)! > place.get(order[j]!)!) ++sum;
  return sum;
};

/// Moves one lane at a time while that makes touchpoints more compact; of equals, the order of the file stays. This
/// finds a good order, not always the best: with a dozen lanes all orders would be too many to try.
export function orderLanes(
  file: readonly string[],
  groups: readonly { channels: readonly string[]; weight: number }[],
): string[] {
  let order = [...file];
  let best = gaps(order, groups);
  for (let improved = true; improved && best > 0; ) {
    improved = false;
    let next = order;
    for (let from = 0; from < order.length; ++from) {
      for (let to = 0; to < order.length; ++to) {
        if (to === from) continue;
        const tried = [...order];
        tried.splice(to, 0, ...tried.splice(from, 1));
        const cost = gaps(tried, groups);
        if (cost < best) {
          best = cost;
          next = tried;
          improved = true;
        }
      }
    }
    order = next;
  }
  const reversed = [...order].reverse();
  return inversions(reversed, file) < inversions(order, file) ? reversed : order;
}
