#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lotse {

/// A double as JSON text with six significant digits, so that equal reports are equal bytes; null if it is
/// not finite.
[[nodiscard]] std::string json_number(double value);

/// Writes JSON in the order of the calls, indented by two spaces.
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(double number);
  JsonWriter& value(bool truth);
  JsonWriter& null();
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// An array or object on one line: `[0.1, 0.2]`. Its text is the caller's.
  JsonWriter& raw(std::string_view json);
  /// The text with a newline at its end.
  [[nodiscard]] std::string str() && { return std::move(out_) + "\n"; }

 private:
  void begin(char bracket);
  void end(char bracket);
  void before_value();
  void new_line();

  std::string out_;
  std::vector<bool> filled_;  ///< by open bracket: something is in it
  bool after_key_ = false;
};

}  // namespace lotse
