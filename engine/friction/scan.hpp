#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lotse {

/// Counts by the joint values of attributes: n observations, x of them with the outcome. An attribute's codes
/// go from 0 to values − 1; the code `values` is what was folded together, and is no condition of its own.
struct ScanTable {
  std::vector<std::uint8_t> values;  ///< by attribute, at most 254
  std::vector<std::uint8_t> codes;   ///< by cell, then attribute
  std::vector<std::uint32_t> n;      ///< by cell; together under 2³²
  std::vector<std::uint32_t> x;

  [[nodiscard]] std::size_t attributes() const { return values.size(); }
  [[nodiscard]] std::size_t size() const { return n.size(); }
  [[nodiscard]] std::uint8_t code(std::size_t cell, std::size_t attribute) const {
    return codes[cell * values.size() + attribute];
  }
  /// Requires x_of_cell ≤ n_of_cell and a code for each attribute.
  void add(std::span<const std::uint8_t> cell, std::uint32_t n_of_cell, std::uint32_t x_of_cell);
};

struct Condition {
  std::uint8_t attribute = 0;
  std::uint8_t value = 0;
  friend auto operator<=>(const Condition&, const Condition&) = default;
};

/// Whether a cell fulfils all of the conditions.
[[nodiscard]] bool inside(const ScanTable& table, std::size_t cell, std::span<const Condition> conditions);

struct ScanOptions {
  double design_effect = 1;  ///< at least 1: likelihood ratios are divided by it
  double level = 0.05;       ///< of p; what is above it is not reported
  std::uint32_t permutations = 199;
  std::uint32_t least = 20;  ///< n inside, and outside, of what is a condition
  std::uint32_t most = 3;    ///< reported
  std::uint64_t seed = 0x5CA7;
};

/// One or two conditions under which there is more x than chance puts there. Its n and x leave out those
/// inside of what was found before it.
struct Hotspot {
  std::vector<Condition> conditions;  ///< by attribute
  std::uint64_t n = 0;
  std::uint64_t x = 0;
  std::uint64_t n_outside = 0;
  std::uint64_t x_outside = 0;
  double log_likelihood_ratio = 0;  ///< Bernoulli, over the design effect
  double p = 1;
  friend bool operator==(const Hotspot&, const Hotspot&) = default;
};

struct Hotspots {
  std::uint64_t tried = 0;     ///< conditions and pairs, in the first scan
  std::vector<Hotspot> found;  ///< in the order found: the strongest first
  friend bool operator==(const Hotspots&, const Hotspots&) = default;
};

/// Kulldorff's (1997, Communications in Statistics, Theory and Methods 26) likelihood ratio of the Bernoulli
/// model for more x inside than outside: ln of sup L(p inside > q outside)/sup L(p = q). 0 where there is not
/// more. Requires x ≤ n ≤ n_all and what is left to be as sound.
[[nodiscard]] double bernoulli_log_likelihood_ratio(std::uint64_t x, std::uint64_t n, std::uint64_t x_all,
                                                    std::uint64_t n_all);

/// Scans all conditions, alone and in pairs, for the largest log likelihood ratio; a pair pays ½·ln N for its
/// second condition (as BIC charges a parameter). Its p is (1 + permutations with as large a maximum)/(1 +
/// permutations), each giving the x to observations at random. What is found is taken out, with all inside
/// it, and the rest is scanned again. The same for any order of the cells; of equals the one with fewer
/// conditions, then lower attributes, then lower values.
[[nodiscard]] Hotspots scan(const ScanTable& table, const ScanOptions& options = {});

}  // namespace lotse
