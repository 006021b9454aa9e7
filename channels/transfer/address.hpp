#pragma once

#include <sys/socket.h>

#include <string>

namespace lotse::transfer {

/// Whether the address is one of the public internet: false for private, loopback, link-local, shared (RFC
/// 6598), multicast, unspecified, documentation, benchmark and reserved ones, for what in IPv6 carries such
/// an IPv4 address (mapped, NAT64, 6to4, Teredo), and for any other family.
[[nodiscard]] bool is_public(const sockaddr& address);

/// The same of an address as text, `10.0.0.1` or `::1`; false for what is none.
[[nodiscard]] bool is_public(const std::string& address);

}  // namespace lotse::transfer
