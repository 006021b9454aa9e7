#pragma once

#include <cstdint>

#include "engine/friction/proportion.hpp"

namespace lotse {

/// Sums over customers of a ratio Σx/Σn, where x (any score) and n (its observations) are one customer's.
/// Integers, so that any partition of the customers adds up to the same.
struct ClusterSums {
  std::uint64_t customers = 0;  ///< with n > 0
  std::int64_t x = 0;
  std::int64_t n = 0;
  std::int64_t xx = 0;
  std::int64_t xn = 0;
  std::int64_t nn = 0;

  void add_customer(std::int64_t x_of_customer, std::int64_t n_of_customer) {
    add_customers(x_of_customer, n_of_customer, 1);
  }
  /// `count` customers with the same x and n; none where n is 0.
  void add_customers(std::int64_t x_of_each, std::int64_t n_of_each, std::int64_t count) {
    if (n_of_each == 0) return;
    customers += static_cast<std::uint64_t>(count);
    x += count * x_of_each;
    n += count * n_of_each;
    xx += count * x_of_each * x_of_each;
    xn += count * x_of_each * n_of_each;
    nn += count * n_of_each * n_of_each;
  }
  ClusterSums& operator+=(const ClusterSums& other);
  friend bool operator==(const ClusterSums&, const ClusterSums&) = default;

  [[nodiscard]] double ratio() const;
  /// Linearised variance of the ratio with the customer as the unit: m/(m−1) · Σ(x − r·n)²/(Σn)² (Cochran
  /// 1977, 6.4); 0 for fewer than two customers.
  [[nodiscard]] double variance() const;
};

/// How many times larger the variance of a share is than that of as many independent answers, at least 1; for
/// sums whose x counts among n. 1 where the share is 0 or 1.
[[nodiscard]] double design_effect(const ClusterSums& sums);

/// The binomial sample that a clustered share is worth: n over its design effect; at a share of 0 or 1, the
/// customers.
[[nodiscard]] Share effective_sample(const ClusterSums& sums);

}  // namespace lotse
