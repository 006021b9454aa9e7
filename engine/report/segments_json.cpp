#include "engine/report/segments_json.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/report/json.hpp"

namespace lotse {
namespace {

constexpr std::size_t most_values = 100;  ///< of a segment: a list to choose from

/// The segment's values as codes, those of most stays first; values that no stay has are left out.
std::vector<std::uint32_t> by_stays(const StayTable& table, const std::vector<std::uint64_t>& of_set,
                                    std::size_t segment) {
  std::vector<std::uint64_t> stays(table.segment_values[segment].size());
  for (std::size_t set = 0; set < of_set.size(); ++set)
    stays[table.segment_sets[set * table.segments.size() + segment]] += of_set[set];
  std::vector<std::uint32_t> codes(stays.size());
  std::iota(codes.begin(), codes.end(), 0U);
  std::erase_if(codes, [&](std::uint32_t code) { return stays[code] == 0; });
  std::ranges::stable_sort(codes, std::greater(), [&](std::uint32_t code) { return stays[code]; });
  return codes;
}

}  // namespace

std::string segments_json(const StayTable& table) {
  std::vector<std::uint64_t> of_set(
      table.segments.empty() ? 0 : table.segment_sets.size() / table.segments.size());
  if (!of_set.empty()) {
    for (const std::uint32_t set : table.segment_set) ++of_set[set];
  }
  JsonWriter json;
  json.begin_object().key("segments").begin_array();
  for (std::size_t segment = 0; segment < table.segments.size(); ++segment) {
    std::vector<std::uint32_t> codes = by_stays(table, of_set, segment);
    const std::size_t more = codes.size() - std::min(codes.size(), most_values);
    codes.resize(codes.size() - more);
    json.begin_object().field("name", table.segments[segment]).key("values").begin_array();
    for (const std::uint32_t code : codes) json.value(table.segment_values[segment][code]);
    json.end_array().field("more", std::uint64_t{more}).end_object();
  }
  return std::move(json.end_array().end_object()).str();
}

}  // namespace lotse
