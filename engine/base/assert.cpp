#include "engine/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lotse::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: internal error: expected %s\n", file, line, expression);
  std::abort();
}

}  // namespace lotse::detail
