#include "channels/transfer/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace lotse::transfer {
namespace {

struct Block4 {
  std::uint32_t first;
  unsigned bits;
};
constexpr std::uint32_t ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}
/// IANA's registry of special-purpose addresses, where not globally reachable, with multicast and class E.
constexpr std::array<Block4, 16> special4{{{ipv4(0, 0, 0, 0), 8},
                                           {ipv4(10, 0, 0, 0), 8},
                                           {ipv4(100, 64, 0, 0), 10},
                                           {ipv4(127, 0, 0, 0), 8},
                                           {ipv4(169, 254, 0, 0), 16},
                                           {ipv4(172, 16, 0, 0), 12},
                                           {ipv4(192, 0, 0, 0), 24},
                                           {ipv4(192, 0, 2, 0), 24},
                                           {ipv4(192, 31, 196, 0), 24},
                                           {ipv4(192, 88, 99, 0), 24},
                                           {ipv4(192, 168, 0, 0), 16},
                                           {ipv4(198, 18, 0, 0), 15},
                                           {ipv4(198, 51, 100, 0), 24},
                                           {ipv4(203, 0, 113, 0), 24},
                                           {ipv4(224, 0, 0, 0), 4},
                                           {ipv4(240, 0, 0, 0), 4}}};

bool is_public4(std::uint32_t address) {
  return std::none_of(special4.begin(), special4.end(), [address](const Block4& block) {
    return ((address ^ block.first) >> (32U - block.bits)) == 0;
  });
}

using Bytes6 = std::array<std::uint8_t, 16>;

std::uint32_t ipv4_at(const Bytes6& bytes, std::size_t at) {
  return ipv4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool begins(const Bytes6& bytes, std::span<const std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool is_public6(const Bytes6& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> nat64{0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr std::array<std::uint8_t, 2> six_to_four{0x20, 0x02};
  constexpr std::array<std::uint8_t, 4> documentation{0x20, 0x01, 0x0D, 0xB8};
  if (begins(bytes, mapped) || begins(bytes, nat64)) return is_public4(ipv4_at(bytes, 12));
  if (begins(bytes, six_to_four)) return is_public4(ipv4_at(bytes, 2));
  if ((bytes[0] >> 5U) != 1) return false;  // all that is handed out lies in 2000::/3
  // 2001::/23 is for protocols (Teredo among them), 3fff::/20 for documentation as well.
  if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 2) return false;
  if (bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10) return false;
  return !begins(bytes, documentation);
}

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return is_public4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    Bytes6 bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return is_public6(bytes);
  }
  return false;
}

bool is_public(const std::string& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return is_public4(ntohl(four.s_addr));
  Bytes6 six{};
  return inet_pton(AF_INET6, address.c_str(), six.data()) == 1 && is_public6(six);
}

}  // namespace lotse::transfer
