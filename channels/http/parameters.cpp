#include "channels/http/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/runtime/mistake.hpp"

namespace lotse::http {

std::string parameter(const Request& request, std::string_view name) {
  return std::string(request.post.query->find(name).value_or(std::string_view{}));
}

Result<void> check_parameters(const Request& request, std::initializer_list<std::string_view> known) {
  const std::vector<std::string_view> names(known);
  std::vector<std::string> seen;
  for (const auto& [name, value] : request.post.query->with_prefix("")) {
    if (find_bad_utf8(name) || find_bad_utf8(value))
      return fail(ErrorCode::bad_input, "a parameter is not UTF-8");
    if (std::ranges::find(seen, name) != seen.end()) {
      return fail(ErrorCode::bad_input, fmt::format("`{}` is given twice", name));
    }
    seen.push_back(name);
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string_view meant = nearest(name, names);
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is no parameter of this{}", name,
                            !meant.empty()  ? fmt::format("; did you mean `{}`?", meant)
                            : names.empty() ? std::string(", which has none")
                                            : fmt::format(", which has {}", fmt::join(names, ", "))));
  }
  return {};
}

Result<std::uint64_t> number_parameter(const Request& request, std::string_view name, std::uint64_t otherwise,
                                       std::uint64_t least, std::uint64_t most) {
  const std::string text = parameter(request, name);
  if (text.empty()) return otherwise;
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stopped == end && number >= least && number <= most) return number;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is no whole number from {} to {}", name, text, least, most));
}

Result<std::string> choice_parameter(const Request& request, std::string_view name,
                                     std::span<const std::string_view> choices) {
  std::string text = parameter(request, name);
  if (text.empty()) return std::string(choices.front());
  if (std::ranges::find(choices, text) != choices.end()) return text;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is none of {}", name, text, fmt::join(choices, ", ")));
}

Response problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::bad_input:
      return problem(400, "Bad parameter", error.message);
    case ErrorCode::not_found:
      return problem(404, "Not found", error.message);
    case ErrorCode::conflict:
      return problem(409, "Conflict", error.message);
    case ErrorCode::storage:
    case ErrorCode::unavailable:
      break;
  }
  return unavailable(error.message);
}

Route get(std::string pattern, std::string operation, std::optional<Permission> permission, Compute compute,
          Work work) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.operation = std::move(operation);
  route.permission = permission;
  route.work = work;
  route.handle = [compute = std::move(compute)](const std::shared_ptr<const Request>& request,
                                                const Answer& answer) {
    Result<Response> response = compute(*request);
    answer(response ? *std::move(response) : problem(response.error()));
  };
  return route;
}

bool has_answer(const Request& request, std::string_view etag) {
  std::string_view tags = request.post.headers->find("if-none-match").value_or(std::string_view{});
  if (tags == "*") return true;
  while (!tags.empty()) {
    const std::size_t end = std::min(tags.find(','), tags.size());
    std::string_view tag = tags.substr(0, end);
    tags.remove_prefix(std::min(end + 1, tags.size()));
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

}  // namespace lotse::http
