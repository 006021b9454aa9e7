#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/base/result.hpp"
#include "engine/runtime/dialect.hpp"

namespace lotse::http {

/// What the `Idempotency-Key` header says, quoted or bare (draft-ietf-httpapi-idempotency-key-header); empty
/// where there is none. Errors: bad_input for one that is empty, longer than 255 bytes or not of printable
/// ASCII characters.
[[nodiscard]] Result<std::string> idempotency_key(const Post& post);

/// Commands that are being carried out. Any thread.
class UnderWay {
 public:
  /// Holds `id` until the result is gone; null: it is held already.
  [[nodiscard]] std::shared_ptr<void> enter(const std::string& id);

 private:
  struct Held {
    std::mutex mutex;
    std::set<std::string> ids;
  };
  std::shared_ptr<Held> held_ = std::make_shared<Held>();
};

}  // namespace lotse::http
