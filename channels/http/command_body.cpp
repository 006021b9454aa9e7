#include "channels/http/command_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/base/diagnostic.hpp"
#include "engine/runtime/dialect.hpp"
#include "engine/runtime/json_event.hpp"

namespace lotse::http {
namespace {

constexpr std::uint32_t depth_max = 4;

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }

}  // namespace

Result<Value> command_body(std::string_view text, std::span<const std::string_view> known) {
  Value body{Map{}};
  if (text.empty()) return body;
  static_assert(Post::padding >= json_padding);
  JsonValueReader reader(depth_max);
  if (const auto mistake = reader.read(text, body)) {
    return refuse(mistake->detail.empty() ? mistake->reason
                                          : fmt::format("{}: {}", mistake->reason, mistake->detail));
  }
  if (body.map() == nullptr) return refuse("the body is no JSON object");
  for (const auto& [key, value] : *body.map()) {
    if (std::ranges::find(known, *key.string()) != known.end()) continue;
    const std::string_view meant = nearest(*key.string(), known);
    return refuse(fmt::format("`{}` is no member of this, which has {}{}", *key.string(),
                              fmt::join(known, ", "),
                              meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
  }
  return body;
}

Result<std::string> text_member(const Value& body, std::string_view name, std::size_t bytes_max) {
  const Value* value = body.find(name);
  if (value == nullptr) return std::string();
  if (value->string() == nullptr) return refuse(fmt::format("{}: {} is no text", name, to_json(*value)));
  if (value->string()->size() > bytes_max)
    return refuse(fmt::format("{}: longer than {} bytes", name, bytes_max));
  return *value->string();
}

}  // namespace lotse::http
