#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lotse::http {

/// One family of Prometheus' text format 0.0.4: `# HELP`, `# TYPE`, then its samples, all appended to `out`.
class MetricFamily {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// `type`: counter, gauge or histogram.
  MetricFamily(std::string& out, std::string_view name, std::string_view type, std::string_view help);

  void sample(double value, Labels labels = {}) { line("", value, labels); }
  /// Of a histogram: `_bucket`, `_sum`, `_count`.
  void line(std::string_view suffix, double value, Labels labels);

 private:
  std::string& out_;
  std::string_view name_;
};

}  // namespace lotse::http
