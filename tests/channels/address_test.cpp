#include "channels/transfer/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

namespace lotse::transfer {

TEST_CASE("address: only those of the public internet are public", "[transfer]") {
  struct Row {
    const char* why;
    const char* address;
    bool open;
  };
  const auto row = GENERATE(
      Row{"a public one", "93.184.216.34", true}, Row{"this network", "0.0.0.0", false},
      Row{"private", "10.255.255.255", false}, Row{"just above private", "11.0.0.0", true},
      Row{"shared by a carrier", "100.64.0.1", false}, Row{"its last", "100.127.255.255", false},
      Row{"just above it", "100.128.0.0", true}, Row{"loopback", "127.0.0.1", false},
      Row{"all of loopback", "127.255.0.9", false}, Row{"a cloud's metadata", "169.254.169.254", false},
      Row{"just below private", "172.15.255.255", true}, Row{"private", "172.16.0.1", false},
      Row{"its last", "172.31.255.255", false}, Row{"just above private", "172.32.0.0", true},
      Row{"protocols", "192.0.0.8", false}, Row{"documentation", "192.0.2.1", false},
      Row{"private", "192.168.1.1", false}, Row{"just above private", "192.169.0.0", true},
      Row{"benchmarks", "198.19.255.255", false}, Row{"documentation", "198.51.100.7", false},
      Row{"documentation", "203.0.113.9", false}, Row{"multicast", "224.0.0.1", false},
      Row{"reserved", "240.0.0.1", false}, Row{"broadcast", "255.255.255.255", false},
      Row{"a public one", "2606:2800:220:1:248:1893:25c8:1946", true}, Row{"unspecified", "::", false},
      Row{"loopback", "::1", false}, Row{"link-local", "fe80::1", false},
      Row{"unique local", "fd00::1", false}, Row{"unique local", "fc00::1", false},
      Row{"multicast", "ff02::1", false}, Row{"documentation", "2001:db8::1", false},
      Row{"documentation", "3fff::1", false}, Row{"loopback, mapped", "::ffff:127.0.0.1", false},
      Row{"metadata, mapped", "::ffff:169.254.169.254", false},
      Row{"a public one, mapped", "::ffff:93.184.216.34", true},
      Row{"loopback, the old way", "::127.0.0.1", false}, Row{"private by NAT64", "64:ff9b::a00:1", false},
      Row{"public by NAT64", "64:ff9b::5db8:d822", true}, Row{"NAT64 of one's own", "64:ff9b:1::1", false},
      Row{"private by 6to4", "2002:a00:1::1", false}, Row{"public by 6to4", "2002:5db8:d822::1", true},
      Row{"Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2", false}, Row{"the old 6bone", "3ffe::1", true},
      Row{"no address", "localhost", false});
  CAPTURE(row.why, row.address);

  CHECK(is_public(std::string(row.address)) == row.open);
}

TEST_CASE("address: a socket's address is judged as its text is", "[transfer]") {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  REQUIRE(inet_pton(AF_INET, "93.184.216.34", &four.sin_addr) == 1);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  REQUIRE(inet_pton(AF_INET6, "fd00::1", &six.sin6_addr) == 1);
  sockaddr none{};
  none.sa_family = AF_UNIX;
  sockaddr_storage room{};

  std::memcpy(&room, &four, sizeof four);
  CHECK(is_public(reinterpret_cast<const sockaddr&>(room)));
  std::memcpy(&room, &six, sizeof six);
  CHECK_FALSE(is_public(reinterpret_cast<const sockaddr&>(room)));
  CHECK_FALSE(is_public(none));
}

}  // namespace lotse::transfer
