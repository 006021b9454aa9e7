#include "channels/http/metrics_text.hpp"

#include <fmt/format.h>

namespace lotse::http {
namespace {

void append_label_value(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

}  // namespace

MetricFamily::MetricFamily(std::string& out, std::string_view name, std::string_view type,
                           std::string_view help)
    : out_(out), name_(name) {
  out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricFamily::line(std::string_view suffix, double value, Labels labels) {
  out_ += name_;
  out_ += suffix;
  char before = '{';
  for (const auto& [name, text] : labels) {
    out_ += before;
    out_ += name;
    out_ += "=\"";
    append_label_value(out_, text);
    out_ += '"';
    before = ',';
  }
  if (before == ',') out_ += '}';
  out_ += fmt::format(" {}\n", value);
}

}  // namespace lotse::http
