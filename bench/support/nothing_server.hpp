#pragma once

#include <cstdint>

namespace lotse::bench {

/// Reads each request whole and answers it with a few bytes, on two threads as the service has: what
/// Boost.Beast takes by itself. Does not return.
void serve_nothing(std::uint16_t port);

}  // namespace lotse::bench
