#pragma once

#include "channels/http/message.hpp"

namespace lotse::http {

/// Whether a client takes gzip (RFC 9110, section 12.5.3).
[[nodiscard]] bool accepts_gzip(const PostFields& headers);

/// Compresses the answer's body where that is worth it: text of more than 4 KiB that nothing has encoded yet.
/// Its entity tag becomes a weak one.
void compress(Response& response);

}  // namespace lotse::http
