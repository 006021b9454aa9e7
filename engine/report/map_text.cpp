#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/map_layout.hpp"

namespace lotse::map {

namespace {

/// Advance widths of ASCII 32–126 in DejaVu Sans, in thousandths of the size.
constexpr std::array<std::uint16_t, 95> kAdvance = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635,  611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};

/// Bytes of the UTF-8 sequence that starts with `lead`; 1 for a stray byte, so that scanning always moves on.
std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0 && byte < 0xF8) return 4;
  if (byte >= 0xE0) return byte < 0xF0 ? 3 : 1;
  return byte >= 0xC0 ? 2 : 1;
}

double advance_of(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (byte >= 32 && byte < 127) return kAdvance.at(byte - 32U) / 1000.0;
  return character.size() >= 3
             ? 1.0
             : 0.7;  // CJK and symbols are square; accented letters about as wide as capitals
}

/// The longest prefix no wider than `width`, by whole characters; at least one character.
std::string_view fitting_prefix(std::string_view text, double width, double size, bool bold) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t next = std::min(text.size(), end + sequence_length(text[end]));
    if (end > 0 && text_width(text.substr(0, next), size, bold) > width) break;
    end = next;
  }
  return text.substr(0, end);
}

/// Where the line may end at or before `limit`: after the last space, hyphen or underscore; `limit` where
/// there is none.
std::size_t break_before(std::string_view text, std::size_t limit) {
  if (limit >= text.size() || text[limit] == ' ') return limit;
  const std::size_t found = text.substr(0, limit).find_last_of(" -_/");
  return found == std::string_view::npos || found == 0 ? limit : found + 1;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

double text_width(std::string_view text, double size, bool bold) {
  double width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::min(sequence_length(text[at]), text.size() - at);
    width += advance_of(text.substr(at, length));
    at += length;
  }
  constexpr double bold_factor = 1.1;  // DejaVu Sans Bold is wider by about this
  return width * size * (bold ? bold_factor : 1.0);
}

std::vector<std::string> wrap_text(std::string_view text, double width, std::size_t lines, double size,
                                   bool bold) {
  std::vector<std::string> wrapped;
  std::string_view rest = trimmed(text);
  while (wrapped.size() + 1 < lines && text_width(rest, size, bold) > width) {
    const std::size_t end = break_before(rest, fitting_prefix(rest, width, size, bold).size());
    wrapped.emplace_back(trimmed(rest.substr(0, end)));
    rest = trimmed(rest.substr(end));
  }
  if (text_width(rest, size, bold) <= width) {
    wrapped.emplace_back(rest);
  } else {
    const double dots = text_width("…", size, bold);
    wrapped.push_back(std::string(trimmed(fitting_prefix(rest, width - dots, size, bold))) + "…");
  }
  return wrapped;
}

}  // namespace lotse::map
