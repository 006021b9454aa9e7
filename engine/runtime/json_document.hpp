#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/text_pool.hpp"
#include "engine/expression/value.hpp"
#include "engine/runtime/mistake.hpp"

// For .cpp files only: it brings simdjson with it.
namespace lotse::json {

[[nodiscard]] std::string_view kind_of(simdjson::ondemand::json_type type);  ///< "a list"

/// A JSON text that is being read. simdjson's errors are met here: every member that gives an error_code
/// passes them on, and our own mistakes travel as one of them. Reuse it: it keeps simdjson's buffers.
class Document {
 public:
  using Error = simdjson::error_code;
  using Raw = simdjson::ondemand::value;

  explicit Document(std::uint32_t depth_max) : depth_max_(depth_max) {}

  /// Reads all of `text`, an object or a list, by `content(document)`. Nothing: all is well.
  template <class Content>
  [[nodiscard]] std::optional<Mistake> read(std::string_view text, Content content) {
    mistake_.reset();
    keys_.clear();
    text_ = text;
    Error error = begin();
    if (error == simdjson::SUCCESS) error = content(document_);
    if (error == simdjson::SUCCESS) error = end();
    if (error == simdjson::SUCCESS) return std::nullopt;
    if (mistake_) return std::move(mistake_);
    return broken(error);
  }

  Error refuse(std::string reason, std::string detail, std::size_t at = Mistake::whole);
  Error refuse_broken(std::string reason, std::string detail, std::size_t at);
  /// What was found is the value.
  Error refuse(std::string reason, Raw& value);
  /// Of a part of the text; whole for what is none.
  [[nodiscard]] std::size_t offset_of(std::string_view token) const;

  [[nodiscard]] static Error take_null(Raw& value);
  /// Without `to` a value is checked all the same, but not kept. `to` is null before.
  Error read_value(Raw& value, std::uint32_t depth, Value* to);
  /// An integer as int, or uint where only that holds it; everything else as double.
  Error read_number(Raw& value, Value* to);

 private:
  static constexpr std::size_t usual_size = 6;  ///< of an object; more costs growing

  Error begin();
  Error end();
  std::optional<Mistake> broken(Error error);
  Error huge_number(std::string_view token, Error error, Value* to);
  Error read_list(Raw& value, std::uint32_t depth, Value* to);
  Error read_object(Raw& value, std::uint32_t depth, Value* to);

  std::uint32_t depth_max_;
  TextPool texts_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  bool begun_ = false;  ///< document_ is of this text
  std::string_view text_;
  std::vector<std::string_view> keys_;  ///< of the objects that are being read, in the parser's memory
  std::optional<Mistake> mistake_;
};

[[nodiscard]] std::string_view without_space(std::string_view text);  ///< at its end

}  // namespace lotse::json
