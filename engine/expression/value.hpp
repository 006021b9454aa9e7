#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/time.hpp"

namespace lotse {

class Value;

/// CEL's timestamp and duration have nanoseconds; events have milliseconds.
struct Timestamp {
  std::int64_t seconds = 0;  ///< since 1970; 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z
  std::int32_t nanos = 0;    ///< 0 to 999,999,999
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};
struct CelDuration {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  ///< same sign as seconds
  friend auto operator<=>(const CelDuration&, const CelDuration&) = default;
};
[[nodiscard]] Timestamp to_timestamp(Instant instant);
[[nodiscard]] Instant to_instant(const Timestamp& timestamp);  ///< cut to milliseconds, towards the past

struct Bytes {
  std::string data;
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};
/// CEL's type values: `type(1) == int`.
struct TypeName {
  std::string name;
  friend auto operator<=>(const TypeName&, const TypeName&) = default;
};

using List = std::vector<Value>;
/// A map in the order of its text; keys bool, int, uint or string, unique. Small: looked up by scanning.
using Map = std::vector<std::pair<Value, Value>>;

/// A dynamically typed CEL value. Copies are cheap (lists, maps and strings are shared and immutable).
class Value {
 public:
  using Null = std::monostate;
  template <class T>
  using Shared = std::shared_ptr<const T>;
  using Rep =
      std::variant<Null, bool, std::int64_t, std::uint64_t, double, Shared<std::string>, Shared<Bytes>,
                   Timestamp, CelDuration, Shared<List>, Shared<Map>, Shared<TypeName>>;

  Value() = default;  ///< null
  explicit Value(bool value) : rep_(value) {}
  explicit Value(std::int64_t value) : rep_(value) {}
  explicit Value(std::uint64_t value) : rep_(value) {}
  explicit Value(double value) : rep_(value) {}
  explicit Value(std::string value) : rep_(std::make_shared<const std::string>(std::move(value))) {}
  explicit Value(std::string_view value) : Value(std::string(value)) {}
  explicit Value(const char* value) : Value(std::string(value)) {}
  explicit Value(Bytes value) : rep_(std::make_shared<const Bytes>(std::move(value))) {}
  explicit Value(Timestamp value) : rep_(value) {}
  explicit Value(Instant value) : rep_(to_timestamp(value)) {}
  explicit Value(CelDuration value) : rep_(value) {}
  explicit Value(List value);
  explicit Value(Map value);
  explicit Value(TypeName value) : rep_(std::make_shared<const TypeName>(std::move(value))) {}

  [[nodiscard]] const Rep& rep() const noexcept { return rep_; }
  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<Null>(rep_); }
  /// The string inside, or nullptr for another type. Likewise below.
  [[nodiscard]] const std::string* string() const noexcept { return shared<std::string>(); }
  [[nodiscard]] const List* list() const noexcept { return shared<List>(); }
  [[nodiscard]] const Map* map() const noexcept { return shared<Map>(); }
  [[nodiscard]] const bool* boolean() const noexcept { return std::get_if<bool>(&rep_); }
  /// int, uint or double as a double; nothing for another type.
  [[nodiscard]] std::optional<double> number() const noexcept;
  /// A timestamp, or a string that parse_instant reads; nothing for another type.
  [[nodiscard]] std::optional<Instant> instant() const;
  /// The value of a string key of a map; nullptr where there is none or this is no map.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;

  /// Equality of representation: same type, same content (doubles by bits, so NaN equals itself and 0.0 is
  /// not -0.0). CEL's `==`, where 1 == 1.0, is the expression's business.
  [[nodiscard]] bool identical(const Value& other) const;

 private:
  template <class T>
  [[nodiscard]] const T* shared() const noexcept {
    const auto* pointer = std::get_if<Shared<T>>(&rep_);
    return pointer == nullptr ? nullptr : pointer->get();
  }
  Rep rep_;
};

/// The CEL literal that gives this very value (but for the bits of a NaN): `"fibre"`, `12.5`, `3u`,
/// `[1, 2]`, `timestamp("2024-01-01T00:00:00Z")`. For messages, explanations and generated conditions.
[[nodiscard]] std::string describe(const Value& value);

/// JSON text of a value: timestamps (RFC 3339) and durations (`90s`) as strings, bytes as base64, non-finite
/// doubles as null, types as their names, keys of maps as strings. A double keeps a point or an exponent
/// (`1.0`), with the fewest digits that read back as itself.
[[nodiscard]] std::string to_json(const Value& value);

}  // namespace lotse
