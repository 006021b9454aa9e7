#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

/// Where the parts of a JSON text begin and end, told by its brackets and quotes alone: so that each part can
/// be read by itself, and a broken one costs no other. Whether a part is JSON is for JsonEventReader and
/// JsonValueReader to say.
namespace lotse::json {

/// The first byte behind the value that begins at `at`; npos if it goes on behind the text.
[[nodiscard]] std::size_t end_of_value(std::string_view text, std::size_t at);

/// Without JSON's white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Why a text cannot be told into parts.
struct Unclear {
  std::size_t at = 0;  ///< in the text
  std::string detail;  ///< `"x" where the list has a comma or ends`
};

/// The elements of a list, of which `text` holds nothing else; each without white space around it. Reading
/// ends with the one beyond `most`.
[[nodiscard]] tl::expected<std::vector<std::string_view>, Unclear> elements(std::string_view text,
                                                                            std::size_t most);

struct Member {
  std::string_view key;  ///< between its quotes, as it is written
  std::string_view value;
};
/// The members of an object, of which `text` holds nothing else. More than `most` are unclear.
[[nodiscard]] tl::expected<std::vector<Member>, Unclear> members(std::string_view text,
                                                                 std::size_t most = 1'000);

/// The value of the first member of that name; nothing where there is none, or `text` is no object.
[[nodiscard]] std::optional<std::string_view> member(std::string_view text, std::string_view key);

/// RFC 6901: the pointer to the value that begins at `at`, or to the innermost one around that byte. Keys
/// keep their escapes. Below `pointer_depth_max` levels it goes no deeper.
[[nodiscard]] std::string pointer_at(std::string_view text, std::size_t at);
inline constexpr std::size_t pointer_depth_max = 32;

}  // namespace lotse::json
