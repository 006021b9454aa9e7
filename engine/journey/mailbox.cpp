#include "engine/journey/mailbox.hpp"

#include <algorithm>

namespace lotse {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Parts with points between them, each of at least one character that `fits`.
template <class Fits>
bool is_dotted(std::string_view text, Fits fits) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == '.' || fits(c); });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_mail_address(std::string_view text) {
  constexpr std::string_view atom = "!#$%&'*+-/=?^_`{|}~";
  constexpr std::size_t local_max = 64;
  constexpr std::size_t address_max = 254;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at > local_max || text.size() > address_max) return false;
  const std::string_view domain = text.substr(at + 1);
  if (domain.starts_with('-') || domain.ends_with('-')) return false;
  return is_dotted(text.substr(0, at),
                   [&](char c) { return is_letter_or_digit(c) || atom.find(c) != std::string_view::npos; }) &&
         is_dotted(domain, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  if (is_mail_address(text)) return Mailbox{"", std::string(text)};
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return std::nullopt;
  const std::string_view address = text.substr(open + 1, text.size() - open - 2);
  std::string_view name = trimmed(text.substr(0, open));
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
    name = name.substr(1, name.size() - 2);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7F' && c != '"' && c != '<' && c != '\\';
  });
  if (!plain || !is_mail_address(address)) return std::nullopt;
  return Mailbox{std::string(name), std::string(address)};
}

}  // namespace lotse
