#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/mistake.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// Readable bytes that must follow a text that JsonEventReader or JsonValueReader reads.
inline constexpr std::size_t json_padding = 64;

/// Reads one event in its native JSON form (schemas/event.schema.json). Reuse it: it keeps simdjson's
/// buffers.
class JsonEventReader {
 public:
  /// Without `properties` those and traits are left empty; what is wrong in them is found all the same.
  explicit JsonEventReader(const EventLimits& limits, bool properties = true);
  ~JsonEventReader();

  /// Requires json_padding readable bytes behind `text`. An event that names no id or no source has it empty.
  /// Nothing: it is read. Its bytes, and how long names may be, are for others to bound.
  [[nodiscard]] std::optional<Mistake> read(std::string_view text, Event& event);

 private:
  class Rep;
  std::unique_ptr<Rep> rep_;
};

/// Reads any JSON value, with the limits on depth, doubled fields and numbers that events have.
class JsonValueReader {
 public:
  explicit JsonValueReader(std::uint32_t depth_max);
  ~JsonValueReader();

  /// Requires json_padding readable bytes behind `text`. Nothing: it is read.
  [[nodiscard]] std::optional<Mistake> read(std::string_view text, Value& value);

 private:
  class Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse
