#include <algorithm>
#include <array>

#include "engine/friction/letters.hpp"
#include "engine/friction/personal_scan.hpp"

namespace lotse::personal {
namespace {

constexpr auto nowhere = std::u32string_view::npos;

bool has(std::u32string_view text, char32_t c) { return text.find(c) != nowhere; }

/// Labels divided by points, the last of two letters or more: `example.com`, `shop.example.com:8443`.
bool is_domain(std::u32string_view text) {
  text = text.substr(0, text.find(U':'));
  const std::size_t point = text.rfind(U'.');
  if (point == nowhere || point == 0 || text.size() - point < 3) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char32_t c) {
    return letters::is_letter(c) || letters::is_digit(c) || c == U'-' || c == U'.';
  });
  return plain &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(point) + 1, text.end(), &letters::is_letter);
}

/// Length of the scheme and what divides it from the rest: `https://`; 0: there is none.
std::size_t scheme_length(std::u32string_view text) {
  const std::size_t end = text.find(U"://");
  if (end == nowhere || end == 0) return 0;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), &letters::is_letter)
             ? end + 3
             : 0;
}

bool local_part(const Scan& scan, std::size_t i) {
  return scan.word(i) || (i < scan.size() && has(U"._%+-", scan[i]));
}

struct AtSign {
  std::size_t end;
  bool tight;  ///< the character itself, with no space around it
};

/// `@`, ` @ `, `(at)`, ` [at] `.
std::optional<AtSign> at_sign(const Scan& scan, std::size_t i) {
  const std::size_t begin = scan.past_space(i);
  if (scan[begin] == U'@') {
    const std::size_t end = scan.past_space(begin + 1);
    return AtSign{.end = end, .tight = end == i + 1};
  }
  for (const std::u32string_view written : {U"(at)", U"[at]", U"{at}"}) {
    if (scan.slice(begin, std::min(begin + written.size(), scan.size())) != written) continue;
    return AtSign{.end = scan.past_space(begin + written.size()), .tight = false};
  }
  return std::nullopt;
}

std::size_t domain_end(const Scan& scan, std::size_t i) {
  while (scan.word(i) || ((scan[i] == U'.' || scan[i] == U'-') && scan.word(i + 1))) ++i;
  return i;
}

bool hex(char32_t c) { return letters::is_digit(c) || (c >= U'a' && c <= U'f'); }

Found ip4_at(const Scan& scan, std::size_t i) {
  std::size_t end = i;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && scan[end++] != U'.') return std::nullopt;
    const std::size_t begin = end;
    unsigned number = 0;
    while (scan.digit(end) && end - begin < 4) number = number * 10 + (scan[end++] - U'0');
    if (end == begin || end - begin > 3 || number > 255) return std::nullopt;
  }
  const bool goes_on = scan.word(end) || (scan[end] == U'.' && scan.digit(end + 1));
  if (goes_on) return std::nullopt;
  return Span{i, end, mask::ip};
}

/// RFC 4291, section 2.2: eight groups, or fewer around one `::`.
Found ip6_at(const Scan& scan, std::size_t i) {
  constexpr std::size_t longest = 39;
  std::size_t end = i;
  while (end - i <= longest && (hex(scan[end]) || scan[end] == U':')) ++end;
  if (scan.word(end) || end - i > longest) return std::nullopt;
  while (end > i && scan[end - 1] == U':' && scan[end - 2] != U':') --end;  // a colon that ends a phrase
  const std::u32string_view text = scan.slice(i, end);
  std::size_t groups = 0;
  std::size_t gaps = 0;
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    length = text[at] == U':' ? 0 : length + 1;
    groups += length == 1 ? 1U : 0U;
    gaps += at > 0 && text[at] == U':' && text[at - 1] == U':' ? 1U : 0U;
    if (length > 4) return std::nullopt;
  }
  const bool number = std::any_of(text.begin(), text.end(), &letters::is_digit);
  const bool whole = (gaps == 0 && groups == 8) || (gaps == 1 && groups >= 1 && groups < 8);
  if (!whole || !number) return std::nullopt;
  return Span{i, end, mask::ip};
}

}  // namespace

Found link_at(const Scan& scan, std::size_t i) {
  constexpr std::size_t looked_at = 512;
  const bool after_space = i == 0 || scan.space(i - 1);
  const bool begins = scan.word(i) && (after_space || has(U"([{<\"'", scan[i - 1]));
  if (!begins) return std::nullopt;
  const auto ends = [&](std::size_t at) {
    return at >= scan.size() || scan.space(at) || has(U"<>\"", scan[at]);
  };
  std::size_t end = i;
  while (!ends(end) && end - i < looked_at) ++end;
  while (end > i && has(U".,;:!?)]}'", scan[end - 1])) --end;

  const std::u32string_view all = scan.slice(i, end);
  const std::size_t scheme = scheme_length(all);
  const std::u32string_view rest = all.substr(scheme);
  const std::u32string_view host = rest.substr(0, rest.find_first_of(U"/?#"));
  const bool named = scheme > 0 || rest.starts_with(U"www.");
  if (!named && !is_domain(host)) return std::nullopt;
  // Without a scheme a question mark may end a sentence, as in `really?yes`.
  const std::u32string_view behind = rest.substr(std::min(rest.find_first_of(U"?#"), rest.size()));
  const bool query = has(behind, U'=') || (named && has(behind, U'?'));
  const bool user = named && has(host, U'@');
  if (!query && !user) return std::nullopt;
  while (end - i >= looked_at && !ends(end)) ++end;
  return Span{i, end, mask::link};
}

Found mail_at(const Scan& scan, std::size_t i) {
  if (!local_part(scan, i) || (i != scan.rest() && local_part(scan, i - 1))) return std::nullopt;
  std::size_t local_end = i;
  bool named = false;
  while (local_part(scan, local_end)) named = scan.letter(local_end++) || named;
  const auto sign = at_sign(scan, local_end);
  if (!sign) return std::nullopt;
  const std::size_t end = domain_end(scan, sign->end);
  const std::u32string_view domain = scan.slice(sign->end, end);
  // `anna@gmail` is meant as an address; `2 @ 5.50` and `meet @ home` are not.
  const bool meant =
      sign->tight && named && domain.size() >= 2 && (has(domain, U'.') || scan.letter(sign->end));
  if (!meant && !is_domain(domain)) return std::nullopt;
  return Span{i, end, mask::mail};
}

Found ip_at(const Scan& scan, std::size_t i) {
  const bool begins = i == 0 || (!scan.word(i - 1) && scan[i - 1] != U':' && scan[i - 1] != U'.');
  if (!begins) return std::nullopt;
  if (scan.digit(i)) {
    if (const Found found = ip4_at(scan, i)) return found;
  }
  return hex(scan[i]) || scan[i] == U':' ? ip6_at(scan, i) : std::nullopt;
}

}  // namespace lotse::personal
