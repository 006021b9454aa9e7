#include "channels/http/json_body.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/base/diagnostic.hpp"
#include "engine/runtime/json_event.hpp"

namespace lotse::http {
namespace {

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }

}  // namespace

Result<Value> read_object(const Request& request, std::span<const std::string_view> members,
                          std::uint32_t depth_max) {
  static_assert(Post::padding >= json_padding);
  if (request.post.body.empty()) return Value{Map{}};
  Value body;
  JsonValueReader reader(depth_max);
  if (const auto mistake = reader.read(request.post.body, body)) {
    return refuse(mistake->detail.empty() ? mistake->reason
                                          : fmt::format("{}: {}", mistake->reason, mistake->detail));
  }
  if (body.map() == nullptr) return refuse("the body is no JSON object");
  for (const auto& [key, value] : *body.map()) {
    if (std::ranges::find(members, *key.string()) != members.end()) continue;
    const std::string_view meant = nearest(*key.string(), members);
    return refuse(fmt::format("`{}` is no member of this, which has {}{}", *key.string(),
                              fmt::join(members, ", "),
                              meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
  }
  return body;
}

Result<std::string> text_member(const Value& object, std::string_view name, std::size_t bytes_max) {
  const Value* value = object.find(name);
  if (value == nullptr) return std::string();
  if (value->string() == nullptr) return refuse(fmt::format("{}: {} is no text", name, to_json(*value)));
  if (value->string()->size() > bytes_max)
    return refuse(fmt::format("{}: longer than {} bytes", name, bytes_max));
  return *value->string();
}

}  // namespace lotse::http
