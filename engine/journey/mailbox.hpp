#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lotse {

/// Who writes or gets a mail.
struct Mailbox {
  std::string name;     ///< for people; may be empty
  std::string address;  ///< `hello@example.net`
  friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

/// `hello@example.net`, in ASCII, without quotes or comments (RFC 5321, section 4.1.2, Dot-string and
/// Domain).
[[nodiscard]] bool is_mail_address(std::string_view text);

/// `Example <hello@example.net>`, `"Example, Ltd." <hello@example.net>` or a bare address; nothing for
/// anything else, and where the name has a control character.
[[nodiscard]] std::optional<Mailbox> parse_mailbox(std::string_view text);

}  // namespace lotse
