#include "channels/http/credentials.hpp"

#include <algorithm>
#include <string_view>

#include "channels/http/text.hpp"

namespace lotse::http {

std::optional<std::string> credential(const PostFields& headers) {
  const std::string_view value = headers.find("authorization").value_or("");
  const std::size_t space = std::min(value.find(' '), value.size());
  const std::string_view scheme = value.substr(0, space);
  const std::string_view rest = trimmed(value.substr(space));
  if (rest.empty()) return {};
  if (same(scheme, "bearer")) return std::string(rest);
  std::string pair;
  if (!same(scheme, "basic") || !base64_decode(rest, pair)) return {};
  pair.resize(std::min(pair.find(':'), pair.size()));
  if (pair.empty()) return {};
  return pair;
}

}  // namespace lotse::http
