#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tracking/state.hpp"

namespace lotse {

/// Texts that tell who somebody is, whatever they look like: to be masked wherever they stand as words.
class KnownTexts {
 public:
  KnownTexts() = default;
  /// Of a customer: the identifier that he goes by, and each text among his traits (in lists and maps too);
  /// of traits called a name (`first_name`, `nombre`) each word by itself as well.
  explicit KnownTexts(const CustomerState& customer);

  /// Each text in it, and each whole number of three digits and more; in lists and maps too.
  void add_value(const Value& value);
  /// Case does not matter. Texts under three characters are passed over: they would mask common words.
  void add(std::string_view text);
  /// Those that begin with a character, small and with plain_punctuation().
  [[nodiscard]] std::span<const std::u32string> beginning_with(char32_t first) const;

 private:
  void add_trait(std::string_view name, const Value& value);

  std::map<char32_t, std::vector<std::u32string>> texts_;
};

/// What stands where something was masked, such as `[e-mail]`: all there are.
[[nodiscard]] std::span<const std::string_view> personal_data_masks();

/// The longest masked text, in code points, the ellipsis of one that was cut included.
inline constexpr std::size_t masked_text_most = 500;

/// A free text without what tells who wrote it: e-mail addresses, phone numbers, bank accounts (IBAN, ISO
/// 13616, check digits by ISO 7064), payment cards (ISO/IEC 7812, Luhn), links with a query or a user, IP
/// addresses, days with their year, numbers and codes with five digits and more, streets with a house number,
/// names after a salutation, an introduction or a closing, and `known`. docs/methods/comments.md says what
/// is found and what is not. Amounts of money, years, times and other short numbers stay.
///
/// One line of well-formed UTF-8 for any bytes: what is no UTF-8 becomes U+FFFD, every run of spaces, ends of
/// lines and control characters one space, characters without width are left out. Cut at masked_text_most,
/// never within a mask. Linear in the text's length.
[[nodiscard]] std::string mask_personal_data(std::string_view text, const KnownTexts& known = {});

}  // namespace lotse
