#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/expression/value.hpp"
#include "engine/runtime/dialect.hpp"

namespace lotse::test {

/// Headers or a query, for a Post; names of headers in lower case.
class Fields final : public PostFields {
 public:
  Fields(std::initializer_list<std::pair<const std::string, std::string>> fields) : fields_(fields) {}

  std::optional<std::string_view> find(std::string_view name) const override {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }
  std::vector<std::pair<std::string, std::string_view>> with_prefix(std::string_view prefix) const override {
    std::vector<std::pair<std::string, std::string_view>> out;
    for (const auto& [name, value] : fields_) {
      if (name.starts_with(prefix)) out.emplace_back(name, value);
    }
    return out;
  }

 private:
  std::map<std::string, std::string, std::less<>> fields_;
};

/// A request that a channel system might send; it was received on 2024-03-01 at 12:00 UTC.
class Posted {
 public:
  Posted(std::string path, std::string_view body, Fields headers = {}, Fields query = {},
         std::string method = "POST")
      : method_(std::move(method)),
        path_(std::move(path)),
        headers_(std::move(headers)),
        query_(std::move(query)),
        body_(std::string(body) + std::string(Post::padding, ' ')),
        bytes_(body.size()) {}

  [[nodiscard]] Post post() const {
    return {.method = method_,
            .path = path_,
            .headers = &headers_,
            .query = &query_,
            .body = std::string_view(body_).substr(0, bytes_),
            .received = *parse_instant("2024-03-01T12:00:00Z")};
  }

 private:
  std::string method_;
  std::string path_;
  Fields headers_;
  Fields query_;
  std::string body_;
  std::size_t bytes_;
};

/// `source id type time channel ids properties traits` of an event on one line, for comparison.
[[nodiscard]] inline std::string describe(const Event& event) {
  std::string out = event.source + " " + event.id + " " + event.type + " " + format_instant(event.time) +
                    " " + (event.channel.empty() ? "-" : event.channel);
  for (const Identifier& id : event.ids) out += " " + id.name_space + "=" + id.value;
  return out + " " + to_json(event.properties) + " " + to_json(event.traits);
}

/// What must hold of whatever was understood: each thing is taken or refused, once, in order.
[[nodiscard]] inline bool is_whole(const Understood& understood, std::size_t things) {
  if (understood.events.size() != understood.index.size() ||
      understood.text.size() != understood.index.size()) {
    return false;
  }
  std::vector<std::size_t> all = understood.index;
  if (!std::ranges::is_sorted(all)) return false;
  for (const RefusedPart& refused : understood.refused) all.push_back(refused.index);
  std::ranges::sort(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != i) return false;
  }
  return all.size() == things;
}

}  // namespace lotse::test
