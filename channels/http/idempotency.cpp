#include "channels/http/idempotency.hpp"

#include <algorithm>
#include <cstddef>

namespace lotse::http {

Result<std::string> idempotency_key(const Post& post) {
  constexpr std::size_t bytes_max = 255;
  const auto header = post.headers->find("idempotency-key");
  if (!header) return std::string();
  std::string_view key = *header;
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
  if (key.empty() || key.size() > bytes_max || !printable) {
    return fail(ErrorCode::bad_input,
                "Idempotency-Key: 1 to 255 printable ASCII characters without spaces, such as a UUID");
  }
  return std::string(key);
}

std::shared_ptr<void> UnderWay::enter(const std::string& id) {
  const std::lock_guard lock(held_->mutex);
  if (!held_->ids.insert(id).second) return nullptr;
  return {held_.get(), [held = held_, id](void*) {
            const std::lock_guard leave(held->mutex);
            held->ids.erase(id);
          }};
}

}  // namespace lotse::http
