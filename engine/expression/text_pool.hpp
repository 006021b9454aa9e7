#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/hash.hpp"
#include "engine/expression/value.hpp"

namespace lotse {

/// Makes one Value of texts that come again and again: names of properties, plans, regions. A cache of what
/// was seen lately, of fixed size. For one thread; the values are as any other.
class TextPool {
 public:
  [[nodiscard]] Value value(std::string_view text) {
    if (text.size() > longest) return Value(text);
    Value& known = texts_[fast_hash(text) % size];
    if (const std::string* same = known.string(); same == nullptr || *same != text) known = Value(text);
    return known;
  }

 private:
  static constexpr std::size_t size = 1'024;
  static constexpr std::size_t longest = 24;  ///< longer ones seldom come again
  std::array<Value, size> texts_{};
};

}  // namespace lotse
