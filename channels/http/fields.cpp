#include "channels/http/fields.hpp"

#include <algorithm>

#include "channels/http/text.hpp"

namespace lotse::http {
namespace {

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  std::string decoded;
  return percent_decode(spaced, decoded) ? decoded : spaced;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

}  // namespace

std::optional<std::string_view> HeaderFields::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name.size == name.size() && same(text(field.name), name)) return text(field.value);
  }
  return {};
}

std::vector<std::pair<std::string, std::string_view>> HeaderFields::with_prefix(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string_view>> found;
  for (const Field& field : fields_) {
    if (same(text(field.name).substr(0, prefix.size()), prefix)) {
      found.emplace_back(lowered(text(field.name)), text(field.value));
    }
  }
  return found;
}

void QueryFields::parse(std::string_view query) {
  fields_.clear();
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    fields_.emplace_back(form_decoded(field.substr(0, equals)),
                         form_decoded(field.substr(std::min(equals + 1, field.size()))));
  }
}

std::optional<std::string_view> QueryFields::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::pair<std::string, std::string_view>> QueryFields::with_prefix(
    std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string_view>> found;
  for (const auto& [key, value] : fields_) {
    if (key.starts_with(prefix)) found.emplace_back(key, value);
  }
  return found;
}

}  // namespace lotse::http
