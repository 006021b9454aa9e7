#pragma once

#include <string>
#include <string_view>

#include "channels/smtp/templates.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/mailbox.hpp"

namespace lotse::smtp {

struct Letter {
  std::string id;  ///< Message-ID and boundary are made of it
  Instant date{};
  Mailbox from;
  std::string to;  ///< an address
  Rendered content;
};

/// The mail as RFC 5322 and MIME have it, with CRLF; its first line is `To: <address>`. Equal for equal
/// arguments. Errors: bad_input where a header would be injected, or the address is none.
[[nodiscard]] Result<std::string> message(const Letter& letter);

/// The address of a message's first line.
[[nodiscard]] std::string recipient_of(std::string_view message);

}  // namespace lotse::smtp
