#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "engine/friction/stay_table.hpp"
#include "engine/friction/tally.hpp"

namespace lotse {

/// Cuts the instances of a table between customers, into enough pieces that no thread waits long for another:
/// ascending numbers of instances, the first 0, the last all of them.
[[nodiscard]] std::vector<std::size_t> cut_in_pieces(const StayTable& table, unsigned threads);

/// Where the stays of an instance begin; of one after the last: the number of stays.
[[nodiscard]] std::uint32_t first_stay_of(const StayTable& table, std::size_t instance);

/// The row after the stay that begins in `row`: one that goes on in another channel has several rows.
[[nodiscard]] inline std::uint32_t end_of_stay(const StayTable& table, std::uint32_t row) {
  const auto size = static_cast<std::uint32_t>(table.size());
  while (table.cause[row] == Cause::hopped && row + 1 < size &&
         table.instance[row + 1] == table.instance[row]) {
    ++row;
  }
  return row + 1;
}

/// Whether the stay that begins in `row` is of those to be counted. Cuts are not looked at.
[[nodiscard]] inline bool is_selected(const StayTable& table, const Selection& selection, std::uint32_t row) {
  const Instant entered = table.entered[row];
  return (!selection.from || entered >= *selection.from) && (!selection.to || entered < *selection.to) &&
         (selection.keep == nullptr || (*selection.keep)[row]);
}

/// Counts a table on `threads` threads, each with a copy of `empty`. A Counter has `count(first, end)`, which
/// counts a range of instances with all instances of its customers, `close()`, after its last range, and
/// `add(other)`; where these are sums of integers the result does not depend on the number of threads.
template <class Counter>
[[nodiscard]] Counter count_in_pieces(const StayTable& table, unsigned threads, const Counter& empty) {
  threads = threads == 0 ? 1 : threads;
  const std::vector<std::size_t> bounds = cut_in_pieces(table, threads);
  std::vector<Counter> counters(threads, empty);
  std::atomic<std::size_t> next = 0;
  const auto work = [&](Counter& counter) {
    for (std::size_t piece = next++; piece + 1 < bounds.size(); piece = next++) {
      counter.count(bounds[piece], bounds[piece + 1]);
    }
    counter.close();
  };
  std::vector<std::thread> workers;
  for (std::size_t worker = 1; worker < counters.size(); ++worker) {
    workers.emplace_back(work, std::ref(counters[worker]));
  }
  work(counters[0]);
  for (std::thread& worker : workers) worker.join();
  for (std::size_t worker = 1; worker < counters.size(); ++worker) counters[0].add(counters[worker]);
  return std::move(counters[0]);
}

}  // namespace lotse
