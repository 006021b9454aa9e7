#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "channels/file/record.hpp"
#include "engine/tracking/event.hpp"

namespace lotse::file {

/// Reads one event in its native JSON form (docs/ingest.md). Reuse it: it keeps simdjson's buffers.
class JsonEventReader {
 public:
  explicit JsonEventReader(const FileFacts& facts);  ///< must outlive this
  ~JsonEventReader();

  /// Requires Window::padding readable bytes behind `text`. `number` makes the id of an event that has none.
  /// Nothing: it is read.
  [[nodiscard]] std::optional<Refusal> read(std::string_view text, std::uint64_t number, Event& event);

 private:
  class Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse::file
